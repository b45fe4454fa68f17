import { usesWallarm } from '../evidence/engine.ts';
import { noWallarm } from '../evidence/status-service.ts';
import { inside } from './check.ts';
import type { Check } from './check.ts';

/** The module is there and nothing switches it on. */
export const check: Check<'config'> = {
  id: 'mode-not-set',
  title: 'The node filters nothing',
  category: 'modes and engine',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config'],
  why: `What holds without \`wallarm_mode\` depends on how the node was installed: the all-in-one installer leaves it off.
Then nothing is inspected, counted or blocked, whatever the Console says of the node.`,
  reference: 'https://docs.wallarm.com/admin-en/configure-wallarm-mode/',

  *evaluate({ config }) {
    if (!usesWallarm(config)) {
      yield noWallarm;
      return;
    }
    if (config.all('wallarm_mode').some(({ args }) => args[0] !== 'off')) return;
    yield {
      at: inside(config.http ?? config.main, config.tree),
      message: 'no wallarm_mode other than off is set anywhere',
      remedy: 'begin with monitoring',
      snippet: 'wallarm_mode monitoring;',
    };
  },
};
