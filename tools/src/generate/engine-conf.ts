import type { Settings } from '../../../schema/settings.ts';
import { modesInUse } from './modes-conf.ts';
import { sizeBytes } from './units.ts';

/** The status that only wallguard and its engines use, and that `error_page` turns into the blocking page. */
export const internalStatus = 498;

/** Engine directives of a protected server. */
export function engineServer(settings: Settings): string[] {
  switch (settings.engine) {
    case 'none':
      return [];
    case 'wallarm':
      return [
        '# Not named $wallarm_mode: since node 6.6.0 the module exports a variable of that name (wallarm-node.md 2.2).',
        'wallarm_mode $wallguard_engine_mode;',
        'wallarm_block_page @wallguard_blocked type=attack,acl_ip,acl_source;',
        ...(settings.applications.length > 0 ? ['wallarm_application $wallguard_application_id;'] : []),
      ];
    case 'modsecurity': {
      const modes = modesInUse(settings);
      if (modes.size === 1 && modes.has('off')) {
        return ['modsecurity off;'];
      }
      return [
        'modsecurity on;',
        `modsecurity_rules_file ${settings.config_prefix}/wallguard/modsecurity.conf;`,
        '# The rules take the mode from its start, the log reader application and request id from the rest.',
        'modsecurity_transaction_id "$wallguard_engine_mode-$wallguard_application_id-$request_id";',
      ];
    }
  }
}

/**
 * Rules file for libmodsecurity 3 with the OWASP Core Rule Set 3.3.
 *
 * Own rules run in phase 2, since ModSecurity-nginx 1.0.3 logs a phase 1 block twice; `status:498` alone would drop the
 * `deny`, so both are written (njs-capabilities.md section 7).
 */
export function modsecurityRules(settings: Settings): string {
  const { audit_log, crs_setup, crs_rules, request_body_limit, request_body_no_files_limit } = settings.modsecurity;
  // A trigger that asks for domains needs the Host header, which stands in part B.
  const hasDomains = (settings.triggers ?? []).some(({ filters }) => filters.domains.length > 0);
  return `${[
    'SecRuleEngine On',
    'SecRequestBodyAccess On',
    `SecRequestBodyLimit ${sizeBytes(request_body_limit)}`,
    '# ModSecurity logs each byte of a body that breaks a rule up to 25 times over: without a bound one request fills the',
    '# disk and holds a worker for seconds. Uploads of files are not meant by it.',
    `SecRequestBodyNoFilesLimit ${sizeBytes(request_body_no_files_limit)}`,
    'SecRequestBodyLimitAction Reject',
    'SecResponseBodyAccess Off',
    '',
    '# One JSON record for each request in which a rule matched, none for others.',
    'SecAuditEngine RelevantOnly',
    'SecAuditLogRelevantStatus "^$"',
    `SecAuditLogParts ${hasDomains ? 'ABHZ' : 'AHZ'}`,
    'SecAuditLogType Serial',
    'SecAuditLogFormat JSON',
    `SecAuditLog ${audit_log}`,
    '',
    '# Body parsers by content type.',
    'SecRule REQUEST_HEADERS:Content-Type "@rx ^(?:application(?:/soap\\+|/)|text/)xml" "id:190101,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"',
    'SecRule REQUEST_HEADERS:Content-Type "@rx ^application/(?:[a-z0-9.+-]+\\+)?json" "id:190102,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"',
    '',
    '# Filtration mode of this request.',
    'SecRule UNIQUE_ID "@rx ^(?:monitoring|safe_blocking)-" "id:190001,phase:1,pass,nolog,t:none,ctl:ruleEngine=DetectionOnly"',
    'SecRule UNIQUE_ID "@beginsWith off-" "id:190002,phase:1,pass,nolog,t:none,ctl:ruleEngine=Off"',
    '',
    `Include ${crs_setup}`,
    `Include ${crs_rules}`,
    '',
    '# A body that cannot be parsed cannot be inspected.',
    `SecRule REQBODY_ERROR "!@eq 0" "id:190011,phase:2,t:none,deny,status:${internalStatus},log,auditlog,msg:'Request body could not be parsed',severity:'CRITICAL'"`,
    '',
    '# The Core Rule Set looks for system files in arguments, not in the path.',
    `SecRule REQUEST_FILENAME "@rx (?:^|/)(?:etc/(?:passwd|shadow|hosts)|proc/self/environ)(?:$|/)" "id:190010,phase:2,deny,status:${internalStatus},log,auditlog,t:none,t:urlDecodeUni,t:normalizePath,t:lowercase,msg:'System file in the path',tag:'attack-lfi',severity:'CRITICAL'"`,
    '',
    `SecRuleUpdateActionById 949110 "deny,status:${internalStatus}"`,
  ].join('\n')}\n`;
}
