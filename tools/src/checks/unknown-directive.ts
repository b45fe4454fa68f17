import type { Context, DirectiveTable } from '../directives/directive-table.ts';
import { undocumentedWallarmNames } from '../directives/wallarm.ts';
import { judgedDirectives } from '../evidence/judged-directives.ts';
import { suggest } from '../suggest.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** Names that nothing known to us has. */
export const check: Check<'config' | 'directives'> = {
  id: 'unknown-directive',
  title: 'A directive is not known',
  category: 'syntax',
  severity: 'info',
  confidence: 'likely',
  needs: ['config', 'directives'],
  why: `NGINX refuses a configuration with a name that neither it nor a loaded module knows.

With the binary and its modules at hand their own tables are used, and an unknown name is an **error**: NGINX will refuse
it. Otherwise it is a note, because there are more modules in the world than are known here.`,

  *evaluate({ config, directives }) {
    const { unknown } = judgedDirectives(config, directives);
    const certain = directives.build !== undefined;
    const suggestions = new Map<string, string | undefined>();
    for (const { node, context } of unknown) {
      const key = `${context.name} ${node.name}`;
      if (!suggestions.has(key)) suggestions.set(key, meant(node.name, context, directives));
      yield {
        at: atDirective(node),
        message:
          directives.build === undefined
            ? `unknown directive "${node.name}": no module known here has it`
            : `unknown directive "${node.name}": neither NGINX ${directives.build.version} nor a module it loads has it`,
        remedy: suggestions.get(key) ?? 'correct the name, or load the module that has it',
        ...(certain ? { severity: 'error' as const, confidence: 'certain' as const } : {}),
      };
    }
    for (const reason of directives.unread) yield { unknown: reason };
  },
};

function meant(name: string, context: Context, directives: DirectiveTable): string | undefined {
  const instead = undocumentedWallarmNames.get(name);
  if (instead !== undefined) return `write ${instead}; "${name}" is in no reference`;
  const similar = suggest(name, directives.namesIn(context));
  return similar === undefined ? undefined : `did you mean "${similar}"?`;
}
