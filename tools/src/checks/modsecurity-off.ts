import { usesModsecurity } from '../evidence/engine.ts';
import { noModsecurity } from '../evidence/modsecurity.ts';
import { nothingProxied, proxyingIn } from '../evidence/proxying.ts';
import type { ConfigNode } from '../nginx-conf/include.ts';
import { atDirective, inside } from './check.ts';
import type { Check } from './check.ts';

/** Requests are handed on uninspected. */
export const check: Check<'config'> = {
  id: 'modsecurity-off',
  title: 'Requests are handed on without ModSecurity',
  category: 'modsecurity',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config'],
  why: `\`modsecurity\` is \`off\` by default, and loading rules does not switch it on. A server or a location without it hands
requests on as they come.`,
  reference: 'https://github.com/owasp-modsecurity/ModSecurity-nginx#modsecurity',

  *evaluate({ config }) {
    if (!usesModsecurity(config)) {
      yield noModsecurity;
      return;
    }
    const all = proxyingIn(config);
    if (all.length === 0) yield nothingProxied;
    const seen = new Set<ConfigNode>();
    for (const { pass, scope, server } of all) {
      const inForce = config.effective('modsecurity', scope);
      const node = inForce.state === 'default' ? undefined : inForce.nodes[0];
      if (node?.args[0] === 'on') continue;
      const key = node ?? server.owner ?? pass;
      if (seen.has(key)) continue;
      seen.add(key);
      yield {
        at: node === undefined ? inside(server, config.tree) : atDirective(node),
        message: `requests to ${pass.args[0] ?? ''} are not inspected: modsecurity is ${node === undefined ? 'not set' : 'off'}`,
        remedy: node === undefined ? 'switch it on in the server' : 'take it out, unless this is meant',
        ...(node === undefined ? { snippet: 'modsecurity on;' } : {}),
      };
    }
  },
};
