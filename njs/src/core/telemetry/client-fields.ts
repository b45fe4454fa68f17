import type { HotSettings } from '../../../../schema/runtime.ts';
import { redactQuery } from './redact-query.ts';
import { traceIds } from './traceparent.ts';

/**
 * Variables of one request. Any may be missing: the log phase also runs for requests that NGINX could not parse
 * (njs-capabilities.md 3).
 */
export interface RequestVariables {
  readonly [name: string]: string | undefined;
}

/**
 * The fields of a request line that are not safe in a `log_format`, as JSON text `,"key":value,…` to be put between
 * those that NGINX writes: whatever the client chose, and numbers that may be missing.
 *
 * @param hash  keyed hash of an address; called only when the settings ask for it
 */
export function clientFields(
  variables: RequestVariables,
  settings: HotSettings,
  hash: (address: string, key: string) => string,
): string {
  const target = variables['request_uri'] || '';
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark + 1, mark + 1 + 4096);
  const method = variables['request_method'] || '';
  const isKnown = method === '' || isKnownMethod(method);
  const ids = traceIds(variables['http_traceparent'] || '');
  return (
    (settings.address === 'hmac' ? hashedAddresses(variables, settings, hash) : '') +
    ',"trace_id":"' +
    ids.slice(0, 32) +
    '","span_id":"' +
    ids.slice(33) +
    '","client.port":' +
    port(variables['remote_port']) +
    ',"server.port":' +
    port(variables['server_port']) +
    ',"server.address":' +
    text(variables['host'], 255) +
    ',"url.path":' +
    text(path, 2048) +
    ',"url.query":' +
    text(query === '' ? '' : redactQuery(query, settings.redactQueryKeys), 4096) +
    ',"http.request.method":"' +
    (isKnown ? method : '_OTHER') +
    '","http.request.method_original":' +
    (isKnown ? '""' : text(method, 64)) +
    ',"upstream.address":' +
    text(variables['upstream_addr'], 1024) +
    ',"user_agent.original":' +
    text(variables['http_user_agent'], 512) +
    ',"http.request.header.referer":' +
    text(origin(variables['http_referer'] || ''), 264) +
    ',"tls.client.server_name":' +
    text(variables['ssl_server_name'], 255) +
    (settings.engine === 'wallarm' ? engineFields(variables) : noEngineFields())
  );
}

/** What stands in a line when njs could not look at its request. */
export function emptyClientFields(settings: HotSettings): string {
  return clientFields({}, settings, function () {
    return '';
  });
}

/** What the Wallarm module says of a request beside its attack types. */
function engineFields(variables: RequestVariables): string {
  return (
    ',"wallguard.attack.points":' +
    // A point ends in "]"; a parameter may be named with "|".
    list((variables['wallarm_attack_point_list'] || '').replace(/\]\|\[/g, ']\n['), '\n', 256) +
    ',"wallguard.attack.stamps":' +
    list(variables['wallarm_attack_stamp_list'] || '', '|', 64) +
    ',"wallguard.engine.reason":' +
    text(variables['wallarm_block_reason'], 256)
  );
}

function noEngineFields(): string {
  return ',"wallguard.attack.points":[],"wallguard.attack.stamps":[],"wallguard.engine.reason":""';
}

function hashedAddresses(
  variables: RequestVariables,
  settings: HotSettings,
  hash: (address: string, key: string) => string,
): string {
  const client = variables['remote_addr'] || '';
  const peer = variables['realip_remote_addr'] || '';
  const hashedClient = hash(client, settings.hmacKey);
  return (
    ',"client.address":' +
    text(hashedClient, 64) +
    ',"network.peer.address":' +
    text(peer === client ? hashedClient : hash(peer, settings.hmacKey), 64)
  );
}

function isKnownMethod(method: string): boolean {
  return ' GET HEAD POST PUT DELETE OPTIONS PATCH CONNECT TRACE '.indexOf(' ' + method + ' ') >= 0;
}

function port(value: string | undefined): string {
  return value !== undefined && /^[1-9][0-9]{0,4}$/.test(value) ? value : '0';
}

/** A JSON string. Cut before it is escaped, so that no escape is cut in two. */
function text(value: string | undefined, maxLength: number): string {
  return value === undefined || value === ''
    ? '""'
    : JSON.stringify(value.length > maxLength ? value.slice(0, maxLength) : value);
}

/** A JSON array of different texts. The engine writes `-` or nothing where there are none. */
function list(joined: string, separator: string, maxLength: number): string {
  if (joined === '' || joined === '-') {
    return '[]';
  }
  const all = joined.split(separator);
  const items: string[] = [];
  for (let i = 0; i < all.length && items.length < 64; i++) {
    const item = text(all[i], maxLength);
    if (items.indexOf(item) < 0) {
      items.push(item);
    }
  }
  return '[' + items.join(',') + ']';
}

/** Scheme and authority of a Referer, without user and password; empty when it has none. */
function origin(referer: string): string {
  const match = /^([a-zA-Z][a-zA-Z0-9+.-]{0,30}:\/\/)([^/?#\\]*)/.exec(referer.slice(0, 1024));
  if (match === null) {
    return '';
  }
  const authority = match[2] as string;
  return match[1] + authority.slice(authority.lastIndexOf('@') + 1);
}
