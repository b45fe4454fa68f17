/** Workflow commands, which GitHub shows at the lines of a pull request (docs.github.com, "Workflow commands"). */
import type { Severity } from '../checks/check.ts';
import { printable } from './printable.ts';
import type { Report } from './report.ts';
import { verdictOf } from './verdict.ts';

const COMMANDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'notice' };

export function githubReport(report: Report): string {
  const lines = report.findings.map(({ check, severity, message, remedy, uri, line, column }) => {
    const place = `file=${property(uri)},line=${line},col=${column},title=${property(check)}`;
    return `::${COMMANDS[severity]} ${place}::${data(`${printable(message)}\nfix: ${printable(remedy)}`)}`;
  });
  return `${[...lines, data(verdictOf(report))].join('\n')}\n`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
