import { usesWallarm } from '../evidence/engine.ts';
import { modes, strictness } from '../evidence/filtration-mode.ts';
import { noWallarm } from '../evidence/status-service.ts';
import { isGenerated } from '../evidence/wallguard-parts.ts';
import { positionOf } from '../nginx-conf/query.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** A milder mode inside a block that blocks. */
export const check: Check<'config'> = {
  id: 'mode-shadowed',
  title: 'A milder mode hides a blocking one',
  category: 'modes and engine',
  severity: 'info',
  confidence: 'likely',
  needs: ['config'],
  why: `The most local \`wallarm_mode\` decides: a location with \`monitoring\` inside a server with \`block\` does not block. That
may be meant, for an application that is being introduced, and is easily forgotten afterwards. Statistics services are left
out.`,
  reference: 'https://docs.wallarm.com/admin-en/configure-wallarm-mode/',

  *evaluate({ config }) {
    if (!usesWallarm(config)) {
      yield noWallarm;
      return;
    }
    for (const node of config.all('wallarm_mode')) {
      const [mode = ''] = node.args;
      const around = node.parent.owner?.parent;
      if (strictness(mode) < 0 || around === undefined || isGenerated(node.file)) continue;
      // Statistics are not inspected on purpose, with the mode beside them or on their server.
      const isForStatistics = [node.parent, ...config.locations(node.parent).map(({ scope }) => scope)].some(
        (scope) => scope.named('wallarm_status').length > 0,
      );
      const outer = config.effective('wallarm_mode', around);
      if (outer.state === 'default' || isForStatistics) continue;
      const [shadowed] = outer.nodes;
      const hidden = shadowed.args[0];
      if (strictness(hidden) < strictness('safe_blocking') || strictness(mode) >= strictness(hidden)) continue;
      const { file, line } = positionOf(shadowed);
      yield {
        at: atDirective(node),
        message: `wallarm_mode ${mode} hides ${hidden ?? ''} of ${file}:${line}`,
        remedy: `take it out if requests here shall be blocked, too (from mild to strict: ${modes.join(', ')})`,
      };
    }
  },
};
