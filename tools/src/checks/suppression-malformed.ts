import { suppressionsOf } from '../evidence/suppressions.ts';
import type { Check } from './check.ts';

/** Comments that look as if they silenced a check, and do not. */
export const check: Check<'config' | 'checkIds'> = {
  id: 'suppression-malformed',
  title: 'A comment that should silence a check does not',
  category: 'syntax',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config', 'checkIds'],
  why: `\`# wallguard:ignore ID reason\` silences one check for a statement and everything inside it. The reason is
required, because without it nobody dares to take the comment out again; without one, or with a name that no check has, the
comment does nothing.`,

  *evaluate({ config, checkIds }) {
    for (const { at, length, checkId, reason } of suppressionsOf(config.tree)) {
      const where = { position: at, length, excerpt: checkId };
      if (checkId === '') {
        yield { at: where, message: 'the comment names no check', remedy: 'write "# wallguard:ignore ID reason"' };
      } else if (!checkIds.includes(checkId)) {
        yield {
          at: where,
          message: `there is no check "${checkId}"`,
          remedy: 'take the id from the report, or from "wallguard check --list"',
        };
      } else if (reason === '') {
        yield {
          at: where,
          message: `the comment gives no reason and does not silence "${checkId}"`,
          remedy: `write why: "# wallguard:ignore ${checkId} because …"`,
        };
      }
    }
  },
};
