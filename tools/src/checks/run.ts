/**
 * Facts → outcomes.
 */
import { present } from '../evidence/evidence.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Collected, FactName, Facts, NginxTest } from '../evidence/facts.ts';
import { suppressionFor, suppressionsOf } from '../evidence/suppressions.ts';
import type { Suppression } from '../evidence/suppressions.ts';
import type { Check, CheckResult, Finding, Outcome } from './check.ts';

/**
 * Evaluates every check. None can stop the others, and each ends in exactly one outcome. Findings that a comment of the
 * configuration silences are taken out of the outcomes; comments that silenced nothing are given to the checks that ask.
 *
 * @param nginxTest  what NGINX says; checks that do not need it are evaluated before it is waited for
 */
export async function runChecks(
  checks: readonly Check[],
  collected: Collected,
  nginxTest: Promise<Evidence<NginxTest>>,
): Promise<CheckResult[]> {
  const suppressions = collected.config.state === 'present' ? suppressionsOf(collected.config.value.tree) : [];
  const used = new Set<Suppression>();
  const results = new Map<Check, CheckResult>();
  const run = (some: readonly Check[], facts: Collected): void => {
    for (const check of some) {
      results.set(check, withoutSuppressed(check, runCheck(check, facts), suppressions, used));
    }
  };
  const needing = (fact: FactName): Check[] => checks.filter((check) => check.needs.includes(fact));
  const [afterTest, afterAll] = [needing('nginxTest'), needing('unusedSuppressions')];
  run(
    checks.filter((check) => !afterTest.includes(check) && !afterAll.includes(check)),
    collected,
  );
  if (afterTest.length > 0) run(afterTest, { ...collected, nginxTest: await nginxTest });
  // A check that did not look at everything may have had something to say.
  const whole = new Set([...results.values()].filter(({ outcome }) => isWhole(outcome)).map(({ check }) => check.id));
  const unused = suppressions.filter((one) => whole.has(one.checkId) && one.reason !== '' && !used.has(one));
  run(afterAll, { ...collected, unusedSuppressions: present(unused) });
  return checks.flatMap((check) => results.get(check) ?? []);
}

/** Evaluates one check; comments are not looked at. */
export function runCheck(check: Check, collected: Collected): Outcome {
  const missing: string[] = [];
  const facts: Partial<Record<FactName, unknown>> = {};
  for (const need of check.needs) {
    const evidence = collected[need];
    if (evidence.state === 'absent') return { state: 'skipped', reason: evidence.reason };
    if (evidence.state === 'present') facts[need] = evidence.value;
    else missing.push(evidence.reason);
  }
  if (missing.length > 0) return { state: 'unknown', reasons: missing };
  try {
    return evaluate(check, facts as Facts, unreadPlaces(check, collected));
  } catch (error) {
    return { state: 'crashed', error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function evaluate(check: Check, facts: Facts, unread: readonly string[]): Outcome {
  const findings: Finding[] = [];
  const unknown = new Set<string>();
  let skipped: string | undefined;
  for (const remark of check.evaluate(facts)) {
    if ('unknown' in remark) unknown.add(remark.unknown);
    else if ('skipped' in remark) skipped ??= remark.skipped;
    else findings.push(remark);
  }
  for (const reason of unread) unknown.add(reason);
  if (findings.length > 0) return { state: 'found', findings, unknown: [...unknown] };
  if (unknown.size > 0) return { state: 'unknown', reasons: [...unknown] };
  return skipped === undefined ? { state: 'passed' } : { state: 'skipped', reason: skipped };
}

/** What was not read may hold anything: a check of the configuration that found nothing in the rest has not passed. */
function unreadPlaces(check: Check, { config }: Collected): string[] {
  if (!check.needs.includes('config') || config.state !== 'present') return [];
  const { unread, files } = config.value.tree;
  return unread.map(({ path, range, reason }) => {
    const text = files.find((file) => file.path === path)?.latin1;
    if (range === undefined || text === undefined) return `${path} was not read: ${reason}`;
    const [first, last] = [lineAt(text, range.start), lineAt(text, range.end - 1)];
    const lines = first === last ? `line ${first}` : `lines ${first} to ${last}`;
    return `${lines} of ${path} could not be read`;
  });
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

function withoutSuppressed(
  check: Check,
  outcome: Outcome,
  suppressions: readonly Suppression[],
  used: Set<Suppression>,
): CheckResult {
  if (outcome.state !== 'found' || !suppressions.some(({ checkId }) => checkId === check.id)) {
    return { check, outcome, suppressed: [] };
  }
  const kept: Finding[] = [];
  const suppressed: { finding: Finding; reason: string }[] = [];
  for (const finding of outcome.findings) {
    const by = suppressionFor(check.id, finding.at, suppressions);
    if (by === undefined) {
      kept.push(finding);
    } else {
      used.add(by);
      suppressed.push({ finding, reason: by.reason });
    }
  }
  return { check, outcome: outcomeOf(kept, outcome.unknown), suppressed };
}

function outcomeOf(findings: readonly Finding[], unknown: readonly string[]): Outcome {
  if (findings.length > 0) return { state: 'found', findings, unknown };
  return unknown.length > 0 ? { state: 'unknown', reasons: unknown } : { state: 'passed' };
}

function isWhole(outcome: Outcome): boolean {
  return outcome.state === 'passed' || (outcome.state === 'found' && outcome.unknown.length === 0);
}
