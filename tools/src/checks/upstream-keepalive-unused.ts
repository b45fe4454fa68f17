import type { Config } from '../evidence/config.ts';
import { nothingProxied, proxyingIn } from '../evidence/proxying.ts';
import type { ConfigNode, Scope } from '../nginx-conf/include.ts';
import { compareVersions } from '../nginx-conf/versions.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** From this version on `proxy_http_version` is 1.1 and no `Connection: close` is sent unless the configuration says so. */
const KEEPALIVE_BY_DEFAULT = '1.29.7';

/** An upstream keeps connections, and the requests that go there ask to close them. */
export const check: Check<'config' | 'directives'> = {
  id: 'upstream-keepalive-unused',
  title: 'Connections to an upstream are kept and never used again',
  category: 'proxy timeouts',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config', 'directives'],
  why: `\`keepalive\` in an upstream has no effect while requests go there with HTTP/1.0 or \`Connection: close\`, which is
what NGINX before ${KEEPALIVE_BY_DEFAULT} sends by default. Each request then opens a connection of its own: slower, and under
load the node runs out of ports.

The usual map for WebSocket, \`'' close\`, does the same to all other requests; \`'' ""\` does not.`,
  reference: 'https://nginx.org/en/docs/http/ngx_http_upstream_module.html#keepalive',

  *evaluate({ config, directives }) {
    const all = proxyingIn(config).filter(({ protocol }) => protocol === 'proxy');
    if (all.length === 0) yield nothingProxied;
    const keeping = new Set(
      config.all('keepalive').flatMap(({ parent: { owner } }) => (owner?.name === 'upstream' ? [owner.args[0]] : [])),
    );
    const version = directives.build?.version;
    const isNew = version !== undefined && compareVersions(version, KEEPALIVE_BY_DEFAULT) >= 0;
    for (const { pass, scope } of all) {
      const upstream = /^https?:\/\/([^/]+)/.exec(pass.args[0] ?? '')?.[1];
      if (upstream === undefined || !keeping.has(upstream)) continue;
      const http = config.value('proxy_http_version', scope)?.[0] ?? (isNew ? '1.1' : undefined);
      const connection = connectionHeader(config, scope) ?? (isNew ? '' : undefined);
      const old = http === undefined || http === '1.0';
      const closes = connection === undefined || connection === 'close' || closesByMap(config, connection);
      if (!old && !closes) continue;
      const certain = version !== undefined || http === '1.0' || (connection !== undefined && closes);
      yield {
        at: atDirective(pass),
        message: `upstream "${upstream}" keeps connections, but these requests ${old ? 'use HTTP/1.0' : 'ask to close them'}`,
        remedy: 'send HTTP/1.1 without a Connection header',
        snippet: isWritten(connection)
          ? `map $http_upgrade ${connection ?? ''} {\n    default upgrade;\n    "" "";\n}`
          : 'proxy_http_version 1.1;\nproxy_set_header Connection "";',
        ...(certain ? {} : { confidence: 'likely' as const }),
      };
    }
  },
};

/** Value of the header that is sent; undefined: NGINX's own. */
function connectionHeader(config: Config, scope: Scope): string | undefined {
  const headers = config.effective('proxy_set_header', scope);
  if (headers.state === 'default') return undefined;
  return headers.nodes.find(({ args }) => args[0]?.toLowerCase() === 'connection')?.args[1]?.toLowerCase();
}

function isWritten(connection: string | undefined): boolean {
  return connection?.startsWith('$') === true;
}

/** Whether a variable is `close` for requests without `Upgrade`. */
function closesByMap(config: Config, value: string): boolean {
  const map = config.all('map').find((node): node is ConfigNode => node.args[1]?.toLowerCase() === value);
  const forNothing = map?.scope?.named('')[0] ?? map?.scope?.named('default')[0];
  return forNothing?.args[0]?.toLowerCase() === 'close';
}
