import { keepsStrangersOut } from '../evidence/access.ts';
import { usesWallarm } from '../evidence/engine.ts';
import { proxyingIn } from '../evidence/proxying.ts';
import { defaultEndpoint, noEndpoint, noWallarm, statusEndpoints } from '../evidence/status-service.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** Statistics inside a server that serves clients. */
export const check: Check<'config'> = {
  id: 'status-service-elsewhere',
  title: 'Statistics are served by a server for clients',
  category: 'statistics service',
  severity: 'info',
  confidence: 'likely',
  needs: ['config'],
  why: `The vendor advises to use \`wallarm_status\` only in its own file: where a server also serves clients, one wrong
\`allow\`, or a balancer whose address every client seems to have, shows the statistics to everybody.

The form that Docker images write for \`WALLARM_STATUS_ALLOW\` (\`format=prometheus\`, \`wallarm_mode off\`, \`deny all\`) is
accepted.`,
  reference: 'https://docs.wallarm.com/admin-en/configure-statistics-service/',

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
    const serving = new Set(proxyingIn(config).map(({ server }) => server));
    for (const { node, scope, server, format } of endpoints) {
      if (server.node === own?.server.node || !serving.has(server.scope)) continue;
      const isShippedForm =
        format === 'prometheus' &&
        config.value('wallarm_mode', scope)?.[0] === 'off' &&
        keepsStrangersOut(config, scope);
      if (isShippedForm) continue;
      yield {
        at: atDirective(node),
        message: 'statistics are served by a server that also serves clients',
        remedy: 'move them to a server of its own, on an address that clients do not reach',
      };
    }
  },
};
