/** The whole report for programs. Its shape is `schema/check-report.schema.json`; see there for what may change. */
import type { Report } from './report.ts';
import { verdictOf } from './verdict.ts';

/** Raised when a field goes or changes its meaning; new fields do not raise it. */
export const reportFormat = 1;

export function jsonReport(report: Report): string {
  const { version, ...rest } = report;
  const document = { format: reportFormat, tool: { name: 'wallguard', version }, verdict: verdictOf(report), ...rest };
  return `${JSON.stringify(document, null, 2)}\n`;
}
