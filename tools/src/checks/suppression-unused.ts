import type { Check } from './check.ts';

/** Comments that silence a check which has nothing to say there. */
export const check: Check<'config' | 'unusedSuppressions'> = {
  id: 'suppression-unused',
  title: 'A comment silences nothing',
  category: 'syntax',
  severity: 'info',
  confidence: 'certain',
  needs: ['config', 'unusedSuppressions'],
  why: `What a \`# wallguard:ignore\` was written for is gone, or it stands in the wrong place. Left alone it will hide the
next finding of that check there, for a reason that is no longer true.`,

  evaluate: ({ unusedSuppressions }) =>
    unusedSuppressions.map(({ at, length, checkId }) => ({
      at: { position: at, length, excerpt: checkId },
      message: `"${checkId}" has nothing to say here`,
      remedy: 'take the comment out',
    })),
};
