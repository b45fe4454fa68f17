import { noRules, includesMore, rulesOf, rulesQuestions, ruleValue } from '../evidence/modsecurity.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** ModSecurity looks, and does nothing about what it sees. */
export const check: Check<'config' | 'host'> = {
  id: 'modsecurity-rule-engine',
  title: 'The rule engine of ModSecurity does not block',
  category: 'modsecurity',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config', 'host'],
  why: `\`SecRuleEngine\` is \`Off\` by default, and the recommended file that ships with ModSecurity has \`DetectionOnly\`: rules
match, the log fills, and every attack passes. While rules are being tuned that is right, and it is a note.`,
  reference: 'https://github.com/owasp-modsecurity/ModSecurity/wiki/Reference-Manual-%28v3.x%29#SecRuleEngine',

  asks: ({ config }) => rulesQuestions(config),

  *evaluate({ config, host }) {
    const { rules, unknown } = rulesOf(config, host);
    if (rules.length === 0 && unknown.length === 0) yield noRules;
    for (const reason of unknown) yield { unknown: reason };
    const [first] = rules;
    if (first === undefined) return;
    const set = rules.filter((one) => ruleValue(one, 'SecRuleEngine') !== undefined);
    if (set.length === 0) {
      const elsewhere = rules.find(includesMore);
      if (elsewhere !== undefined)
        yield { unknown: `SecRuleEngine: not in ${elsewhere.name}; files it includes were not read` };
      else if (unknown.length === 0) {
        yield {
          at: atDirective(first.node),
          message: `SecRuleEngine is nowhere in ${first.name}: the rule engine is off`,
          remedy: 'switch it on in the rules',
          snippet: 'SecRuleEngine On',
        };
      }
    }
    for (const one of set) {
      const value = ruleValue(one, 'SecRuleEngine') ?? '';
      if (/^on$/i.test(value)) continue;
      yield {
        at: atDirective(one.node),
        message: /^detectiononly$/i.test(value)
          ? `${one.name} says SecRuleEngine ${value}: attacks are logged and pass`
          : `${one.name} says SecRuleEngine ${value}: nothing is inspected`,
        remedy: 'switch it on when the rules fit the application',
        snippet: 'SecRuleEngine On',
        ...(/^detectiononly$/i.test(value) ? { severity: 'info' as const } : {}),
      };
    }
  },
};
