/**
 * Configuration of the monitor, of wallguard's own statistics service, of the guard on protected servers, and the
 * vendor's default statistics service.
 */
import type { Settings } from '../../../schema/settings.ts';
import { generation } from './runtime.ts';
import { ownRequestLog, telemetryMonitor } from './telemetry-conf.ts';
import { block, quote } from './text.ts';

/** Maps of the guard, the monitor server, and the statistics service where no Wallarm node serves it. */
export function statusHttp(settings: Settings): string[] {
  return [
    '# Whoever comes through a proxy has the address of the proxy.',
    ...block('map "$http_x_forwarded_for$http_forwarded$http_x_real_ip$http_via" $wallguard_forwarded', [
      '"" "";',
      'default 1;',
    ]),
    ...guardMaps(settings),
    '',
    ...monitorServer(settings),
    ...(settings.engine === 'wallarm' ? [] : ['', ...statisticsServer(settings)]),
  ];
}

/**
 * Statistics on protected servers for the networks they are exposed to. With a Wallarm node nothing is added: the
 * server's own location answers, where it has one.
 */
export function statusServer(settings: Settings): string[] {
  return settings.engine === 'wallarm' || settings.status_service.expose_to.length === 0
    ? []
    : [...statisticsLocations(uncounted(settings)), ''];
}

/**
 * The vendor's default file for the installation, byte for byte, so that a missing one can be restored. None on an
 * Ingress controller, which writes that server itself.
 *
 * @returns  path relative to the configuration prefix, and text
 * @see wallarm-node.md 1.1, 1.2
 */
export function wallarmStatusFile(settings: Settings): { path: string; text: string }[] {
  const { engine, node, status_service } = settings;
  if (engine !== 'wallarm' || node.flavour === 'ingress') {
    return [];
  }
  const isDocker = node.flavour === 'docker';
  const isLegacy = generation(settings) === 5;
  // Both are the same network; the vendor's files differ in how they write it.
  const network = isDocker === isLegacy ? '127.0.0.8/8' : '127.0.0.0/8';
  return [
    {
      path: node.flavour === 'aio' ? 'wallarm-status.conf' : 'conf.d/wallarm-status.conf',
      text: `server {
  listen ${status_service.listen};
${isDocker ? '\n' : ''}  server_name localhost;

  allow ${network};
  deny all;

  wallarm_mode off;
  disable_acl "on";
${isLegacy ? '' : '  wallarm_enable_apifw off;\n'}  access_log off;

  location ${isDocker ? '~/wallarm-status$' : '/wallarm-status'} {
    wallarm_status on;
  }
}
`,
    },
  ];
}

/**
 * `$wallguard_status_refusal` for the paths of a statistics service: what begins with `/wallarm-status` or `/wallarm-metrics`,
 * as prefix locations match, and what ends in `/wallarm-status`, as the regular expression of the Docker image does.
 *
 * `$uri` is decoded and normalised, so that no spelling of a path slips through, and what stands right of the pattern is
 * looked at only when it matches. The pattern begins with its only literal, so that PCRE finds most paths unfit without
 * trying: 0.13 µs a request with JIT and 0.21 µs without, of which 0.08 µs are the map and the `if` themselves; the
 * plainer `^/wallarm-(?:status|metrics)|/wallarm-status$` takes 0.03 to 0.07 µs more.
 */
function guardMaps({ status_service: { expose_to } }: Settings): string[] {
  const paths = '~/wallarm-(?:status$|(?<=^/wallarm-)(?:status|metrics))';
  if (expose_to.length === 0) {
    return block('map $uri $wallguard_status_refusal', ['default "";', `${quote(paths)} status_guard;`]);
  }
  return [
    ...block('geo $wallguard_status_reader', ['default 0;', ...expose_to.map((network) => `${network} 1;`)]),
    '# A proxy that realip does not know: the address of the peer was kept, and says nothing about the client.',
    ...block('map "$wallguard_forwarded $remote_addr $realip_remote_addr" $wallguard_status_proxied', [
      'default 0;',
      `${quote('~^1 (\\S+) \\1$')} 1;`,
    ]),
    ...block('map $wallguard_status_reader$wallguard_status_proxied $wallguard_status_guard', [
      'default status_guard;',
      '10 "";',
    ]),
    ...block('map $uri $wallguard_status_refusal', ['default "";', `${quote(paths)} $wallguard_status_guard;`]),
  ];
}

function monitorServer(settings: Settings): string[] {
  const { monitor, status_service } = settings;
  const polling = [`js_fetch_timeout ${status_service.poll_timeout};`, 'js_fetch_max_response_buffer_size 1m;'];
  return block('server', [
    `listen ${monitor.listen};`,
    ...unseen(settings),
    ...monitor.allow.map((network) => `allow ${network};`),
    'deny all;',
    '',
    ...handler('= /status', 'monitorStatus', polling),
    ...handler('= /metrics', 'monitorMetrics', polling),
    ...handler('= /health', 'monitorHealth'),
    ...telemetryMonitor(settings),
    ...block('location /', ['return 404;']),
  ]);
}

function statisticsServer(settings: Settings): string[] {
  const { listen, expose_to } = settings.status_service;
  return [
    '# The statistics service: the keys and names of a Wallarm node, for collectors that know those.',
    ...block('server', [
      `listen ${listen};`,
      'server_name localhost;',
      ...unseen(settings),
      'allow 127.0.0.0/8;',
      'allow ::1;',
      ...allowItself(listen),
      ...expose_to.map((network) => `allow ${network};`),
      'deny all;',
      '',
      ...statisticsLocations(),
      ...block('location /', ['return 404;']),
    ]),
  ];
}

/** Whoever asks an address of the same machine has that address too, and the monitor must get through. */
function allowItself(listen: string): string[] {
  const host = listen.slice(0, listen.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1');
  return host.startsWith('127.') || ['0.0.0.0', '::', '::1'].includes(host) ? [] : [`allow ${host};`];
}

function statisticsLocations(lines: readonly string[] = []): string[] {
  return ['= /wallarm-status', '= /wallarm-status-prometheus'].flatMap((path) => handler(path, 'statusJson', lines));
}

function handler(path: string, name: string, lines: readonly string[] = []): string[] {
  return block(`location ${path}`, [
    'js_import wallguard_cold from wallguard/cold.js;',
    ...lines,
    `js_content wallguard_cold.${name};`,
  ]);
}

/** For servers that only wallguard and its readers use: neither counted, nor inspected, nor reached through a proxy. */
function unseen(settings: Settings): string[] {
  return [...uncounted(settings), ...block('if ($wallguard_forwarded)', ['return 403;'])];
}

function uncounted(settings: Settings): string[] {
  switch (settings.engine) {
    case 'modsecurity':
      return [ownRequestLog, 'modsecurity off;'];
    case 'wallarm':
      return [
        ownRequestLog,
        'wallarm_mode off;',
        'disable_acl "on";',
        ...(generation(settings) >= 6 ? ['wallarm_enable_apifw off;'] : []),
      ];
    case 'none':
      return [ownRequestLog];
  }
}
