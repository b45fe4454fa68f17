/**
 * What settings of the right shape can still get wrong: values that contradict each other, or that NGINX would only
 * refuse on the machine. Each rule is a pure function of the settings.
 */
import { isIP } from 'node:net';
import type { Settings } from '../../../schema/settings.ts';
import { checkBlockPage } from '../block-page/check.ts';
import { durationMs, sizeBytes } from '../generate/units.ts';
import { quoteValue, type SettingsPath, type SettingsProblem } from './problem.ts';

export type Rule = (settings: Settings) => SettingsProblem[];

/** Rules whose problems stop the command. */
export const mistakeRules: readonly Rule[] = [
  njsFloor,
  quickjsFloor,
  addressesAreReal,
  listenersDiffer,
  monitorIsNotForEveryone,
  applicationsDiffer,
  applicationsAreReachable,
  sinksDiffer,
  hmacHasKey,
  statusIsSendable,
  timeoutsAreNotZero,
  sizesAreUsable,
  (settings) => checkBlockPage(settings),
];

/** Rules whose problems are worth a word and stop nothing. */
export const noteRules: readonly Rule[] = [unusualStatus, everyProxyIsTrusted, modeWithoutEngine];

/** Oldest njs that has what the product needs. Source: njs-capabilities.md 0. */
const njsMinimum = '0.8.9';
/** Oldest njs whose QuickJS engine runs the bundles. Source: njs-capabilities.md 1 (Debian's 0.8.9 is built without it). */
const quickjsMinimum = '1.0.0';

function njsFloor({ njs: { version } }: Settings): SettingsProblem[] {
  return olderThan(version, njsMinimum)
    ? [
        {
          path: ['njs', 'version'],
          message:
            `${version} is below the floor ${njsMinimum}: it lacks shared dictionaries, js_periodic or timeouts per key. ` +
            'Install nginx and libnginx-mod-http-js of Debian 13 or newer, or nginx-module-njs of the nginx.org packages',
        },
      ]
    : [];
}

function quickjsFloor({ njs }: Settings): SettingsProblem[] {
  return njs.engine === 'qjs' && olderThan(njs.version, quickjsMinimum)
    ? [
        {
          path: ['njs', 'engine'],
          message:
            `"qjs" needs njs ${quickjsMinimum} or newer, and njs.version is ${njs.version}; ` +
            'write the newer version there, or use engine "njs"',
        },
      ]
    : [];
}

const listeners = [
  ['status_service', 'listen'],
  ['monitor', 'listen'],
] as const;

function addressesAreReal(settings: Settings): SettingsProblem[] {
  return listeners.flatMap(([section, key]) => {
    const { address, port } = splitListen(settings[section][key]);
    const problem =
      isIP(address) === 0
        ? `${quoteValue(address)} is not an IP address`
        : port === 0
          ? 'port 0 cannot be listened on'
          : '';
    return problem === '' ? [] : [{ path: [section, key], message: `${problem}; write one such as 127.0.0.1:9913` }];
  });
}

function listenersDiffer({ status_service, monitor }: Settings): SettingsProblem[] {
  return canonicalListen(status_service.listen) === canonicalListen(monitor.listen)
    ? [
        {
          path: ['monitor', 'listen'],
          message: `${monitor.listen} is taken by status_service.listen; the monitor asks the statistics service and needs an address of its own`,
        },
      ]
    : [];
}

function monitorIsNotForEveryone({ monitor }: Settings): SettingsProblem[] {
  const { address } = splitListen(monitor.listen);
  if (isLoopback(address)) {
    return [];
  }
  return monitor.allow.flatMap((network, index) =>
    isEverywhere(network)
      ? [
          {
            path: ['monitor', 'allow', index],
            message: `${network} lets everybody read the monitor on ${monitor.listen}: traffic figures and node state; name the networks of your collectors`,
          },
        ]
      : [],
  );
}

function applicationsDiffer({ applications }: Settings): SettingsProblem[] {
  return [
    ...repeated(
      applications,
      ({ id }) => id,
      (index) => ['applications', index, 'id'],
    ),
    ...repeated(
      applications,
      ({ name }) => name,
      (index) => ['applications', index, 'name'],
    ),
    ...applications.flatMap(({ name }, index) =>
      name === 'default'
        ? [
            {
              path: ['applications', index, 'name'],
              message: '"default" is the name of requests that belong to no application; choose another one',
            },
          ]
        : [],
    ),
  ];
}

function applicationsAreReachable({ applications }: Settings): SettingsProblem[] {
  const catchAll = applications.findIndex(({ hosts, paths }) => hosts.length === 0 && paths.length === 0);
  if (catchAll === -1) {
    return [];
  }
  return applications.slice(catchAll + 1).map(({ name }, index) => ({
    path: ['applications', catchAll + 1 + index],
    message: `"${name}" gets no request: the first match wins, and "${applications[catchAll]?.name}" above it has neither hosts nor paths; put that one last`,
  }));
}

function sinksDiffer(settings: Settings): SettingsProblem[] {
  const { telemetry, access_log, modsecurity, engine } = settings;
  const taken = new Map<string, string>();
  if (access_log !== 'off') {
    taken.set(`file ${access_log.path}`, 'access_log.path');
  }
  if (engine === 'modsecurity') {
    taken.set(`file ${modsecurity.audit_log}`, 'modsecurity.audit_log');
  }
  return telemetry.sinks.flatMap((sink, index) => {
    const target = 'file' in sink ? `file ${sink.file}` : 'syslog' in sink ? `syslog ${sink.syslog}` : 'stdout';
    const owner = taken.get(target);
    taken.set(target, owner ?? `telemetry.sinks[${index}]`);
    return owner === undefined
      ? []
      : [
          {
            path: ['telemetry', 'sinks', index],
            message: `${target} is written by ${owner} already; lines would mix or double`,
          },
        ];
  });
}

function hmacHasKey({ telemetry: { redact } }: Settings): SettingsProblem[] {
  return redact.address === 'hmac' && redact.hmac_key === undefined
    ? [
        {
          path: ['telemetry', 'redact', 'address'],
          message: '"hmac" needs telemetry.redact.hmac_key, at least 16 characters that nobody can guess',
        },
      ]
    : [];
}

/** Statuses that NGINX keeps to itself: 444 closes the connection, 494 to 499 are rewritten or mean something inside. */
function statusIsSendable({ block_page: { status } }: Settings): SettingsProblem[] {
  return status === 444 || (status >= 494 && status <= 499)
    ? [
        {
          path: ['block_page', 'status'],
          message: `${status} is internal to NGINX and cannot be sent with a page; use 403`,
        },
      ]
    : [];
}

/** NGINX accepts a timeout of 0 without a word and then fails every request. */
function timeoutsAreNotZero({ status_service, telemetry, proxy_timeouts }: Settings): SettingsProblem[] {
  const timeouts: readonly [string, string, string][] = [
    ['status_service', 'poll_timeout', status_service.poll_timeout],
    ['telemetry', 'flush', telemetry.flush],
    ['proxy_timeouts', 'connect', proxy_timeouts.connect],
    ['proxy_timeouts', 'read', proxy_timeouts.read],
    ['proxy_timeouts', 'send', proxy_timeouts.send],
  ];
  return timeouts.flatMap(([section, key, text]) =>
    durationMs(text) === 0
      ? [{ path: [section, key], message: `${quoteValue(text)} is no time at all; write a duration such as 1s` }]
      : [],
  );
}

/** `access_log … buffer=` refuses 0 and does not know `g`; ModSecurity with a limit of 0 rejects every body. */
function sizesAreUsable({ telemetry, modsecurity }: Settings): SettingsProblem[] {
  const problems: SettingsProblem[] = [];
  if (sizeBytes(telemetry.buffer) === 0 || /g$/i.test(telemetry.buffer)) {
    problems.push({
      path: ['telemetry', 'buffer'],
      message: `${quoteValue(telemetry.buffer)} is no buffer that NGINX takes; write bytes, k or m, such as 64k`,
    });
  }
  if (sizeBytes(modsecurity.request_body_limit) === 0) {
    problems.push({
      path: ['modsecurity', 'request_body_limit'],
      message: `${quoteValue(modsecurity.request_body_limit)} rejects every request that has a body; write a size such as 12m`,
    });
  }
  return problems;
}

const statusNotes: Readonly<Record<number, string>> = {
  401: '401 asks browsers for a password',
  404: '404 hides the block from the people who have to report it',
  406: '406 is about content negotiation',
  407: '407 asks for a proxy password',
  408: '408 makes browsers send the request again',
  429: '429 means too many requests: right for a limit on rate, wrong for an attack',
  445: '445 is registered nowhere: some clients and balancers treat it as a broken answer',
};

function unusualStatus({ block_page: { status } }: Settings): SettingsProblem[] {
  const reason =
    status >= 500 ? `${status} says that the server failed: balancers may take it out` : statusNotes[status];
  return reason === undefined
    ? []
    : [{ path: ['block_page', 'status'], message: `${reason}; 403 is what clients expect of a block` }];
}

function everyProxyIsTrusted({ trusted_proxies: { from } }: Settings): SettingsProblem[] {
  return from.flatMap((network, index) =>
    isEverywhere(network)
      ? [{ path: ['trusted_proxies', 'from', index], message: `${network} lets every client choose its own address` }]
      : [],
  );
}

function modeWithoutEngine({ engine, mode }: Settings): SettingsProblem[] {
  return engine === 'none' && (mode === 'block' || mode === 'safe_blocking')
    ? [{ path: ['mode'], message: `"${mode}" blocks no attack with engine "none": nothing looks for attacks` }]
    : [];
}

function repeated<T>(
  items: readonly T[],
  keyOf: (item: T) => unknown,
  pathOf: (index: number) => SettingsPath,
): SettingsProblem[] {
  const first = new Map<unknown, number>();
  return items.flatMap((item, index) => {
    const key = keyOf(item);
    const before = first.get(key);
    if (before === undefined) {
      first.set(key, index);
      return [];
    }
    return [{ path: pathOf(index), message: `${quoteValue(key)} is taken by applications[${before}]` }];
  });
}

/** `[::1]:9913` as `::1` and 9913. */
function splitListen(listen: string): { address: string; port: number } {
  const colon = listen.lastIndexOf(':');
  return { address: listen.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(listen.slice(colon + 1)) };
}

function canonicalListen(listen: string): string {
  const { address, port } = splitListen(listen);
  // The URL parser writes every form of an IPv6 address in its shortest one.
  const host = isIP(address) === 6 ? new URL(`http://[${address}]/`).hostname : address;
  return `${host} ${port}`;
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || (isIP(address) === 6 && new URL(`http://[${address}]/`).hostname === '[::1]');
}

function isEverywhere(network: string): boolean {
  return /\/0+$/.test(network);
}

function olderThan(version: string, minimum: string): boolean {
  const [have, want] = [version, minimum].map((text) => text.split('.').map(Number));
  for (const [index, part] of (want ?? []).entries()) {
    const mine = have?.[index] ?? 0;
    if (mine !== part) {
      return mine < part;
    }
  }
  return false;
}
