import { nodeGeneration, usesWallarm } from '../evidence/engine.ts';
import { noWallarm } from '../evidence/status-service.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** Names that are on their way out. */
export const check: Check<'config' | 'directives'> = {
  id: 'wallarm-name-deprecated',
  title: 'A directive of the node has an old name',
  category: 'modes and engine',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config', 'directives'],
  why: `Old names work for some time, with a warning at each start, and then keep the node from starting after an update.
\`wallarm_tarantool_upstream\` is the right name up to 5.x: where nothing else says that the node is a later one, it is a note.`,
  reference: 'https://docs.wallarm.com/admin-en/configure-parameters-en/',

  *evaluate({ config, directives }) {
    if (!usesWallarm(config)) {
      yield noWallarm;
      return;
    }
    for (const name of config.names()) {
      if (!name.startsWith('wallarm_')) continue;
      const deprecated = directives.forms(name).find((form) => form.deprecated !== undefined)?.deprecated;
      if (deprecated === undefined) continue;
      const isGuess = name === 'wallarm_tarantool_upstream' && nodeGeneration(config) !== 'new';
      for (const node of config.all(name)) {
        yield {
          at: atDirective(node),
          message: `${name} is deprecated`,
          remedy: deprecated,
          ...(isGuess ? { severity: 'info' as const, confidence: 'likely' as const } : {}),
        };
      }
    }
  },
};
