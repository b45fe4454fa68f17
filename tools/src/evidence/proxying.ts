/**
 * Where an http server hands requests on to applications.
 */
import type { ConfigNode, Scope } from '../nginx-conf/include.ts';
import { contextChain } from '../nginx-conf/query.ts';
import { timeMs } from '../nginx-conf/values.ts';
import { perConfig } from './config.ts';
import type { Config } from './config.ts';

/** First parts of the names of directives: `proxy_pass`, `grpc_read_timeout` … */
export const protocols = ['proxy', 'grpc', 'fastcgi', 'uwsgi', 'scgi'] as const;
export type Protocol = (typeof protocols)[number];

/** One place that hands requests on. */
export interface Proxying {
  readonly protocol: Protocol;
  /** `proxy_pass` and the like. */
  readonly pass: ConfigNode;
  /** The block it stands in: a location, or an `if` or `limit_except` inside one. */
  readonly scope: Scope;
  /** The server around it. */
  readonly server: Scope;
}

/** Every such place in http servers. `stream` is left out: nothing inspects requests there. */
export const proxyingIn: (config: Config) => readonly Proxying[] = perConfig((config) =>
  protocols.flatMap((protocol) =>
    config.all(`${protocol}_pass`).flatMap((pass) => {
      const [http, server] = contextChain(pass);
      if (http?.name !== 'http' || server?.name !== 'server' || server.scope === undefined) return [];
      return [{ protocol, pass, scope: pass.parent, server: server.scope }];
    }),
  ),
);

export const timeoutKinds = ['connect', 'read', 'send'] as const;
export type TimeoutKind = (typeof timeoutKinds)[number];

/** A timeout directive that is in force where requests are handed on. */
export interface Timeout {
  readonly kind: TimeoutKind;
  readonly node: ConfigNode;
  /** Undefined: it is no time. */
  readonly ms: number | undefined;
}

/** Each directive once, however many places it holds for. */
export const timeoutsInForce: (config: Config) => readonly Timeout[] = perConfig((config) => {
  const timeouts = new Map<ConfigNode, Timeout>();
  for (const { protocol, scope } of proxyingIn(config)) {
    for (const kind of timeoutKinds) {
      const inForce = config.effective(TIMEOUTS[protocol][kind], scope);
      const node = inForce.state === 'default' ? undefined : inForce.nodes[0];
      if (node !== undefined && !timeouts.has(node)) {
        timeouts.set(node, { kind, node, ms: timeMs(node.args[0] ?? '') });
      }
    }
  }
  return [...timeouts.values()];
});

/** Names of the directives: `proxy_connect_timeout` … */
const TIMEOUTS = Object.fromEntries(
  protocols.map((protocol) => [
    protocol,
    Object.fromEntries(timeoutKinds.map((kind) => [kind, `${protocol}_${kind}_timeout`])),
  ]),
) as Readonly<Record<Protocol, Readonly<Record<TimeoutKind, string>>>>;

/** Said by checks that have nothing to look at. */
export const nothingProxied = { skipped: 'no http server hands requests on' };
