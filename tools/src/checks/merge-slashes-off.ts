import { usesEngine } from '../evidence/engine.ts';
import { isInstalled } from '../evidence/wallguard-parts.ts';
import { atArgument } from './check.ts';
import type { Check } from './check.ts';

/** Locations see another path than applications do. */
export const check: Check<'config'> = {
  id: 'merge-slashes-off',
  title: 'A second slash leads past locations',
  category: 'nginx',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config'],
  why: `With \`merge_slashes off\` a request for \`//admin\` is not in \`location /admin\`, while most applications take it for
\`/admin\`. Modes, rules, lists and rate limits of that location do not apply. It is needed only where paths hold Base64 or
whole URLs.`,
  reference: 'https://nginx.org/en/docs/http/ngx_http_core_module.html#merge_slashes',

  *evaluate({ config }) {
    if (!usesEngine(config) && !isInstalled(config)) {
      yield { skipped: 'no filtering engine is used' };
      return;
    }
    for (const node of config.all('merge_slashes')) {
      if (node.args[0] !== 'off') continue;
      yield {
        at: atArgument(node, 0),
        message: '//path is in another location than /path, and in the same for most applications',
        remedy: 'take it out, or set it only on a server whose paths need it',
      };
    }
  },
};
