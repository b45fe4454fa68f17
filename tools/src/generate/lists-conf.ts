/**
 * Lists: how NGINX finds out that a client is on none. It looks for a file named after the address and asks `geo`; only
 * when one of them knows the client, JavaScript says what that means (njs-capabilities.md 5.3).
 */
import type { Trigger } from '../../../schema/lists.ts';
import type { ListSettings } from '../../../schema/runtime.ts';
import type { PayloadTrigger, Settings } from '../../../schema/settings.ts';
import { hintRules, otherHint } from '../../../njs/src/core/lists/hint-key.ts';
import { parseNetwork, printNetwork } from '../../../njs/src/core/lists/address.ts';
import { preconfiguredTrigger } from '../../../njs/src/core/triggers/preconfigured.ts';
import { geoFile, geoFilePath, renewGeoFile } from '../lists/geo-file.ts';
import { asciiJson } from './runtime.ts';
import { ownRequestLog } from './telemetry-conf.ts';
import { block, quote } from './text.ts';
import { durationMs } from './units.ts';

/** Maps and zones. */
export function listsHttp(settings: Settings): string[] {
  const { lists, trigger_zone, hits_zone } = settings;
  return [
    '# Payloads by source; a full zone drops those that would expire first.',
    `js_shared_dict_zone zone=wallguard_triggers:${trigger_zone} type=number timeout=1h evict;`,
    `js_shared_dict_zone zone=wallguard_hits:${hits_zone} timeout=1h;`,
    '',
    '# Networks, and addresses by the thousand.',
    ...block('geo $wallguard_geo', ['default "";', `include ${geoFilePath};`]),
    '# Name of the file that is there when somebody with this address may be on a list.',
    ...block('map $remote_addr $wallguard_hint', [
      `default ${otherHint()};`,
      ...hintRules(lists.ipv6_prefix).map(({ regex, value }) => `${quote(`~${regex}`)} ${quote(value)};`),
    ]),
    'js_set $wallguard_verdict wallguard_hot.verdict;',
    ...refusalMaps(settings),
    '# The mode for the engine: allowlisted clients are not inspected, malicious requests of graylisted ones are blocked.',
    ...block('map $wallguard_listed $wallguard_engine_mode', ['default $wallguard_mode;', 'allow off;', 'gray block;']),
  ];
}

/** Directives of a protected server that find out whether the client is on a list. They run before any location. */
export function listsServer(settings: Settings): string[] {
  const folder = `${settings.lists.directory}/lists`;
  const isNative = settings.block_page.native_for_lists;
  const hosts = isNative ? '$wallguard_hosts' : `${folder}/hosts`;
  return [
    '# A cache of open files would hide a new entry for as long as it keeps what it knows.',
    'open_file_cache off;',
    'set $wallguard_listed "";',
    ...(isNative
      ? [
          `set $wallguard_hosts ${folder}/hosts;`,
          ...block(`if (-f ${folder}/deny/$wallguard_hint)`, [
            'set $wallguard_listed deny;',
            `set $wallguard_hosts ${folder}/none;`,
          ]),
        ]
      : []),
    ...block(`if (-f ${hosts}/$wallguard_hint)`, ['set $wallguard_listed $wallguard_verdict;']),
    ...block('if ($wallguard_geo)', ['set $wallguard_listed $wallguard_verdict;']),
  ];
}

/** The control API's own server; nothing where the settings name no socket. */
export function controlServer({ control, engine }: Settings): string[] {
  if (control.socket === undefined) {
    return [];
  }
  return [
    '',
    '# The control API. Whoever may reach the socket may change lists and triggers: its directory says who that is.',
    ...block('server', [
      `listen unix:${control.socket};`,
      ...(engine === 'modsecurity' ? ['modsecurity off;'] : []),
      ...(engine === 'wallarm' ? ['wallarm_mode off;', 'disable_acl "on";'] : []),
      ownRequestLog,
      'allow unix:;',
      'deny all;',
      ...block('location /', [
        '# JavaScript sees a body only while it lies in memory.',
        'client_max_body_size 1m;',
        'client_body_buffer_size 1m;',
        'js_import wallguard_cold from wallguard/cold.js;',
        'js_content wallguard_cold.control;',
      ]),
    ]),
  ];
}

/** Entries of the settings; `renewed` keeps what else a file that is there has. */
export function listsGeoFile({ lists }: Settings): {
  path: string;
  text: string;
  renewed: (present: string) => string;
} {
  const entries = (['allow', 'deny', 'gray'] as const).flatMap((list) =>
    lists[list].map((text) => {
      const network = parseNetwork(text);
      return {
        list,
        address: network === null ? text : printNetwork(network),
        applications: [],
        expiresMs: 0,
        createdMs: 0,
        reason: '',
        source: 'settings',
        author: 'settings',
      };
    }),
  );
  return {
    path: geoFilePath,
    text: geoFile(entries),
    // What has ended stays until the command line changes the file: the drop-in depends on the settings, not on the time.
    renewed: (present) => renewGeoFile(entries, present, 0),
  };
}

/** `function wallguardLists() { return {…}; }`, to be prepended to both bundles. */
export function listsFunction(settings: Settings): string {
  return `function wallguardLists() {\n  return ${asciiJson(listSettings(settings))};\n}\n`;
}

function listSettings({ lists, triggers, block_page }: Settings): ListSettings {
  return {
    directory: lists.directory,
    ipv6Prefix: lists.ipv6_prefix,
    keepsMarks: block_page.native_for_lists,
    triggers: triggers === undefined ? [preconfiguredTrigger()] : triggers.map(triggerOf),
    arePreconfigured: triggers === undefined,
    protectedAddresses: lists.protected,
  };
}

function triggerOf({
  id,
  enabled,
  threshold,
  window,
  filters,
  excluded_types,
  reaction,
  webhook,
}: PayloadTrigger): Trigger {
  return {
    id,
    enabled,
    threshold,
    windowMs: durationMs(window),
    filters,
    excludedTypes: excluded_types,
    reaction: {
      list: reaction.list,
      periodMs: durationMs(reaction.period),
      escalation: reaction.escalation,
      longestPeriodMs: durationMs(reaction.longest_period),
    },
    webhook: webhook === undefined ? null : { url: webhook.url, secret: webhook.secret },
  };
}

/** `$wallguard_refusal`: a list refuses before the guard of the statistics service does. */
function refusalMaps({ lists }: Settings): string[] {
  return [
    '# Why wallguard itself refuses a request.',
    ...block('map $wallguard_listed $wallguard_refusal', [
      'default $wallguard_status_refusal;',
      'deny $wallguard_denylist_refusal;',
    ]),
    ...block('map $wallguard_mode $wallguard_denylist_refusal', [
      'default denylist;',
      'off $wallguard_status_refusal;',
      ...(lists.access_phase ? [] : ['monitoring $wallguard_status_refusal;']),
    ]),
  ];
}
