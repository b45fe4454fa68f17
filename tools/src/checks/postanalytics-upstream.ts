import type { Config } from '../evidence/config.ts';
import type { ConfigNode } from '../nginx-conf/include.ts';
import { atArgument, atDirective } from './check.ts';
import type { Check, Finding } from './check.ts';

/** Connections to postanalytics that lose requests. */
export const check: Check<'config'> = {
  id: 'postanalytics-upstream',
  title: 'The connection to postanalytics is not as the vendor has it',
  category: 'modes and engine',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config'],
  why: `Requests go to postanalytics over connections that are kept: each \`server\` needs \`max_conns\`, or connections pile up
when it is slow, and \`keepalive\` must not be lower than the number of servers, or they are opened anew for each request.
\`localhost\` may be the IPv6 address, where the storage does not listen. What goes wrong shows as \`tnt_errors\` in the
statistics: requests that are in no list of attacks.`,
  reference: 'https://docs.wallarm.com/admin-en/installation-postanalytics-en/',

  *evaluate({ config }) {
    const uses = [...config.all('wallarm_wstore_upstream'), ...config.all('wallarm_tarantool_upstream')];
    if (uses.length === 0) yield { skipped: 'no upstream for postanalytics is named' };
    for (const use of uses) yield* findingsOf(config, use);
  },
};

function* findingsOf(config: Config, use: ConfigNode): Generator<Finding> {
  const [name = ''] = use.args;
  const upstream = config.all('upstream').find(({ args }) => args[0] === name);
  if (upstream?.scope === undefined) {
    yield {
      at: atArgument(use, 0),
      message: `there is no upstream "${name}"`,
      remedy: 'define it',
      snippet: shipped(name),
    };
    return;
  }
  const servers = upstream.scope.named('server');
  for (const server of servers) {
    const [address = ''] = server.args;
    if (!server.args.some((word) => word.startsWith('max_conns='))) {
      yield {
        at: atDirective(server),
        message: `${address} has no max_conns`,
        remedy: 'limit its connections',
        snippet: `server ${address} max_fails=0 fail_timeout=0 max_conns=1;`,
      };
    }
    if (/^localhost(?::|$)/.test(address)) {
      yield {
        at: atArgument(server, 0),
        message: 'localhost may be an IPv6 address, where the storage does not listen',
        remedy: 'write 127.0.0.1',
      };
    }
  }
  const [keepalive] = upstream.scope.named('keepalive');
  const kept = Number(keepalive?.args[0] ?? 0);
  if (kept < servers.length) {
    yield {
      at: keepalive === undefined ? atDirective(upstream) : atArgument(keepalive, 0),
      message:
        keepalive === undefined
          ? 'connections to postanalytics are not kept'
          : `${kept} connections are kept for ${servers.length} servers`,
      remedy: 'keep at least one for each server',
      snippet: `keepalive ${servers.length};`,
    };
  }
}

function shipped(name: string): string {
  return `upstream ${name} {
    server 127.0.0.1:3313 max_fails=0 fail_timeout=0 max_conns=1;
    keepalive 1;
}`;
}
