import { usesWallarm } from '../evidence/engine.ts';
import { makersOf, modes, strictness } from '../evidence/filtration-mode.ts';
import { noWallarm } from '../evidence/status-service.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** A variable as mode that is not always one of the four words. */
export const check: Check<'config'> = {
  id: 'mode-variable',
  title: 'A variable that gives the filtration mode may be something else',
  category: 'modes and engine',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config'],
  why: `What the node does when the variable in \`wallarm_mode\` is empty, or no mode, is written nowhere. Give the map a
\`default\` and each entry one of ${modes.map((mode) => `\`${mode}\``).join(', ')}. Entries that are variables themselves are not followed.`,
  reference: 'https://nginx.org/en/docs/http/ngx_http_map_module.html#map',

  *evaluate({ config }) {
    if (!usesWallarm(config)) {
      yield noWallarm;
      return;
    }
    const names = new Set(
      config.all('wallarm_mode').flatMap(({ args: [mode = ''] }) => (mode.startsWith('$') ? [mode] : [])),
    );
    for (const name of names) {
      for (const maker of makersOf(config, name)) {
        if (maker.name !== 'map' && maker.name !== 'geo') continue;
        const entries = (maker.scope?.children ?? []).filter((entry) => !NO_ENTRIES.has(entry.name));
        if (!entries.some((entry) => entry.name === 'default' || (maker.name === 'geo' && entry.name.endsWith('/0')))) {
          yield {
            at: atDirective(maker),
            message: `${name} has no default: it is empty when no entry fits`,
            remedy: 'add a default',
            snippet: 'default monitoring;',
          };
        }
        for (const entry of entries) {
          const [value = ''] = entry.args;
          if (strictness(value) >= 0 || value.startsWith('$')) continue;
          yield {
            at: atDirective(entry),
            message: `"${value}" is no filtration mode`,
            remedy: `write one of ${modes.join(', ')}`,
          };
        }
      }
    }
  },
};

/** Settings inside `map` and `geo`. */
const NO_ENTRIES: ReadonlySet<string> = new Set([
  'delete',
  'hostnames',
  'include',
  'proxy',
  'proxy_recursive',
  'ranges',
  'volatile',
]);
