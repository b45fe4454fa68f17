import { isLocal } from '../evidence/access.ts';
import { proxyingIn } from '../evidence/proxying.ts';
import type { ConfigNode } from '../nginx-conf/include.ts';
import { atArgument } from './check.ts';
import type { Check } from './check.ts';

/** `disable_acl` where clients come in. */
export const check: Check<'config'> = {
  id: 'acl-disabled',
  title: 'Address lists are switched off for an application',
  category: 'modes and engine',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config'],
  why: `\`disable_acl on\` belongs on the statistics service. Where requests are handed on, it lets denylisted addresses in,
and triggers that list attackers have no effect.`,
  reference: 'https://docs.wallarm.com/admin-en/configure-parameters-en/',

  *evaluate({ config }) {
    if (config.all('disable_acl').length === 0) yield { skipped: 'disable_acl is not used' };
    const local = new Set(config.servers.filter(({ listens }) => listens.every(isLocal)).map(({ scope }) => scope));
    const seen = new Set<ConfigNode>();
    for (const { scope, server } of proxyingIn(config)) {
      const inForce = config.effective('disable_acl', scope);
      if (inForce.state === 'default' || local.has(server)) continue;
      const [node] = inForce.nodes;
      if (node.args[0] !== 'on' || seen.has(node)) continue;
      seen.add(node);
      yield {
        at: atArgument(node, 0),
        message: 'requests are handed on here whatever list their address is on',
        remedy: 'move it to the statistics service alone',
      };
    }
  },
};
