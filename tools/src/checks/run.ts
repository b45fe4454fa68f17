/**
 * Facts → outcomes.
 */
import type { Collected, FactName, Facts } from '../evidence/facts.ts';
import type { Check, CheckResult, Finding, Outcome } from './check.ts';

/** Evaluates every check. None can stop the others, and each ends in exactly one outcome. */
export function runChecks(checks: readonly Check[], collected: Collected): CheckResult[] {
  return checks.map((check) => ({ check, outcome: runCheck(check, collected) }));
}

/** Evaluates one check. */
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
  return config.value.tree.unread.map(({ path, range, reason }) =>
    range === undefined ? `${path} was not read: ${reason}` : `part of ${path} was not read: ${reason}`,
  );
}
