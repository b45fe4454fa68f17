import { describeContexts } from '../directives/directive-table.ts';
import { judgedDirectives } from '../evidence/judged-directives.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** Known directives in places where NGINX does not take them. */
export const check: Check<'config' | 'directives'> = {
  id: 'directive-context',
  title: 'A directive stands where it is not allowed',
  category: 'syntax',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config', 'directives'],
  why: `NGINX refuses a configuration with a directive in the wrong block: \`"proxy_pass" directive is not allowed here\`.

It is an **error** when the contexts were read out of the very NGINX that will load the configuration, else a warning,
since versions differ.`,

  *evaluate({ config, directives }) {
    for (const { node, context } of judgedDirectives(config, directives).misplaced) {
      const forms = directives.forms(node.name);
      const where = describeContexts(forms);
      yield {
        at: atDirective(node),
        message: `"${node.name}" directive is not allowed here (${context.name})`,
        remedy: where === '' ? 'take it out' : `move it to: ${where}`,
        ...(forms.every(({ source }) => source === 'build') ? { severity: 'error' as const } : {}),
      };
    }
    for (const reason of directives.unread) yield { unknown: reason };
  },
};
