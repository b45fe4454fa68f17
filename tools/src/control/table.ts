/** Results as people and programs want them. */
import { UserError, exitCodes } from '../io.ts';
import { printable } from './printable.ts';

export const formats = ['human', 'json', 'csv'] as const;
export type Format = (typeof formats)[number];

/** @throws UserError  it is none of them */
export function readFormat(text: string): Format {
  const format = formats.find((known) => known === text);
  if (format === undefined) {
    throw new UserError(`there is no format ${JSON.stringify(text)}; formats: ${formats.join(', ')}`, exitCodes.usage);
  }
  return format;
}

/** A JSON array with one element a line, so that line tools can work on it. */
export function jsonArray(values: readonly unknown[]): string {
  return values.length === 0 ? '[]\n' : `[\n${values.map((value) => asciiJson(value)).join(',\n')}\n]\n`;
}

/** JSON in which everything that a terminal could take for more than text is escaped. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

/** RFC 4180, with a header, lines ended by CR LF. Cells that a spreadsheet would run begin with an apostrophe. */
export function csv(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [header, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = printable(value);
  // `=`, `+`, `-` and `@` start a formula in common spreadsheets.
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Columns for people; the last one is not padded. */
export function columns(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows].map((row) => row.map(printable));
  const widths = header.map((_, index) => Math.max(...cells.map((row) => (row[index] ?? '').length)));
  return cells
    .map(
      (row) =>
        `${row
          .map((cell, index) => cell.padEnd(widths[index] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
