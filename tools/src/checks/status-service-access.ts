import { accessRules, admits, isAboutAll } from '../evidence/access.ts';
import { usesWallarm } from '../evidence/engine.ts';
import { defaultEndpoint, noEndpoint, noWallarm, statusEndpoints } from '../evidence/status-service.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** Rules that never apply, or that keep the node itself out. */
export const check: Check<'config'> = {
  id: 'status-service-access',
  title: 'The rules of the statistics service keep out whom they should let in',
  category: 'statistics service',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config'],
  why: `NGINX takes the first rule that fits: an \`allow\` after \`deny all\` never applies. And \`allow\` and \`deny\` of a
location replace those of the server altogether. When the node's own address is refused, the Console shows no requests per
second of this node.`,
  reference: 'https://nginx.org/en/docs/http/ngx_http_access_module.html',

  *evaluate({ config }) {
    if (!usesWallarm(config)) {
      yield noWallarm;
      return;
    }
    const endpoints = statusEndpoints(config);
    if (endpoints.length === 0) {
      yield noEndpoint;
      return;
    }
    const own = defaultEndpoint(config);
    for (const endpoint of endpoints) {
      const rules = accessRules(config, endpoint.scope);
      const last = rules.findIndex(isAboutAll);
      for (const rule of last < 0 ? [] : rules.slice(last + 1)) {
        yield {
          at: atDirective(rule),
          message: `"${rule.name} ${rule.args[0] ?? ''}" never applies: "${rules[last]?.name ?? ''} all" stands before it`,
          remedy: 'move it up',
        };
      }
      if (endpoint.node !== own?.node) continue;
      // Who connects to an address of the loopback network comes from 127.0.0.1.
      const decisive = rules[last];
      if (!own.listen.host.startsWith('127.') || admits(rules, '127.0.0.1') || decisive === undefined) continue;
      yield {
        at: atDirective(decisive),
        message: 'the node itself, which asks from 127.0.0.1, is refused with 403',
        remedy: 'allow it before everybody else is refused',
        snippet: 'allow 127.0.0.0/8;\ndeny all;',
      };
    }
  },
};
