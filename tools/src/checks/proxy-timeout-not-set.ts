import { nothingProxied, protocols, proxyingIn, timeoutKinds } from '../evidence/proxying.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** Locations that proxy with the timeouts NGINX has of its own. */
export const check: Check<'config'> = {
  id: 'proxy-timeout-not-set',
  title: 'Timeouts towards applications are left to NGINX',
  category: 'proxy timeouts',
  severity: 'info',
  confidence: 'certain',
  needs: ['config'],
  why: `Without \`proxy_connect_timeout\`, \`proxy_read_timeout\` and \`proxy_send_timeout\` NGINX waits 60 seconds in each case.
For an application that is down and does not refuse connections that is a minute in which every request holds a connection
of the worker, before the next server of the upstream is tried. The same goes for \`grpc_\`, \`fastcgi_\`, \`uwsgi_\` and
\`scgi_\`. It is reported once for each of them, at the first place.`,
  reference: 'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_connect_timeout',

  *evaluate({ config }) {
    const all = proxyingIn(config);
    if (all.length === 0) yield nothingProxied;
    for (const protocol of protocols) {
      const ofProtocol = all.filter((one) => one.protocol === protocol);
      const names = timeoutKinds.map((kind) => `${protocol}_${kind}_timeout`);
      const without = ofProtocol.map(({ pass, scope }) => ({
        pass,
        missing: names.filter((name) => config.effective(name, scope).state === 'default'),
      }));
      const affected = without.filter(({ missing }) => missing.length > 0);
      const [first] = affected;
      if (first === undefined) continue;
      const missing = names.filter((name) => affected.some((one) => one.missing.includes(name)));
      const where =
        ['here', 'here and in 1 other place'][affected.length - 1] ?? `here and in ${affected.length - 1} other places`;
      yield {
        at: atDirective(first.pass),
        message: `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set ${where}: NGINX waits 60s`,
        remedy:
          protocol === 'proxy'
            ? 'set them in the http block, or include wallguard/proxy.conf in the server'
            : 'set them in the http block',
        snippet: missing.map((name) => `${name} ${name.includes('connect') ? '10s' : '60s'};`).join('\n'),
      };
    }
  },
};
