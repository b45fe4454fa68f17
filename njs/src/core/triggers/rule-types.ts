import { typeOfRule } from '../telemetry/audit-record.ts';

/**
 * Attack type of a match as a payload, in the vendor's codes: by number for rules of the Core Rule Set and of the
 * generated configuration, by their `attack-…` tag for others. Empty for rules that find no attack in a value.
 */
export function payloadType(ruleId: string, tags: readonly string[]): string {
  const type = typeOfRule(ruleId);
  return type !== '' || isCoreRule(ruleId) ? type : taggedType(tags);
}

/** Tags of some of its rules are empty or say less than the number (njs-capabilities.md 7). */
function isCoreRule(ruleId: string): boolean {
  return /^9[0-9]{5}$/.test(ruleId);
}

function taggedType(tags: readonly string[]): string {
  for (let index = 0; index < tags.length; index++) {
    const type = typeOfTag((tags[index] as string).toLowerCase());
    if (type !== '') {
      return type;
    }
  }
  return '';
}

/** Tags as CRS writes them; `experimental` marks a rule whose finds shall not count. */
function typeOfTag(tag: string): string {
  switch (tag) {
    case 'experimental':
      return 'experimental';
    case 'attack-sqli':
      return 'sqli';
    case 'attack-nosqli':
      return 'nosqli';
    case 'attack-xss':
      return 'xss';
    case 'attack-lfi':
      return 'ptrav';
    case 'attack-rce':
    case 'attack-injection-php':
    case 'attack-injection-java':
      return 'rce';
    case 'attack-rfi':
    case 'attack-ssrf':
      return 'ssrf';
    case 'attack-ssti':
      return 'ssti';
    case 'attack-xxe':
      return 'xxe';
    case 'attack-ldap':
      return 'ldapi';
    case 'attack-crlf':
      return 'crlf';
    case 'attack-reputation-scanner':
      return 'scanner';
    default:
      return '';
  }
}
