/** For people at a terminal: each finding with its line, the place in it, what to write instead, and where to read on. */
import type { Severity } from '../checks/check.ts';
import { printable } from './printable.ts';
import type { Report, ReportedFinding } from './report.ts';
import { plural, verdictOf } from './verdict.ts';

/** Findings of one check that are shown in full; what is wrong in every server would otherwise bury all else. */
const SHOWN_FINDINGS = 20;

/** Longest piece of a source line that is shown. */
const SHOWN_CHARACTERS = 100;

const COLOURS: Readonly<Record<Severity | 'faint' | 'bold', string>> = {
  error: '31;1',
  warning: '33;1',
  info: '36;1',
  faint: '2',
  bold: '1',
};

type Paint = (style: keyof typeof COLOURS, text: string) => string;

/** @param colour  whether to use ANSI colours */
export function textReport(report: Report, { colour }: { colour: boolean }): string {
  const paint: Paint = (style, text) => (colour ? `\u001b[${COLOURS[style]}m${text}\u001b[0m` : text);
  return [
    ...findingsText(report.findings, paint),
    ...untoldText(report, paint),
    `${paint('bold', verdictOf(report))}\n`,
  ].join('');
}

function findingsText(findings: readonly ReportedFinding[], paint: Paint): string[] {
  const counts = new Map<string, number>();
  const shown = findings.flatMap((finding) => {
    const count = (counts.get(finding.check) ?? 0) + 1;
    counts.set(finding.check, count);
    return count > SHOWN_FINDINGS ? [] : [`${findingText(finding, paint)}\n`];
  });
  const more = [...counts]
    .filter(([, count]) => count > SHOWN_FINDINGS)
    .map(([check, count]) => `${count - SHOWN_FINDINGS} more of ${check}; --format short lists every one\n`);
  return more.length === 0 ? shown : [...shown, ...more, '\n'];
}

function findingText(finding: ReportedFinding, paint: Paint): string {
  const { check, severity, confidence, message, remedy, snippet, reference, occurrences } = finding;
  const place = printable(`${finding.file}:${finding.line}:${finding.column}`);
  const sure = confidence === 'likely' ? `${severity} (likely)` : severity;
  const lines = [
    `${paint('bold', place)}  ${paint(severity, sure)}  ${check}`,
    `  ${printable(message)}`,
    ...(occurrences > 1 ? [`  in ${occurrences} places that include this file`] : []),
    ...sourceText(finding, paint),
    `  fix: ${printable(remedy)}`,
    ...(snippet === undefined ? [] : snippet.split('\n').map((line) => `      ${printable(line)}`)),
    `  ${paint('faint', `see: docs/checks.md#${check}, or wallguard check --explain ${check}`)}`,
    ...(reference === undefined ? [] : [`  ${paint('faint', `     ${reference}`)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function sourceText({ source, line, column, length }: ReportedFinding, paint: Paint): string[] {
  if (source.trim() === '') return [];
  const characters = Array.from(source);
  const from = column > SHOWN_CHARACTERS ? column - SHOWN_CHARACTERS / 2 : 0;
  const to = from + SHOWN_CHARACTERS;
  const piece = (start: number, end: number): string => printable(characters.slice(start, end).join(''));
  const shown = `${from > 0 ? '…' : ''}${piece(from, to)}${characters.length > to ? '…' : ''}`;
  const number = String(line);
  const gutter = ' '.repeat(number.length);
  const text = `    ${paint('faint', `${number} |`)} ${shown}`;
  if (length === 0) return [text];
  // Tabs stay as wide as they are in the line above.
  const before = (from > 0 ? ' ' : '') + piece(from, column - 1).replace(/[^\t]/gu, ' ');
  const marked = Array.from(piece(column - 1, Math.min(column - 1 + length, to))).length;
  return [text, `    ${paint('faint', `${gutter} |`)} ${before}${paint('bold', '^'.repeat(Math.max(1, marked)))}`];
}

/** What was not looked at, and what that keeps from being told. */
function untoldText({ checks, unread }: Report, paint: Paint): string[] {
  const byReason = new Map<string, string[]>();
  for (const { id, outcome, reasons } of checks) {
    if (outcome === 'skipped') continue;
    for (const reason of reasons) {
      const text = outcome === 'crashed' ? `crashed, which is a defect of wallguard: ${reason}` : reason;
      byReason.set(text, [...(byReason.get(text) ?? []), id]);
    }
  }
  if (byReason.size === 0) return [];
  const lines = [...byReason].map(([reason, ids]) => {
    const who = ids.length > 3 ? plural(ids.length, 'check') : ids.join(', ');
    return `  ${reason.split('\n').map(printable).join('\n    ')}\n    ${paint('faint', `not told: ${who}`)}\n`;
  });
  const title = unread.length > 0 ? 'Not read, or not told:' : 'Not told:';
  return [`${paint('bold', title)}\n`, ...lines, '\n'];
}
