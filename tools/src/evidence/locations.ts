/**
 * Which location and which server answer a request (nginx.org: ngx_http_core_module, "location"; "How nginx processes a
 * request").
 */
import type { Scope } from '../nginx-conf/include.ts';
import type { Listen, LocationBlock, ServerBlock } from '../nginx-conf/query.ts';
import type { Config } from './config.ts';

/** `undefined`: no location, the server itself. `unreadable`: a regular expression that could decide is not understood. */
export type Located = LocationBlock | undefined | { readonly unreadable: string };

/** The location that answers for a path, by the rules of `ngx_http_core_find_location()`. */
export function locate(config: Config, server: Scope, path: string): Located {
  return find(config.locations(server), server, path, undefined).location;
}

function find(
  all: readonly LocationBlock[],
  scope: Scope,
  path: string,
  around: LocationBlock | undefined,
): { readonly location: Located; readonly isFinal: boolean } {
  const here = all.filter(({ node }) => node.parent === scope);
  const exact = here.find((one) => one.modifier === '=' && one.path === path);
  if (exact !== undefined) return { location: exact, isFinal: true };
  const [prefix] = here
    .filter((one) => (one.modifier === '' || one.modifier === '^~') && path.startsWith(one.path))
    .toSorted((a, b) => b.path.length - a.path.length);
  let location: Located = prefix ?? around;
  if (prefix !== undefined) {
    const inner = find(all, prefix.scope, path, prefix);
    if (inner.isFinal) return inner;
    ({ location } = inner);
  }
  if (prefix?.modifier === '^~') return { location, isFinal: false };
  for (const one of here) {
    if (one.modifier !== '~' && one.modifier !== '~*') continue;
    const pattern = compile(one);
    if (pattern === undefined) return { location: { unreadable: one.path }, isFinal: true };
    if (pattern.test(path)) return { location: find(all, one.scope, path, one).location, isFinal: true };
  }
  return { location, isFinal: false };
}

/** PCRE and JavaScript agree on what locations usually hold; undefined where they do not. */
function compile({ path, modifier }: LocationBlock): RegExp | undefined {
  try {
    return new RegExp(path, modifier === '~*' ? 'i' : '');
  } catch {
    return undefined;
  }
}

/** Of the http servers that listen on exactly this address, the one that answers a request with this `Host`. */
export function serverFor(config: Config, address: Listen, hostHeader: string): ServerBlock | undefined {
  const listening = config.servers.flatMap((server) => {
    const listen = server.protocol === 'http' ? server.listens.find((one) => isSame(one, address)) : undefined;
    return listen === undefined ? [] : [{ server, listen }];
  });
  const answering =
    listening.find(({ server }) => server.names.includes(hostHeader)) ??
    listening.find(({ listen }) => listen.parameters.some((word) => word === 'default_server' || word === 'default')) ??
    listening[0];
  return answering?.server;
}

function isSame(a: Listen, b: Listen): boolean {
  return a.host === b.host && a.port === b.port;
}
