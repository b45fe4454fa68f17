import { usesEngine } from '../evidence/engine.ts';
import { isInstalled } from '../evidence/wallguard-parts.ts';
import { atDirective, inside } from './check.ts';
import type { Check, Where } from './check.ts';

/** Nothing finds out the address of the client behind a balancer. */
export const check: Check<'config'> = {
  id: 'realip-missing',
  title: 'Behind a balancer all clients would have its address',
  category: 'modes and engine',
  severity: 'info',
  confidence: 'likely',
  needs: ['config'],
  why: `Address lists, triggers and telemetry go by the address of the connection, which behind a balancer is the balancer's
own. The first brute-force trigger then blocks everybody. \`set_real_ip_from\` names the balancers whose header is believed.
Without a balancer there is nothing to do; where the configuration shows that there is one, since it listens with
\`proxy_protocol\`, it is a **warning**.`,
  reference: 'https://nginx.org/en/docs/http/ngx_http_realip_module.html',

  *evaluate({ config }) {
    if (!usesEngine(config) && !isInstalled(config)) {
      yield { skipped: 'nothing goes by the address of clients' };
      return;
    }
    const proxied = config.servers.filter(
      ({ protocol, listens }) =>
        protocol === 'http' && listens.some(({ parameters }) => parameters.includes('proxy_protocol')),
    );
    for (const { scope, listens } of proxied) {
      if (
        config.effective('set_real_ip_from', scope).state !== 'default' &&
        config.value('real_ip_header', scope)?.[0] === 'proxy_protocol'
      )
        continue;
      const listen = listens.find(({ parameters }) => parameters.includes('proxy_protocol'))?.node;
      const at: Where = listen === undefined ? inside(scope, config.tree) : atDirective(listen);
      yield {
        at,
        message: 'clients come with PROXY protocol, and their address in it is not used',
        remedy: 'name the balancers and the header',
        snippet: 'set_real_ip_from 10.0.0.0/8;\nreal_ip_header proxy_protocol;',
        severity: 'warning',
      };
    }
    if (proxied.length === 0 && config.all('set_real_ip_from').length === 0) {
      yield {
        at: inside(config.http ?? config.main, config.tree),
        message: 'there is no set_real_ip_from',
        remedy:
          'if a balancer or another proxy stands before this node, name it in trusted_proxies of the settings, or here',
        snippet: 'set_real_ip_from 10.0.0.0/8;\nreal_ip_header X-Forwarded-For;\nreal_ip_recursive on;',
      };
    }
  },
};
