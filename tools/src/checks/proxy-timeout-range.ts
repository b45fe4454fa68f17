import { nothingProxied, proxyingIn, timeoutsInForce } from '../evidence/proxying.ts';
import type { TimeoutKind } from '../evidence/proxying.ts';
import type { Thresholds } from '../evidence/facts.ts';
import { timeMs } from '../nginx-conf/values.ts';
import { atArgument } from './check.ts';
import type { Check } from './check.ts';

/** Timeouts too short for an honest answer, or so long that they protect nothing. */
export const check: Check<'config' | 'thresholds'> = {
  id: 'proxy-timeout-range',
  title: 'A timeout towards an application is too short or too long',
  category: 'proxy timeouts',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config', 'thresholds'],
  why: `Too short, and applications that are merely slow fail. Too long, and one that hangs holds a connection of the worker,
and memory of the filtering engine, for all that time. For \`proxy_connect_timeout\` NGINX documents that it usually cannot
exceed 75 seconds: the kernel gives up first, so that a larger value promises what does not happen.

What counts as short and long is in the settings: \`connect_timeout_min\`, \`connect_timeout_max\`, \`read_timeout_min\`,
\`read_timeout_max\`, \`send_timeout_min\`, \`send_timeout_max\` under \`check.thresholds\`.`,
  reference: 'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_connect_timeout',

  *evaluate({ config, thresholds }) {
    if (proxyingIn(config).length === 0) yield nothingProxied;
    for (const { kind, node, ms } of timeoutsInForce(config)) {
      const at = atArgument(node, 0);
      const [value = ''] = node.args;
      const { least, most } = limits(thresholds, kind);
      if (ms === undefined) {
        const message = `"${value}" is no time: NGINX does not start`;
        yield { at, message, remedy: 'write a time such as 60s', severity: 'error' };
      } else if (ms > 0 && ms < (timeMs(least) ?? 0)) {
        yield {
          at,
          message: `${node.name} ${value} is short: ${consequence(kind)}`,
          remedy: `allow at least ${least}`,
        };
      } else if (ms > (timeMs(most) ?? Infinity)) {
        const message =
          kind === 'connect' && ms > KERNEL_LIMIT_MS
            ? `${node.name} ${value} cannot work: the kernel gives up after about 75s`
            : `${node.name} ${value} is long: ${kind === 'connect' ? 'an address that does not answer' : 'an application that hangs'} holds connections for that time`;
        yield { at, message, remedy: `allow at most ${most}` };
      }
    }
  },
};

/** NGINX documentation of `proxy_connect_timeout`: "this timeout cannot usually exceed 75 seconds". */
const KERNEL_LIMIT_MS = 75_000;

function limits(thresholds: Thresholds, kind: TimeoutKind): { readonly least: string; readonly most: string } {
  return { least: thresholds[`${kind}_timeout_min`], most: thresholds[`${kind}_timeout_max`] };
}

function consequence(kind: TimeoutKind): string {
  switch (kind) {
    case 'connect':
      return 'one lost packet, which is repeated after a second, fails the request';
    case 'read':
      return 'answers that take longer to begin, or pause longer, fail';
    case 'send':
      return 'uploads that the application takes more slowly fail';
  }
}
