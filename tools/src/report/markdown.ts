/** A comment for a merge request, or a summary of a job. */
import { printable } from './printable.ts';
import type { Report } from './report.ts';
import { verdictOf } from './verdict.ts';

export function markdownReport(report: Report): string {
  const rows = report.findings.map(({ severity, uri, line, check, message, remedy }) =>
    [
      '',
      ` ${severity} `,
      ` ${code(`${uri}:${line}`)} `,
      ` ${code(check)} `,
      ` ${cell(message)} `,
      ` ${cell(remedy)} `,
      '',
    ].join('|'),
  );
  const untold = report.checks
    .filter(({ outcome, reasons }) => outcome !== 'skipped' && reasons.length > 0)
    .map(
      ({ id, reasons }) => `- ${code(id)}: ${reasons.map((reason) => cell(reason.split('\n')[0] ?? '')).join('; ')}`,
    );
  return [
    `**wallguard check** ${cell(verdictOf(report))}`,
    ...(rows.length === 0
      ? []
      : ['', '| severity | where | check | what | fix |', '| --- | --- | --- | --- | --- |', ...rows]),
    ...(untold.length === 0 ? [] : ['', 'Not told:', '', ...untold]),
    '',
  ].join('\n');
}

function cell(text: string): string {
  return printable(text)
    .replace(/[\\`*_{}[\]<>|#~]/g, '\\$&')
    .replaceAll('@', '&#64;');
}

/** As code; a bar would end the cell even there. */
function code(text: string): string {
  return `\`${printable(text).replaceAll('`', "'").replaceAll('|', '\\|')}\``;
}
