import { usesWallarm } from '../evidence/engine.ts';
import { makersOf } from '../evidence/filtration-mode.ts';
import { noWallarm } from '../evidence/status-service.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

const NAME = '$wallarm_mode';

/** A variable of one's own with the name of the module's. */
export const check: Check<'config'> = {
  id: 'mode-variable-clash',
  title: 'A variable has the name of one of the node',
  category: 'modes and engine',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config'],
  why: `Since 6.6.0 the module itself has a variable \`${NAME}\`: the mode that was applied. The vendor's older example
makes one of the same name with \`map\`; whether that still loads, and which of the two is then used, is written nowhere.`,
  reference: 'https://docs.wallarm.com/admin-en/configure-wallarm-mode/',

  *evaluate({ config }) {
    if (!usesWallarm(config)) {
      yield noWallarm;
      return;
    }
    for (const node of makersOf(config, NAME)) {
      yield {
        at: atDirective(node),
        message: `${NAME} is made here, and since node 6.6.0 the module makes it, too`,
        remedy: 'take another name, here and in wallarm_mode',
        snippet: 'wallarm_mode $chosen_mode;',
      };
    }
  },
};
