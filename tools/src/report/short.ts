/** One line for each finding, as compilers write them, and the verdict: to paste, and for editors. */
import { printable } from './printable.ts';
import type { Report } from './report.ts';
import { verdictOf } from './verdict.ts';

export function shortReport(report: Report): string {
  const lines = report.findings.map(({ file, line, column, severity, message, check }) =>
    printable(`${file}:${line}:${column}: ${severity}: ${message} [${check}]`),
  );
  return [...lines, verdictOf(report), ''].join('\n');
}
