import { proxyingIn } from '../evidence/proxying.ts';
import { isInstalled, isProtected, noWallguard, writesTelemetry } from '../evidence/wallguard-parts.ts';
import type { ConfigNode } from '../nginx-conf/include.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** An access log of a location replaces the lines of telemetry. */
export const check: Check<'config'> = {
  id: 'wallguard-telemetry-lost',
  title: 'Requests leave no line of telemetry',
  category: 'wallguard',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config'],
  why: `The lines of telemetry are access logs of the server. An \`access_log\` inside a location or an \`if\`, \`off\` included,
replaces all of them: what is handled there is in no line, and therefore in no counter and no metric.`,
  reference: 'https://nginx.org/en/docs/http/ngx_http_log_module.html#access_log',

  *evaluate({ config }) {
    if (!isInstalled(config)) {
      yield noWallguard;
      return;
    }
    const seen = new Set<ConfigNode>();
    for (const { scope, server } of proxyingIn(config)) {
      if (!isProtected(server) || writesTelemetry(config, scope)) continue;
      const inForce = config.effective('access_log', scope);
      if (inForce.state === 'default' || seen.has(inForce.nodes[0])) continue;
      seen.add(inForce.nodes[0]);
      yield {
        at: atDirective(inForce.nodes[0]),
        message: 'this access_log replaces the lines of telemetry of the server',
        remedy: 'take it out, or repeat the lines with "wallguard_" of wallguard/server.conf beside it',
      };
    }
  },
};
