import { atArgument } from './check.ts';
import type { Check } from './check.ts';

/** Listed addresses are inspected before they are refused, and in monitoring not refused at all. */
export const check: Check<'config'> = {
  id: 'acl-access-phase-off',
  title: 'Denylisted addresses are not refused at once',
  category: 'modes and engine',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config'],
  why: `With \`wallarm_acl_access_phase on\`, the default, a denylisted address is refused before anything is inspected, in every
mode but \`off\`. With \`off\` each of its requests is searched for attacks first, which takes noticeably more processor time
under a flood, and in \`monitoring\` it is never refused: "the denylist does not work".`,
  reference: 'https://docs.wallarm.com/admin-en/configure-parameters-en/',

  *evaluate({ config }) {
    const all = config.all('wallarm_acl_access_phase');
    if (all.length === 0) yield { skipped: 'the default holds' };
    for (const node of all) {
      if (node.args[0] !== 'off') continue;
      yield {
        at: atArgument(node, 0),
        message: 'denylisted addresses are inspected before they are refused, and never refused in monitoring',
        remedy: 'take the line out',
      };
    }
  },
};
