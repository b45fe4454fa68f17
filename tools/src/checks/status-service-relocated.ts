import type { Config } from '../evidence/config.ts';
import { nodeGeneration, usesWallarm } from '../evidence/engine.ts';
import { isNotKnown } from '../evidence/evidence.ts';
import { addressText, defaultEndpoint, noEndpoint, noWallarm, statusHost } from '../evidence/status-service.ts';
import type { DefaultEndpoint } from '../evidence/status-service.ts';
import { inside } from './check.ts';
import type { Check } from './check.ts';

/** There from 6.0 on (wallarm-node.md 0.3). */
const WSTORE = '/opt/wallarm/wstore/wstore.yaml';
const NODE = '/opt/wallarm/etc/wallarm/node.yaml';
const COLLECTD = '/opt/wallarm/etc/collectd/wallarm-collectd.conf.d/nginx-wallarm.conf';

/** The address of the statistics service was changed in one place, and 5.x has several. */
export const check: Check<'config' | 'host'> = {
  id: 'status-service-relocated',
  title: 'The statistics service was moved by half',
  category: 'statistics service',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config', 'host'],
  why: `Up to 5.x the address of the statistics service stands in three places (in Docker images, and with \`NGINX_PORT\`, they are written for you): \`listen\`, \`status_endpoint\` in
\`node.yaml\`, and the URL in the configuration of collectd. The Console shows no requests per second when they differ.
Later nodes find it by themselves.`,
  reference: 'https://docs.wallarm.com/5.x/admin-en/configure-statistics-service/',

  *asks({ config }) {
    if (movedEndpoint(config) === undefined) return;
    yield { kind: 'stat', of: WSTORE };
    yield { kind: 'text', of: NODE };
    yield { kind: 'text', of: COLLECTD };
  },

  *evaluate({ config, host }) {
    if (!usesWallarm(config)) {
      yield noWallarm;
      return;
    }
    if (defaultEndpoint(config) === undefined) {
      yield noEndpoint;
      return;
    }
    const endpoint = movedEndpoint(config);
    if (endpoint === undefined) return;
    const wstore = host.ask('stat', WSTORE);
    if (wstore.state === 'present') return;
    if (isNotKnown(wstore)) {
      yield { unknown: wstore.reason };
      return;
    }
    const address = addressText(endpoint.listen);
    for (const file of [NODE, COLLECTD]) {
      const text = host.ask('text', file);
      if (isNotKnown(text)) yield { unknown: text.reason };
      // Absent: not this way of installing, or no collectd.
      if (text.state !== 'present' || says(text.value, address)) continue;
      yield {
        at: inside(endpoint.server.scope, config.tree),
        message: `the statistics service was moved to ${address}, and ${file} does not say so`,
        remedy: `name the address in ${file}`,
        ...(file === NODE ? { snippet: `status_endpoint: 'http://${address}/wallarm-status'` } : {}),
      };
    }
  },
};

/** Whether a line that is no comment names the address. */
function says(text: string, address: string): boolean {
  return text.split('\n').some((line) => !line.trimStart().startsWith('#') && line.includes(address));
}

/** The node's endpoint when it is not where the vendor's file puts it and the node may be an old one. */
function movedEndpoint(config: Config): DefaultEndpoint | undefined {
  if (!usesWallarm(config) || nodeGeneration(config) === 'new') return undefined;
  const endpoint = defaultEndpoint(config);
  const isMoved = endpoint !== undefined && !(endpoint.listen.host === statusHost && endpoint.listen.port === 80);
  return isMoved ? endpoint : undefined;
}
