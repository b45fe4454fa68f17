import { usesModsecurity } from '../evidence/engine.ts';
import { isNotKnown } from '../evidence/evidence.ts';
import { noModsecurity, rulesFiles } from '../evidence/modsecurity.ts';
import { atArgument, atDirective } from './check.ts';
import type { Check } from './check.ts';

/** ModSecurity without rules, or with a rules file that is not there. */
export const check: Check<'config' | 'host'> = {
  id: 'modsecurity-rules-missing',
  title: 'ModSecurity has no rules',
  category: 'modsecurity',
  severity: 'error',
  confidence: 'certain',
  needs: ['config', 'host'],
  why: `NGINX refuses the configuration when a file of \`modsecurity_rules_file\` is missing. Switched on without any rules
ModSecurity costs time and finds nothing (a **warning**).`,
  reference: 'https://github.com/owasp-modsecurity/ModSecurity-nginx#modsecurity_rules_file',

  asks: ({ config }) => rulesFiles(config).map(({ path }) => ({ kind: 'stat', of: path })),

  *evaluate({ config, host }) {
    if (!usesModsecurity(config)) {
      yield noModsecurity;
      return;
    }
    for (const { node, path } of rulesFiles(config)) {
      const stat = host.ask('stat', path);
      if (isNotKnown(stat)) yield { unknown: stat.reason };
      else if (stat.state === 'absent') {
        yield {
          at: atArgument(node, 0),
          message: `${path} does not exist: NGINX refuses the configuration`,
          remedy: 'put the file there',
        };
      }
    }
    for (const node of config.all('modsecurity')) {
      if (node.args[0] !== 'on') continue;
      const names = ['modsecurity_rules', 'modsecurity_rules_file', 'modsecurity_rules_remote'];
      // The connector merges rules of outer blocks into inner ones; those of inner blocks may be meant for them alone.
      if (names.some((name) => config.effective(name, node.parent).state !== 'default')) continue;
      const inner = node.parent.owner;
      if (names.flatMap((name) => config.all(name)).some((one) => isWithin(one.parent.owner, inner))) continue;
      yield {
        at: atDirective(node),
        message: 'ModSecurity is on and has no rules',
        remedy: 'name a rules file',
        snippet: 'modsecurity_rules_file /etc/nginx/wallguard/modsecurity.conf;',
        severity: 'warning',
      };
    }
  },
};

function isWithin(block: Parameters<typeof atDirective>[0] | undefined, outer: typeof block): boolean {
  for (let at = block; at !== undefined; at = at.parent.owner) if (at === outer) return true;
  return false;
}
