import { describeArguments } from '../directives/directive-table.ts';
import type { DirectiveTable } from '../directives/directive-table.ts';
import { judgedDirectives } from '../evidence/judged-directives.ts';
import type { ArgumentMisfit } from '../evidence/judged-directives.ts';
import { atArgument, atDirective } from './check.ts';
import type { Check, Finding } from './check.ts';

/** Directives with too few or too many arguments, or with a block too much or too little. */
export const check: Check<'config' | 'directives'> = {
  id: 'directive-arguments',
  title: 'A directive has the wrong number of arguments',
  category: 'syntax',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config', 'directives'],
  why: `NGINX refuses a configuration in which a directive has too few or too many arguments. Most often the \`;\` of the
line before is missing, so that two directives became one; NGINX then names the line where the second one ends.

It is an **error** when the numbers were read out of the very NGINX that will load the configuration, else a warning,
since versions differ.`,

  *evaluate({ config, directives }) {
    for (const misfit of judgedDirectives(config, directives).wrongArguments) yield findingOf(misfit, directives);
    for (const reason of directives.unread) yield { unknown: reason };
  },
};

function findingOf(misfit: ArgumentMisfit, directives: DirectiveTable): Finding {
  const { node, form, wrong } = misfit;
  const severity = form.source === 'build' ? { severity: 'error' as const } : {};
  if (wrong === 'block') {
    const message = `directive "${node.name}" has no opening "{"`;
    return { at: atDirective(node), message, remedy: 'give it a block, or take it out', ...severity };
  }
  if (wrong === 'semicolon') {
    const message = `directive "${node.name}" is not terminated by ";"`;
    return { at: atDirective(node), message, remedy: 'end it with ";": it takes no block', ...severity };
  }
  const swallowed = swallowedDirective(misfit, directives);
  if (swallowed !== undefined) {
    const name = node.args[swallowed] ?? '';
    return {
      at: atArgument(node, swallowed),
      message: `invalid number of arguments in "${node.name}" directive: "${name}" on a line of its own became one of them`,
      remedy: `end "${node.name}" with ";" before "${name}"`,
      ...severity,
    };
  }
  return {
    at: atDirective(node),
    message: `invalid number of arguments in "${node.name}" directive: ${node.args.length} given`,
    remedy: `give it ${describeArguments(form)}`,
    ...severity,
  };
}

/** Index of the first argument that begins a line and is the name of a directive. */
function swallowedDirective({ node }: ArgumentMisfit, directives: DirectiveTable): number | undefined {
  const { name, args } = node.directive;
  const index = args.findIndex((word, at) => {
    const lineBefore = (args[at - 1] ?? name).line;
    return word.line > lineBefore && directives.forms(word.value).length > 0;
  });
  return index < 0 ? undefined : index;
}
