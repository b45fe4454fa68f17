import { includesMore, noRules, rulesOf, rulesQuestions, ruleValue } from '../evidence/modsecurity.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** The audit log is off, or not JSON. */
export const check: Check<'config' | 'host'> = {
  id: 'modsecurity-audit-log',
  title: 'What ModSecurity detects cannot be read back',
  category: 'modsecurity',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config', 'host'],
  why: `NGINX has no variable for what ModSecurity found. A detection that does not block is in the audit log and nowhere else,
and wallguard, like most collectors, reads it as JSON. The default format is \`Native\`, and \`SecAuditEngine\` is off unless
it is set.`,
  reference: 'https://github.com/owasp-modsecurity/ModSecurity/wiki/Reference-Manual-%28v3.x%29#SecAuditLogFormat',

  asks: ({ config }) => rulesQuestions(config),

  *evaluate({ config, host }) {
    const { rules, unknown } = rulesOf(config, host);
    if (rules.length === 0 && unknown.length === 0) yield noRules;
    for (const reason of unknown) yield { unknown: reason };
    const [first] = rules;
    if (first === undefined) return;
    const last = (name: string): string | undefined => rules.flatMap((one) => ruleValue(one, name) ?? []).at(-1);
    const [engine, format] = [last('SecAuditEngine'), last('SecAuditLogFormat')];
    const elsewhere = unknown.length > 0 ? undefined : rules.find(includesMore);
    if ((engine === undefined || format === undefined) && (elsewhere !== undefined || unknown.length > 0)) {
      if (elsewhere !== undefined)
        yield { unknown: `the audit log: not all is said in ${elsewhere.name}; files it includes were not read` };
      return;
    }
    if (engine === undefined || /^off$/i.test(engine)) {
      yield {
        at: atDirective(first.node),
        message: 'the audit log is off',
        remedy: 'let it record what rules match',
        snippet: 'SecAuditEngine RelevantOnly\nSecAuditLogFormat JSON',
      };
    } else if (format === undefined || !/^json$/i.test(format)) {
      yield {
        at: atDirective(first.node),
        message: `the audit log is not JSON but ${format ?? 'Native'}`,
        remedy: 'set its format in the rules',
        snippet: 'SecAuditLogFormat JSON',
      };
    }
  },
};
