import { nothingProxied, proxyingIn, timeoutsInForce } from '../evidence/proxying.ts';
import { atArgument } from './check.ts';
import type { Check } from './check.ts';

/** A timeout of zero: NGINX takes it by its word. */
export const check: Check<'config'> = {
  id: 'proxy-timeout-zero',
  title: 'A timeout towards an application is zero',
  category: 'proxy timeouts',
  severity: 'error',
  confidence: 'certain',
  needs: ['config'],
  why: `Zero does not switch a timeout off: it has passed at once. With \`proxy_connect_timeout 0\` or \`proxy_read_timeout 0\`
every request ends with \`504 Gateway Time-out\`, even when the application runs on the same machine; \`nginx -t\` says
nothing. With \`proxy_send_timeout 0\` (a **warning**) requests pass until one does not fit into the buffer of the socket.`,
  reference: 'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout',

  *evaluate({ config }) {
    if (proxyingIn(config).length === 0) yield nothingProxied;
    for (const { kind, node, ms } of timeoutsInForce(config)) {
      if (ms !== 0) continue;
      const isSend = kind === 'send';
      yield {
        at: atArgument(node, 0),
        message: isSend
          ? `${node.name} of zero has passed at once: a request body that the application does not take in one go fails`
          : `${node.name} of zero has passed at once: every request ends with 504`,
        remedy: 'give it a time; there is no way to switch it off',
        snippet: `${node.name} ${kind === 'connect' ? '10s' : '60s'};`,
        ...(isSend ? { severity: 'warning' as const } : {}),
      };
    }
  },
};
