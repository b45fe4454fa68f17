import { usesWallarm } from '../evidence/engine.ts';
import { defaultEndpoint, noEndpoint, noWallarm } from '../evidence/status-service.ts';
import { atArgument } from './check.ts';
import type { Check } from './check.ts';

/** The node's own endpoint was changed into one for Prometheus. */
export const check: Check<'config'> = {
  id: 'status-service-format',
  title: "The node's own statistics service does not answer with JSON",
  category: 'statistics service',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config'],
  why: `The node reads JSON from its own endpoint. With \`format=prometheus\` it finds something else, and the Console shows
no requests per second. A collector gets a location of its own; from node 6.12 on it may ask for
\`/wallarm-status?format=prometheus\` instead.`,
  reference: 'https://docs.wallarm.com/admin-en/configure-statistics-service/',

  *evaluate({ config }) {
    if (!usesWallarm(config)) {
      yield noWallarm;
      return;
    }
    const endpoint = defaultEndpoint(config);
    if (endpoint === undefined) yield noEndpoint;
    else if (endpoint.format === 'prometheus') {
      yield {
        at: atArgument(endpoint.node, endpoint.node.args.indexOf('format=prometheus')),
        message: 'the node asks here for JSON and gets the format of Prometheus',
        remedy: 'leave the default location as it was, and add one',
        snippet: `location /wallarm-status {
  wallarm_status on;
}
location /wallarm-status-prometheus {
  wallarm_status on format=prometheus;
}`,
      };
    }
  },
};
