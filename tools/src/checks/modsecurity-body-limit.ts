import { includesMore, noRules, rulesOf, rulesQuestions, ruleValue } from '../evidence/modsecurity.ts';
import { sizeBytes, sizeText } from '../nginx-conf/values.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';
import type { ConfigNode } from '../nginx-conf/include.ts';

/** NGINX's default of `client_max_body_size`. */
const NGINX_BODY_BYTES = 1024 * 1024;

/** Bodies that NGINX takes and ModSecurity does not look at, or refuses. */
export const check: Check<'config' | 'host'> = {
  id: 'modsecurity-body-limit',
  title: 'ModSecurity does not look at whole bodies',
  category: 'modsecurity',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config', 'host'],
  why: `\`SecRequestBodyAccess\` is off by default: bodies are not inspected at all. With it on, a body over
\`SecRequestBodyLimit\` is refused (\`SecRequestBodyLimitAction Reject\`), which surprises where \`client_max_body_size\` allows
it, or inspected up to the limit and passed on whole (\`ProcessPartial\`): an attacker puts the attack behind the limit.`,
  reference: 'https://github.com/owasp-modsecurity/ModSecurity/wiki/Reference-Manual-%28v3.x%29#SecRequestBodyLimit',

  asks: ({ config }) => rulesQuestions(config),

  *evaluate({ config, host }) {
    const { rules, unknown } = rulesOf(config, host);
    if (rules.length === 0 && unknown.length === 0) yield noRules;
    for (const reason of unknown) yield { unknown: reason };
    const seen = new Set<ConfigNode>();
    const says = rules.filter((one) => ruleValue(one, 'SecRequestBodyAccess') !== undefined);
    const elsewhere = rules.find(includesMore);
    const [first] = rules;
    if (says.length === 0 && elsewhere !== undefined) {
      yield { unknown: `SecRequestBodyAccess: not in ${elsewhere.name}; files it includes were not read` };
    } else if (says.length === 0 && first !== undefined && unknown.length === 0) {
      yield {
        at: atDirective(first.node),
        message: `SecRequestBodyAccess is nowhere in ${first.name}: bodies are not inspected`,
        ...SWITCH_ON,
      };
    }
    for (const one of rules) {
      if (/^off$/i.test(ruleValue(one, 'SecRequestBodyAccess') ?? '')) {
        yield {
          at: atDirective(one.node),
          message: `${one.name} says SecRequestBodyAccess Off: bodies are not inspected`,
          ...SWITCH_ON,
        };
      }
      const limitBytes = sizeBytes(ruleValue(one, 'SecRequestBodyLimit') ?? '');
      const action = ruleValue(one, 'SecRequestBodyLimitAction') ?? '';
      if (limitBytes === undefined) continue;
      for (const allowed of allowedBodies(config, one.node)) {
        const bytes = allowed.node === undefined ? NGINX_BODY_BYTES : sizeBytes(allowed.node.args[0] ?? '');
        // Zero: any size.
        if (bytes === undefined || (bytes !== 0 && bytes <= limitBytes)) continue;
        const at = atDirective(allowed.node ?? one.node);
        if (allowed.node !== undefined && seen.has(allowed.node)) continue;
        if (allowed.node !== undefined) seen.add(allowed.node);
        const size = bytes === 0 ? 'bodies of any size' : `bodies of ${sizeText(bytes)}`;
        const isPartial = /^processpartial$/i.test(action);
        yield {
          at,
          message: isPartial
            ? `NGINX takes ${size}, and ModSecurity looks at the first ${sizeText(limitBytes)}`
            : `NGINX takes ${size}, and ModSecurity refuses more than ${sizeText(limitBytes)}`,
          remedy: 'let both have the same limit',
          snippet: `client_max_body_size ${limitBytes};`,
          ...(isPartial ? {} : { severity: 'info' as const }),
        };
      }
    }
  },
};

const SWITCH_ON = { remedy: 'switch it on', snippet: 'SecRequestBodyAccess On' };

/** Values of `client_max_body_size` in force, or set, where the rules hold; undefined: the default. */
function* allowedBodies(
  config: Parameters<typeof rulesOf>[0],
  rules: ConfigNode,
): Generator<{ readonly node: ConfigNode | undefined }> {
  const inForce = config.effective('client_max_body_size', rules.parent);
  yield { node: inForce.state === 'default' ? undefined : inForce.nodes[0] };
  for (const node of config.all('client_max_body_size')) {
    for (let at: ConfigNode | undefined = node.parent.owner; at !== undefined; at = at.parent.owner) {
      if (at === rules.parent.owner) {
        yield { node };
        break;
      }
    }
  }
}
