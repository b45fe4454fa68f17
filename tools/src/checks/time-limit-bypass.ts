import { atArgument } from './check.ts';
import type { Check } from './check.ts';

/** Requests that take long to inspect pass. */
export const check: Check<'config'> = {
  id: 'time-limit-bypass',
  title: 'Requests that take long to inspect pass uninspected',
  category: 'modes and engine',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config'],
  why: `With \`wallarm_process_time_limit_block off\` a request whose inspection takes longer than the limit is passed on,
whatever else is in it. Attackers make requests slow to inspect on purpose. The directive is deprecated: the rule for the
limit of processing time in the Console takes its place.`,
  reference: 'https://docs.wallarm.com/admin-en/configure-parameters-en/',

  *evaluate({ config }) {
    const all = config.all('wallarm_process_time_limit_block');
    if (all.length === 0) yield { skipped: 'the default holds' };
    for (const node of all) {
      if (node.args[0] !== 'off') continue;
      yield {
        at: atArgument(node, 0),
        message: 'a request over the time limit passes in every mode',
        remedy: 'write attack, or take it out and use the rule',
        snippet: 'wallarm_process_time_limit_block attack;',
      };
    }
  },
};
