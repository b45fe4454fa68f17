import { isInstalled, noWallguard } from '../evidence/wallguard-parts.ts';
import type { ConfigNode } from '../nginx-conf/include.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** Something before the guard ends the phase in which it runs. */
export const check: Check<'config'> = {
  id: 'wallguard-guard-skipped',
  title: 'Requests pass by the guard',
  category: 'wallguard',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config'],
  why: `The guard is an \`if\` at the level of the server. NGINX runs \`set\`, \`if\`, \`rewrite\`, \`break\` and \`return\` there in
the order in which they are written, and \`break\`, or a \`rewrite\` with \`last\` or \`break\`, ends it.
What stands before the guard and ends it for a request lets that request into its location without the guard.`,
  reference: 'https://nginx.org/en/docs/http/ngx_http_rewrite_module.html',

  *evaluate({ config }) {
    if (!isInstalled(config)) {
      yield noWallguard;
      return;
    }
    for (const { scope, protocol } of config.servers) {
      if (protocol !== 'http') continue;
      const guard = scope.children.findIndex(isGuard);
      if (guard < 0) continue;
      const ending = scope.children.slice(0, guard).flatMap(endings)[0];
      if (ending === undefined) continue;
      yield {
        at: atDirective(ending),
        message: `${[ending.name, ...ending.args].join(' ')} comes before the guard: requests that reach it are not refused`,
        remedy: 'include wallguard/server.conf before it',
      };
    }
  },
};

function isGuard({ name, args }: ConfigNode): boolean {
  return name === 'if' && args.join('') === '($wallguard_refusal)';
}

/** What goes on to a location without what follows. Answers (`return`, redirects) reach no application. */
function endings(node: ConfigNode): ConfigNode[] {
  if (node.name === 'if') return (node.scope?.children ?? []).flatMap(endings);
  const goesOn = node.name === 'break' || (node.name === 'rewrite' && /^(?:last|break)$/.test(node.args[2] ?? ''));
  return goesOn ? [node] : [];
}
