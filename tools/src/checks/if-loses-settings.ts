import { isGenerated } from '../evidence/wallguard-parts.ts';
import { contextChain } from '../nginx-conf/query.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** Directives that an `if` in a location may have and that build lists: one inside replaces the whole list. */
const LISTS = ['add_header'] as const;

/** An `if` in a location makes a location of its own, and not all goes with it. */
export const check: Check<'config'> = {
  id: 'if-loses-settings',
  title: 'An "if" switches off what its location says',
  category: 'nginx',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config'],
  why: `An \`if\` that holds makes a nameless location: of several, the last that holds wins, alone. \`try_files\` of the location
does not apply there, and an \`add_header\` inside replaces all of the location's. Inside
an \`if\` only \`return\`, \`rewrite … last\`, \`set\` and \`break\` do what they seem to.`,
  reference: 'https://www.nginx.com/resources/wiki/start/topics/depth/ifisevil/',

  *evaluate({ config }) {
    const all = config.all('if').filter((node) => node.parent.owner?.name === 'location');
    if (all.length === 0) yield { skipped: 'no location has an "if"' };
    for (const node of all) {
      // What wallguard generates answers there with headers of its own on purpose.
      if (contextChain(node)[0]?.name !== 'http' || isGenerated(node.file)) continue;
      // A block that answers by itself needs nothing of its location.
      const answers = node.scope?.children.some(
        ({ name, args }) =>
          name === 'return' || (name === 'rewrite' && /^(?:last|redirect|permanent)$/.test(args[2] ?? '')),
      );
      if (answers === true) continue;
      const [lost] = node.parent.named('try_files');
      if (lost !== undefined) {
        yield {
          at: atDirective(node),
          message: `where this "if" holds, try_files of the location does not apply`,
          remedy: 'choose by a map and a variable, or by a location of its own',
        };
      }
      for (const name of LISTS) {
        const [inner] = node.scope?.named(name) ?? [];
        const outer = config.effective(name, node.parent);
        if (inner === undefined || outer.state === 'default') continue;
        yield {
          at: atDirective(inner),
          message: `where this "if" holds, no other ${name} applies: it replaces ${outer.nodes.length === 1 ? 'the one' : `all ${outer.nodes.length}`} from around it`,
          remedy: 'repeat the others here, or choose the value by a map and a variable',
        };
      }
    }
  },
};
