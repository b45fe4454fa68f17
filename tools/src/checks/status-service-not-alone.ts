import { usesWallarm } from '../evidence/engine.ts';
import { defaultEndpoint, noEndpoint, noWallarm, statusHost } from '../evidence/status-service.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** Handlers of other modules inside the vendor's server. */
const FOREIGN = [
  'stub_status',
  'js_content',
  'proxy_pass',
  'fastcgi_pass',
  'uwsgi_pass',
  'vhost_traffic_status_display',
];

/** Own monitoring was added to the server that the node reads. */
export const check: Check<'config'> = {
  id: 'status-service-not-alone',
  title: "Other things share the server of the node's statistics",
  category: 'statistics service',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config'],
  why: `The server on ${statusHost} belongs to the node: an update may write its file anew, and a mistake made there stops the
upload of metrics. Monitoring of your own goes into a server on another address or port; a further location with
\`wallarm_status\` is fine. Servers on other local addresses, such as those of Ingress controllers, are not looked at.`,
  reference: 'https://docs.wallarm.com/admin-en/configure-statistics-service/',

  *evaluate({ config }) {
    if (!usesWallarm(config)) {
      yield noWallarm;
      return;
    }
    const endpoint = defaultEndpoint(config);
    if (endpoint === undefined) {
      yield noEndpoint;
      return;
    }
    const { server, listen } = endpoint;
    if (listen.host !== statusHost) return;
    for (const { scope } of config.locations(server.scope)) {
      const foreign = FOREIGN.flatMap((name) => scope.named(name))[0];
      if (foreign === undefined) continue;
      yield {
        at: atDirective(foreign),
        message: `${foreign.name} was added to the server that the node reads`,
        remedy: 'move it to a server of its own on another address or port',
        snippet: 'server {\n    listen 127.0.0.1:8080;\n    allow 127.0.0.0/8;\n    deny all;\n}',
      };
    }
  },
};
