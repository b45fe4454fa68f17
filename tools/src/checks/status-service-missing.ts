import { usesWallarm } from '../evidence/engine.ts';
import {
  defaultEndpoint,
  defaultStatusFile,
  noWallarm,
  statusEndpoints,
  statusPath,
} from '../evidence/status-service.ts';
import { atDirective, inside } from './check.ts';
import type { Check } from './check.ts';

/** Nothing answers the node when it asks for its own statistics. */
export const check: Check<'config'> = {
  id: 'status-service-missing',
  title: "The node's own statistics service is missing",
  category: 'statistics service',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config'],
  why: `The node reads \`http://127.0.0.8/wallarm-status\` itself and sends what it finds to the Cloud. Without that server
the Console shows neither requests nor attacks per second for this node, and the node's log says
\`metricsexp: GetMetrics: unexpected HTTP response status code\`. An endpoint for other readers is no substitute.`,
  reference: 'https://docs.wallarm.com/admin-en/configure-statistics-service/',

  *evaluate({ config }) {
    if (!usesWallarm(config)) {
      yield noWallarm;
      return;
    }
    if (defaultEndpoint(config) !== undefined) return;
    const [other] = statusEndpoints(config);
    yield {
      at: other === undefined ? inside(config.http ?? config.main, config.tree) : atDirective(other.node),
      message:
        other === undefined
          ? 'no server has wallarm_status on: the Console shows no requests per second of this node'
          : `this statistics service does not answer for ${statusPath} on a local address, and no other one does`,
      remedy: 'restore the default server in a file of its own, such as /etc/nginx/conf.d/wallarm-status.conf',
      snippet: defaultStatusFile,
    };
  },
};
