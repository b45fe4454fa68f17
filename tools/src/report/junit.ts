/**
 * JUnit XML as test runners of pipelines read it: a suite for each category, a case for each check.
 *
 * A case fails when a finding is at or over `--fail-on`, as the exit code says; other findings stand in its output. What
 * could not be told is a skipped case, never a passed one.
 */
import { categories, severities } from '../checks/check.ts';
import type { Report, ReportedCheck, ReportedFinding } from './report.ts';
import { plural, verdictOf } from './verdict.ts';

export function junitReport(report: Report): string {
  const suites = categories
    .map((category) => ({ category, checks: report.checks.filter((check) => check.category === category) }))
    .filter(({ checks }) => checks.length > 0)
    .map(({ category, checks }) => {
      const cases = checks.map((check) => testCase(check, report));
      const counts = countsOf(cases);
      return `  <testsuite name="${escaped(category)}"${attributes(counts)}>\n${cases.map(({ xml }) => xml).join('')}  </testsuite>\n`;
    });
  const all = report.checks.map((check) => testCase(check, report));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<testsuites name="wallguard check: ${escaped(verdictOf(report))}"${attributes(countsOf(all))}>\n`,
    ...suites,
    '</testsuites>\n',
  ].join('');
}

interface TestCase {
  readonly xml: string;
  readonly end: 'passed' | 'failure' | 'error' | 'skipped';
}

function testCase(check: ReportedCheck, report: Report): TestCase {
  const findings = report.findings.filter((finding) => finding.check === check.id);
  const limit = severities.indexOf(report.failOn);
  const failing = findings.filter(({ severity }) => severities.indexOf(severity) <= limit);
  const others = findings.filter((finding) => !failing.includes(finding)).map(findingText);
  const parts: string[] = [];
  let end: TestCase['end'] = 'passed';
  if (check.outcome === 'crashed') {
    end = 'error';
    parts.push(`<error message="the check crashed">${escaped(check.reasons.join('\n'))}</error>`);
  } else if (failing.length > 0) {
    end = 'failure';
    const text = failing.map(findingText).join('\n');
    parts.push(`<failure message="${escaped(plural(failing.length, 'finding'))}">${escaped(text)}</failure>`);
    others.push(...check.reasons.map((reason) => `not told: ${reason}`));
  } else if (check.outcome !== 'passed' && check.reasons.length > 0) {
    end = 'skipped';
    const prefix = check.outcome === 'skipped' ? '' : 'not told: ';
    parts.push(`<skipped message="${escaped(check.reasons.map((reason) => prefix + reason).join('; '))}"/>`);
  }
  if (others.length > 0) parts.push(`<system-out>${escaped(others.join('\n'))}</system-out>`);
  const inside = parts.map((part) => `      ${part}\n`).join('');
  const head = `    <testcase classname="${escaped(check.category)}" name="${escaped(check.id)}"`;
  return { end, xml: inside === '' ? `${head}/>\n` : `${head}>\n${inside}    </testcase>\n` };
}

function findingText({ uri, line, column, severity, message, remedy }: ReportedFinding): string {
  return `${uri}:${line}:${column}: ${severity}: ${message}; fix: ${remedy}`;
}

function countsOf(cases: readonly TestCase[]): Record<string, number> {
  const count = (end: TestCase['end']): number => cases.filter((one) => one.end === end).length;
  return { tests: cases.length, failures: count('failure'), errors: count('error'), skipped: count('skipped') };
}

function attributes(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => ` ${name}="${count}"`)
    .join('');
}

/** Characters that XML 1.0 does not have at all become U+FFFD. */
function escaped(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
}
