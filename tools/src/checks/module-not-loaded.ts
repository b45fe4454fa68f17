import type { Config } from '../evidence/config.ts';
import { loadsModule } from '../evidence/engine.ts';
import type { ConfigNode } from '../nginx-conf/include.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** Modules that are always files of their own in the packages they come from. */
const MODULES = [
  { file: 'wallarm', owns: /^(?:wallarm_.*|disable_acl)$/ },
  { file: 'modsecurity', owns: /^modsecurity(?:_.*)?$/ },
  { file: 'js', owns: /^js_/ },
] as const;

/** Directives of a module that no `load_module` names. */
export const check: Check<'config' | 'directives'> = {
  id: 'module-not-loaded',
  title: 'A module is used and not loaded',
  category: 'modes and engine',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config', 'directives'],
  why: `Without its module NGINX knows none of its directives and refuses the configuration: \`unknown directive
"wallarm_mode"\`. A module can also be compiled in; where the binary is at hand, that is known, and \`unknown-directive\`
reports the rest.`,
  reference: 'https://nginx.org/en/docs/ngx_core_module.html#load_module',

  *evaluate({ config, directives }) {
    for (const { file, owns } of MODULES) {
      const first = firstUse(config, owns);
      if (first === undefined || loadsModule(config, file) !== undefined) continue;
      if (directives.build !== undefined) continue;
      yield {
        at: atDirective(first),
        message: `"${first.name}" belongs to a module that no load_module names`,
        remedy: 'load it first thing in the main file, unless it was compiled in',
        snippet: `load_module modules/ngx_http_${file}_module.so;`,
      };
    }
    for (const reason of directives.unread) yield { unknown: reason };
  },
};

function firstUse(config: Config, owns: RegExp): ConfigNode | undefined {
  for (const name of config.names()) if (owns.test(name)) return config.all(name)[0];
  return undefined;
}
