import { isNotKnown } from '../evidence/evidence.ts';
import { importedFile } from '../evidence/wallguard-parts.ts';
import type { Config } from '../evidence/config.ts';
import type { ConfigNode } from '../nginx-conf/include.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** `js_import` of a file that is not there. */
export const check: Check<'config' | 'host'> = {
  id: 'wallguard-bundle-missing',
  title: 'A JavaScript file that is imported does not exist',
  category: 'wallguard',
  severity: 'error',
  confidence: 'certain',
  needs: ['config', 'host'],
  why: `NGINX reads the files of \`js_import\` when it loads the configuration and refuses it when one is missing. Relative
paths start at the directory of the main configuration file. With \`js_path\` NGINX looks in more places, and such imports
are left out here.`,
  reference: 'https://nginx.org/en/docs/http/ngx_http_js_module.html#js_import',

  asks: ({ config }) => imports(config).map((node) => ({ kind: 'stat' as const, of: importedFile(config, node) })),

  *evaluate({ config, host }) {
    const all = imports(config);
    if (all.length === 0) yield { skipped: 'no JavaScript is imported' };
    for (const node of all) {
      const path = importedFile(config, node);
      const stat = host.ask('stat', path);
      if (isNotKnown(stat)) yield { unknown: stat.reason };
      else if (stat.state === 'absent') {
        yield {
          at: atDirective(node),
          message: `${path} does not exist: NGINX refuses the configuration`,
          remedy:
            node.args[0]?.startsWith('wallguard_') === true
              ? 'write it with "wallguard install"'
              : 'make the file, or take the import out',
        };
      }
    }
  },
};

function imports(config: Config): ConfigNode[] {
  return config.all('js_path').length > 0 ? [] : [...config.all('js_import')];
}
