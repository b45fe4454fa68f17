/** Tests that need something the machine may lack: they are skipped with a printed reason, and with `CI=true` they fail. */
import { appendFileSync } from 'node:fs';
import { reasonAgainst, type RequirementName } from '../scripts/test/requirements.ts';

/**
 * Whether the machine has what the tests need: `describe.skipIf(!has('chromium'))('…', …)`.
 *
 * @throws Error with `CI=true` when it has not: there a skip would go unnoticed
 */
export function has(name: RequirementName): boolean {
  const reason = reasonAgainst(name);
  if (reason !== undefined) {
    skipped(reason);
  }
  return reason === undefined;
}

/**
 * Says why tests are about to be skipped, also in the summary of `npm test`.
 *
 * @throws Error with `CI=true`
 */
export function skipped(reason: string): void {
  if (process.env['CI'] === 'true') {
    throw new Error(`tests that are meant to run here cannot: ${reason}`);
  }
  process.stderr.write(`skipped: ${reason}\n`);
  const summary = process.env['WALLGUARD_SKIP_REASONS'];
  if (summary !== undefined) {
    appendFileSync(summary, `${reason}\n`);
  }
}
