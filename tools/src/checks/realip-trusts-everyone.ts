import { atArgument } from './check.ts';
import type { Check } from './check.ts';

/** Anybody may claim any address. */
export const check: Check<'config'> = {
  id: 'realip-trusts-everyone',
  title: 'Clients choose their own address',
  category: 'modes and engine',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config'],
  why: `\`set_real_ip_from 0.0.0.0/0\` believes the header of every client: one that sends \`X-Forwarded-For: 127.0.0.1\` is then
local to \`allow\` and \`deny\`, gets around any denylist, and can have others listed in its place. It is only right where
nothing but the balancer can connect, and then its own network says so better.`,
  reference: 'https://nginx.org/en/docs/http/ngx_http_realip_module.html#set_real_ip_from',

  *evaluate({ config }) {
    const all = config.all('set_real_ip_from');
    if (all.length === 0) yield { skipped: 'there is no set_real_ip_from' };
    for (const node of all) {
      if (!/^(?:0\.0\.0\.0|::)\/0$/.test(node.args[0] ?? '')) continue;
      yield {
        at: atArgument(node, 0),
        message: 'every client is believed: it chooses the address that lists, rules and logs see',
        remedy: 'name the networks of the balancers alone',
      };
    }
  },
};
