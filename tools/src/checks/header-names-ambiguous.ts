import { usesEngine } from '../evidence/engine.ts';
import { isInstalled } from '../evidence/wallguard-parts.ts';
import { atArgument } from './check.ts';
import type { Check } from './check.ts';

/** Headers that NGINX drops by default, because their names are read differently. */
const LOOSENED = {
  underscores_in_headers: {
    value: 'on',
    message: 'X_Forwarded_For and X-Forwarded-For both reach the application, which may not tell them apart',
  },
  ignore_invalid_headers: {
    value: 'off',
    message:
      'headers with any character in their name reach the application, which may read another name than the engine',
  },
} as const;

/** Names of headers that the engine and the application may read differently. */
export const check: Check<'config'> = {
  id: 'header-names-ambiguous',
  title: 'Headers with ambiguous names are let through',
  category: 'nginx',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config'],
  why: `NGINX drops headers with \`_\`, or with other unusual characters, in their name. Many frameworks turn both \`-\` and \`_\`
into the same variable (\`HTTP_X_FORWARDED_FOR\`): a client that sends \`X_Forwarded_For\` gets around what NGINX sets as
\`X-Forwarded-For\`, and the engine inspected a header of another name. Both settings count in the default server of an
address.`,
  reference: 'https://nginx.org/en/docs/http/ngx_http_core_module.html#underscores_in_headers',

  *evaluate({ config }) {
    if (!usesEngine(config) && !isInstalled(config)) {
      yield { skipped: 'no filtering engine is used' };
      return;
    }
    for (const [name, { value, message }] of Object.entries(LOOSENED)) {
      for (const node of config.all(name)) {
        if (node.args[0] === value)
          yield { at: atArgument(node, 0), message, remedy: 'take it out, and rename the header in the application' };
      }
    }
  },
};
