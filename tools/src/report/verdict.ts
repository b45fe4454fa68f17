/** The report in one line, for every format that people read. */
import type { Report } from './report.ts';

export function verdictOf({ counts, unread, complete, silenced, checks }: Report): string {
  const { error, warning, info } = counts.findings;
  const found = [
    ...(error > 0 ? [plural(error, 'error')] : []),
    ...(warning > 0 ? [plural(warning, 'warning')] : []),
    ...(info > 0 ? [plural(info, 'note')] : []),
  ];
  const told = unread.length > 0 ? 'not everything could be read' : complete ? '' : 'not everything could be told';
  const result =
    found.length > 0
      ? `found ${joined(found)}${told === '' ? '' : `, and ${told}`}`
      : told === ''
        ? 'found nothing to put right'
        : `found nothing in what was looked at, but ${told}`;
  const { passed, unknown, skipped, crashed } = counts.checks;
  const ends = [
    `${passed} passed`,
    `${counts.checks.found} found something`,
    `${unknown} could not tell`,
    `${skipped} skipped`,
    `${crashed} crashed`,
  ];
  const quiet = silenced.length > 0 ? `; ${plural(silenced.length, 'finding')} silenced` : '';
  return `${result} (${plural(checks.length, 'check')}: ${ends.join(', ')}${quiet})`;
}

/** `1 error`, `2 errors` */
export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function joined(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
