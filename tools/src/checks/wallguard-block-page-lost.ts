import { proxyingIn } from '../evidence/proxying.ts';
import { isInstalled, isProtected, internalStatus, noWallguard, showsPage } from '../evidence/wallguard-parts.ts';
import type { ConfigNode } from '../nginx-conf/include.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** An `error_page` of a location replaces the one that leads to the blocking page. */
export const check: Check<'config'> = {
  id: 'wallguard-block-page-lost',
  title: 'Blocked visitors do not get the blocking page',
  category: 'wallguard',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config'],
  why: `ModSecurity refuses a request with the status ${internalStatus}, which \`error_page\` of the server turns into the blocking
page. An \`error_page\` of a location replaces all of the server's: the visitor then sees \`${internalStatus}\` and an empty page,
and the line of telemetry does not say that the request was blocked.`,
  reference: 'https://nginx.org/en/docs/http/ngx_http_core_module.html#error_page',

  *evaluate({ config }) {
    if (!isInstalled(config)) {
      yield noWallguard;
      return;
    }
    if (config.all('modsecurity').length === 0) {
      yield { skipped: 'no engine that refuses with that status is used' };
      return;
    }
    const seen = new Set<ConfigNode>();
    for (const { scope, server } of proxyingIn(config)) {
      const inForce = config.effective('error_page', scope);
      if (!isProtected(server) || inForce.state === 'default' || showsPage(config, scope)) continue;
      if (config.value('modsecurity', scope)?.[0] !== 'on' || seen.has(inForce.nodes[0])) continue;
      seen.add(inForce.nodes[0]);
      yield {
        at: atDirective(inForce.nodes[0]),
        message: `this error_page replaces the one for ${internalStatus}: blocked visitors get no page`,
        remedy: 'include the one of wallguard beside it',
        snippet: 'include wallguard/location.conf;',
      };
    }
  },
};
