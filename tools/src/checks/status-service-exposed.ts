import { isLocal, keepsStrangersOut } from '../evidence/access.ts';
import { usesWallarm } from '../evidence/engine.ts';
import { addressText, noEndpoint, noWallarm, statusEndpoints } from '../evidence/status-service.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** Statistics that anybody can read. */
export const check: Check<'config'> = {
  id: 'status-service-exposed',
  title: 'Anybody can read the statistics of the node',
  category: 'statistics service',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config'],
  why: `The statistics tell how much traffic there is, what was blocked, versions of rulesets and paths of files: an attacker
sees which attempts are noticed. An endpoint on an address that other machines reach needs \`allow\` for its readers and
\`deny all\`.`,
  reference: 'https://docs.wallarm.com/admin-en/configure-statistics-service/',

  *evaluate({ config }) {
    if (!usesWallarm(config)) {
      yield noWallarm;
      return;
    }
    const endpoints = statusEndpoints(config);
    if (endpoints.length === 0) yield noEndpoint;
    for (const { node, scope, server } of endpoints) {
      const open = server.listens.find((listen) => !isLocal(listen));
      if (open === undefined || keepsStrangersOut(config, scope)) continue;
      yield {
        at: atDirective(node),
        message: `whoever reaches ${addressText(open)} reads the statistics of the node`,
        remedy: 'name the readers and refuse everybody else',
        snippet: 'allow 127.0.0.0/8;\ndeny all;',
      };
    }
  },
};
