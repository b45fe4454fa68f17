import { isNotKnown } from '../evidence/evidence.ts';
import { atArgument } from './check.ts';
import type { Check } from './check.ts';

/** Files that directives of the node name. */
const DIRECTIVES = [
  'wallarm_srv_include',
  'wallarm_api_conf',
  'wallarm_protondb_path',
  'wallarm_custom_ruleset_path',
  'wallarm_key_path',
];

/** A file of the node that is not there. */
export const check: Check<'config' | 'host'> = {
  id: 'wallarm-file-missing',
  title: 'A file that the node needs does not exist',
  category: 'modes and engine',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config', 'host'],
  why: `Rulesets and keys are written by the node's own services after it was registered. Without a ruleset the module is off
for what the directive is about, and requests pass unfiltered (\`wallarm_fallback on\`), or NGINX does not load the
configuration (\`off\`). The file of \`wallarm_srv_include\` must exist in any case.`,
  reference: 'https://docs.wallarm.com/admin-en/configure-parameters-en/',

  asks: ({ config }) =>
    DIRECTIVES.flatMap((name) => config.all(name)).map(({ args }) => ({
      kind: 'stat',
      of: config.configPath(args[0] ?? ''),
    })),

  *evaluate({ config, host }) {
    const all = DIRECTIVES.flatMap((name) => config.all(name));
    if (all.length === 0) yield { skipped: 'no such file is named' };
    for (const node of all) {
      const path = config.configPath(node.args[0] ?? '');
      const stat = host.ask('stat', path);
      if (isNotKnown(stat)) yield { unknown: stat.reason };
      else if (stat.state === 'absent') {
        yield {
          at: atArgument(node, 0),
          message: `${path} does not exist`,
          remedy: 'see whether the node is registered, or take the line out',
        };
      }
    }
  },
};
