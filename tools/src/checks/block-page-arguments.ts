import { atArgument } from './check.ts';
import type { Check } from './check.ts';

/** Sources of a blocking decision that may have a page (wallarm-node.md 4.1). */
const TYPES = ['attack', 'acl_ip', 'acl_source'];

/** `wallarm_block_page` with a target or a parameter that it does not take. */
export const check: Check<'config'> = {
  id: 'block-page-arguments',
  title: 'The blocking page has a form that the node does not know',
  category: 'modes and engine',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config'],
  why: `The target begins with \`&\` and an absolute path for a file, \`/\` for a redirect, \`@\` for a location or \`$\` for a
variable. Then come \`response_code=\` and \`type=\`, whose values are ${TYPES.map((type) => `\`${type}\``).join(', ')}, separated by
commas.`,
  reference: 'https://docs.wallarm.com/admin-en/configuration-guides/configure-block-page-and-code/',

  *evaluate({ config }) {
    const all = config.all('wallarm_block_page');
    if (all.length === 0) yield { skipped: 'there is no wallarm_block_page' };
    for (const node of all) {
      const [target = '', ...parameters] = node.args;
      if (!/^(?:&\/|[/@$])/.test(target)) {
        const remedy = 'write &/absolute/path.html, /path, @location or $variable';
        yield { at: atArgument(node, 0), message: `"${target}" is no target of a blocking page`, remedy };
      }
      for (const [index, parameter] of parameters.entries()) {
        const problem = problemOf(parameter);
        if (problem !== undefined) yield { at: atArgument(node, index + 1), ...problem };
      }
    }
  },
};

function problemOf(parameter: string): { readonly message: string; readonly remedy: string } | undefined {
  const [, key, value = ''] = /^([^=]*)=(.*)$/.exec(parameter) ?? [];
  switch (key) {
    case 'response_code':
      return /^\d{3}$/.test(value)
        ? undefined
        : { message: `"${value}" is no status`, remedy: 'write a number such as 403' };
    case 'type': {
      const wrong = value.split(',').filter((type) => !TYPES.includes(type));
      return wrong.length === 0
        ? undefined
        : { message: `type=${value}: "${wrong.join(',')}" is no type`, remedy: `take from ${TYPES.join(', ')}` };
    }
    default:
      return { message: `"${parameter}" is no parameter of a blocking page`, remedy: 'write response_code= or type=' };
  }
}
