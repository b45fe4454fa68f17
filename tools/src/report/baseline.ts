/**
 * Findings that are known and not to be reported again: a report in the format `json`, kept as a file.
 */
import { UserError } from '../io.ts';
import { reportFormat } from './json.ts';

/**
 * Reads a baseline.
 * @param text  what `wallguard check --format json` printed
 * @param file  name used in messages
 * @returns     how many findings there are of each fingerprint
 * @throws UserError  it is something else
 */
export function readBaseline(text: string, file: string): Map<string, number> {
  let report: { format?: unknown; findings?: unknown; silenced?: unknown };
  try {
    report = JSON.parse(text) as typeof report;
  } catch (error) {
    throw new UserError(`baseline ${file} is no JSON: ${(error as Error).message}`, undefined, { cause: error });
  }
  if (report?.format !== reportFormat || !Array.isArray(report.findings) || !Array.isArray(report.silenced)) {
    throw new UserError(
      `baseline ${file} is no report of "wallguard check --format json" (format ${reportFormat}); write it anew`,
    );
  }
  const counts = new Map<string, number>();
  const known = (report.silenced as readonly { by?: unknown }[]).filter(({ by }) => by === 'baseline');
  for (const { fingerprint } of [...report.findings, ...known] as readonly { fingerprint?: unknown }[]) {
    if (typeof fingerprint === 'string') counts.set(fingerprint, (counts.get(fingerprint) ?? 0) + 1);
  }
  return counts;
}
