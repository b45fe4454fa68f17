import type { HotSettings } from '../../../../schema/runtime.ts';
import type { RequestEvent } from '../../../../schema/telemetry.ts';
import { redactQuery } from './redact-query.ts';
import { traceIds } from './traceparent.ts';

/**
 * Variables of one request. Any may be missing: the log phase also runs for requests that NGINX could not parse
 * (njs-capabilities.md 3).
 */
export interface RequestVariables {
  readonly [name: string]: string | undefined;
}

/** Fields of a request line, such as njs writes. */
export type ClientFields = { -readonly [Key in keyof RequestEvent]?: RequestEvent[Key] };

/**
 * The fields of a request line that are not safe in a `log_format`: whatever the client chose, and numbers that may be
 * missing. One object made into JSON at once costs njs half of what the same text put together piece by piece does.
 *
 * @param hash  keyed hash of an address; called only when the settings ask for it
 */
export function clientFields(
  variables: RequestVariables,
  settings: HotSettings,
  hash: (address: string, key: string) => string,
): ClientFields {
  const target = variables['request_uri'] || '';
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : redactQuery(target.slice(mark + 1, mark + 4097), settings.redactQueryKeys);
  const method = variables['request_method'] || '';
  const isKnown = method === '' || isKnownMethod(method);
  const ids = traceIds(variables['http_traceparent'] || '');
  const fields: ClientFields = {
    trace_id: ids.slice(0, 32),
    span_id: ids.slice(33),
    'client.port': Number(variables['remote_port']) || 0,
    'server.address': cut(variables['host'], 255),
    'server.port': Number(variables['server_port']) || 0,
    'url.path': cut(path, 2048),
    'url.query': cut(query, 4096),
    'http.request.method': isKnown ? method : '_OTHER',
    'http.request.method_original': isKnown ? '' : cut(method, 64),
    'upstream.address': cut(variables['upstream_addr'], 1024),
    'user_agent.original': cut(variables['http_user_agent'], 512),
    'http.request.header.referer': cut(origin(variables['http_referer'] || ''), 264),
    'tls.client.server_name': cut(variables['ssl_server_name'], 255),
  };
  if (settings.engine === 'wallarm') {
    // A point ends in "]"; a parameter may be named with "|".
    const points = (variables['wallarm_attack_point_list'] || '').replace(/\]\|\[/g, ']\n[');
    fields['wallguard.attack.points'] = different(points, '\n', 256);
    fields['wallguard.attack.stamps'] = different(variables['wallarm_attack_stamp_list'] || '', '|', 64);
    fields['wallguard.engine.reason'] = cut(variables['wallarm_block_reason'], 256);
  }
  if (settings.address === 'hmac') {
    fields['client.address'] = hash(variables['remote_addr'] || '', settings.hmacKey);
    fields['network.peer.address'] = hash(variables['realip_remote_addr'] || '', settings.hmacKey);
  }
  return fields;
}

function isKnownMethod(method: string): boolean {
  return ' GET HEAD POST PUT DELETE OPTIONS PATCH CONNECT TRACE '.indexOf(' ' + method + ' ') >= 0;
}

function cut(value: string | undefined, maxLength: number): string {
  return value === undefined ? '' : value.length > maxLength ? value.slice(0, maxLength) : value;
}

/** The texts of a list, each once. The engine writes `-` or nothing where there are none. */
function different(joined: string, separator: string, maxLength: number): string[] {
  const items: string[] = [];
  if (joined === '' || joined === '-') {
    return items;
  }
  const all = joined.split(separator);
  for (let i = 0; i < all.length && items.length < 64; i++) {
    const item = cut(all[i], maxLength);
    if (items.indexOf(item) < 0) {
      items.push(item);
    }
  }
  return items;
}

/** Scheme and authority of a Referer, without user and password; empty when it has none. */
function origin(referer: string): string {
  if (referer === '') {
    return '';
  }
  const match = /^([a-zA-Z][a-zA-Z0-9+.-]{0,30}:\/\/)([^/?#\\]*)/.exec(referer.slice(0, 1024));
  if (match === null) {
    return '';
  }
  const authority = match[2] as string;
  return match[1] + authority.slice(authority.lastIndexOf('@') + 1);
}
