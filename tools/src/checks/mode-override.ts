import { usesWallarm } from '../evidence/engine.ts';
import { noWallarm } from '../evidence/status-service.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** The Console decides, and the directive does not. */
export const check: Check<'config'> = {
  id: 'mode-override',
  title: 'The Console decides the filtration mode',
  category: 'modes and engine',
  severity: 'info',
  confidence: 'likely',
  needs: ['config'],
  why: `\`wallarm_mode_allow_override\` is \`on\` by default: where the Console defines a mode, \`wallarm_mode\` is ignored.
"I set \`wallarm_mode block\` and nothing is blocked" has no other cause as often. If the Console is where you want to decide,
all is well; if the file is, write \`off\`, or \`strict\` to let the Console be stricter only.`,
  reference: 'https://docs.wallarm.com/admin-en/configure-wallarm-mode/',

  *evaluate({ config }) {
    if (!usesWallarm(config)) {
      yield noWallarm;
      return;
    }
    for (const node of config.all('wallarm_mode')) {
      const [mode = ''] = node.args;
      if (!/^(?:block|safe_blocking)$|^\$/.test(mode)) continue;
      if ((config.value('wallarm_mode_allow_override', node.parent)?.[0] ?? 'on') !== 'on') continue;
      yield {
        at: atDirective(node),
        message: `wallarm_mode ${mode} holds only where the Console defines no mode`,
        remedy: 'if the file shall decide, say so beside it',
        snippet: 'wallarm_mode_allow_override off;',
      };
    }
  },
};
