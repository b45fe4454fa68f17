/**
 * Files with addresses to import, as people and other programs write them. Every line that is not understood is
 * reported, and then nothing is imported.
 */
import { normalAddress } from '../../../njs/src/core/lists/entry.ts';
import { asciiJson } from '../control/table.ts';
import { readPeriod } from './period.ts';

export const importFormats = ['plain', 'csv', 'json', 'nginx', 'nft'] as const;
export type ImportFormat = (typeof importFormats)[number];

/** What a file says of an entry; what it leaves out, the command line decides. */
export interface ImportedEntry {
  readonly address: string;
  /** From 1. */
  readonly line: number;
  readonly applications?: readonly number[];
  /** 0 for never. */
  readonly expiresMs?: number;
  readonly reason?: string;
}

export interface ImportProblem {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

export interface ImportReading {
  readonly entries: readonly ImportedEntry[];
  readonly problems: readonly ImportProblem[];
}

/** The format a text is most likely in. */
export function guessFormat(text: string): ImportFormat {
  if (/^\s*\[/.test(text)) return 'json';
  if (/^\s*(?:deny|allow)\s+\S+\s*;/m.test(text)) return 'nginx';
  if (/\belements\s*=\s*\{|^\s*add\s+element\s/m.test(text)) return 'nft';
  const first = text.split('\n').find((line) => line.trim() !== '' && !line.trim().startsWith('#')) ?? '';
  return first.split(',').some((cell) => unquote(cell.trim()).toLowerCase() === 'address') ? 'csv' : 'plain';
}

/** @param nowMs  what periods in the file start from */
export function readImport(text: string, format: ImportFormat, nowMs: number): ImportReading {
  switch (format) {
    case 'plain':
      return readLines(text, (line) => [line.replace(/#.*$/, '').trim()]);
    case 'nginx':
      return readNginx(text);
    case 'nft':
      return readNft(text, nowMs);
    case 'csv':
      return readCsv(text, nowMs);
    case 'json':
      return readJson(text, nowMs);
  }
}

/** Collects entries and what is wrong with the others. */
class Collector {
  readonly entries: ImportedEntry[] = [];
  readonly problems: ImportProblem[] = [];

  fail(line: number, message: string): void {
    this.problems.push({ line, message });
  }

  address(line: number, text: string, rest: Omit<ImportedEntry, 'address' | 'line'> = {}): void {
    const address = normalAddress(text);
    if (address === null) {
      this.fail(line, `${shown(text)} is neither an IP address nor a network such as 192.0.2.0/24`);
    } else {
      this.entries.push({ address, line, ...rest });
    }
  }
}

function readLines(text: string, addressesIn: (line: string) => string[]): ImportReading {
  const collector = new Collector();
  for (const [index, line] of linesOf(text).entries()) {
    for (const address of addressesIn(line)) if (address !== '') collector.address(index + 1, address);
  }
  return collector;
}

/** `deny ADDRESS;`, and `allow ADDRESS;` for the allowlist; `all` is not an address and not meant for a list. */
function readNginx(text: string): ImportReading {
  const collector = new Collector();
  for (const [index, line] of linesOf(text).entries()) {
    const said = line.replace(/#.*$/, '').trim();
    if (said === '') continue;
    const statements = said.split(';');
    const rest = statements.pop() ?? '';
    for (const statement of statements) {
      const address = /^\s*(?:deny|allow)\s+(\S+)\s*$/.exec(statement)?.[1];
      if (address === undefined) collector.fail(index + 1, `${shown(statement.trim())} is not "deny ADDRESS;"`);
      else collector.address(index + 1, address);
    }
    if (rest.trim() !== '') collector.fail(index + 1, `${shown(rest.trim())} is not "deny ADDRESS;"`);
  }
  return collector;
}

/**
 * The elements of nftables sets, as `nft list set` prints them. An element's `expires`, or else its `timeout`, says how
 * long it has to go; an interval that is no network is refused.
 */
function readNft(text: string, nowMs: number): ImportReading {
  const collector = new Collector();
  // Comments may hold braces and commas. Line breaks stay: by them lines are counted.
  const plain = text.replace(/#.*$/gm, '').replace(/\bcomment\s+"[^"\n]*"/g, '');
  const blocks = [...plain.matchAll(/(?:\belements\s*=\s*|\badd\s+element\s+[^{;]*)\{([^}]*)\}/g)];
  if (blocks.length === 0) collector.fail(1, 'no "elements = { … }" of an nftables set');
  for (const block of blocks) {
    let line = plain.slice(0, block.index + block[0].indexOf('{')).split('\n').length;
    for (const element of (block[1] ?? '').split(',')) {
      const lead = element.slice(0, element.length - element.trimStart().length);
      const startLine = line + lead.split('\n').length - 1;
      line += element.split('\n').length - 1;
      const [address = '', ...options] = element.trim().split(/\s+/);
      if (address === '') continue;
      const left = lifetimeMs(options);
      if (/^[^/]+-[^/]+$/.test(address)) collector.fail(startLine, `${shown(address)}: write an interval as networks`);
      else collector.address(startLine, address, left === undefined ? {} : { expiresMs: nowMs + left });
    }
  }
  return collector;
}

/** `timeout 1h expires 59m58s` in milliseconds. */
function lifetimeMs(options: readonly string[]): number | undefined {
  const named = ['expires', 'timeout'].map((name) => options.indexOf(name)).find((index) => index !== -1);
  const text = named === undefined ? undefined : options[named + 1];
  if (text === undefined || !/^(?:\d+(?:ms|[dhms]))+$/.test(text)) return undefined;
  return [...text.matchAll(/\d+(?:ms|[dhms])/g)].reduce((sum, [part]) => sum + (readPeriod(part) ?? 0), 0);
}

const csvColumns = ['address', 'applications', 'expires', 'period', 'reason'] as const;
type CsvColumn = (typeof csvColumns)[number];

/** A header names the columns; `address` is needed, columns of other names are passed over. */
function readCsv(text: string, nowMs: number): ImportReading {
  const collector = new Collector();
  const { rows, unclosed } = csvRows(text);
  if (unclosed !== undefined) collector.fail(unclosed, 'a quoted value is not closed');
  const [head, ...body] = rows;
  const names = head?.cells.map((cell) => cell.trim().toLowerCase()) ?? [];
  if (!names.includes('address')) {
    collector.fail(head?.line ?? 1, `the first line must name the columns; known are ${csvColumns.join(', ')}`);
    return collector;
  }
  for (const { line, cells } of body) {
    if (cells.length !== names.length) {
      collector.fail(line, `${cells.length} values, and the first line names ${names.length}`);
      continue;
    }
    const cell = (name: CsvColumn): string => (cells[names.indexOf(name)] ?? '').replace(/^'(?=[=+\-@])/, '').trim();
    const applications =
      cell('applications') === ''
        ? []
        : cell('applications')
            .split(/[;\s]+/)
            .map(Number);
    addRecord(collector, line, nowMs, {
      address: cell('address'),
      ...(cell('applications') === '' ? {} : { applications }),
      ...(cell('expires') === '' ? {} : { expires: cell('expires') }),
      ...(cell('period') === '' ? {} : { period: cell('period') }),
      ...(cell('reason') === '' ? {} : { reason: cell('reason') }),
    });
  }
  return collector;
}

/** An array of addresses, or of objects as `lists show --format json` prints them. */
function readJson(text: string, nowMs: number): ImportReading {
  const collector = new Collector();
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    const at = /position (\d+)/.exec((error as Error).message)?.[1];
    collector.fail(at === undefined ? 1 : text.slice(0, Number(at)).split('\n').length, (error as Error).message);
    return collector;
  }
  if (!Array.isArray(data)) {
    collector.fail(1, 'not an array');
    return collector;
  }
  const lineOf = elementLines(text, data.length);
  for (const [index, element] of (data as unknown[]).entries()) {
    const line = lineOf(index);
    if (typeof element === 'string') collector.address(line, element);
    else if (typeof element === 'object' && element !== null && !Array.isArray(element))
      addRecord(collector, line, nowMs, element as Record<string, unknown>);
    else collector.fail(line, `element ${index + 1} is neither an address nor an object with "address"`);
  }
  return collector;
}

/** An entry with words from a file: `applications`, `expires` or `expiresMs` or `period`, `reason`. */
function addRecord(collector: Collector, line: number, nowMs: number, record: Readonly<Record<string, unknown>>): void {
  const { address, applications, reason } = record;
  if (typeof address !== 'string') return collector.fail(line, '"address" is missing');
  if (applications !== undefined && !isApplications(applications)) {
    return collector.fail(line, `applications: ${shown(JSON.stringify(applications))} are not application ids`);
  }
  if (reason !== undefined && typeof reason !== 'string') return collector.fail(line, 'reason: not a text');
  const end = readEnd(record, nowMs);
  if (typeof end === 'string') return collector.fail(line, end);
  collector.address(line, address, {
    ...(applications === undefined ? {} : { applications }),
    ...(end === undefined ? {} : { expiresMs: end }),
    ...(reason === undefined ? {} : { reason }),
  });
}

/** @returns Unix milliseconds, 0 for never, undefined when nothing is said, or what is wrong */
function readEnd({ expiresMs, expires, period }: Readonly<Record<string, unknown>>, nowMs: number) {
  if (expiresMs !== undefined) {
    return Number.isSafeInteger(expiresMs) && (expiresMs as number) >= 0
      ? (expiresMs as number)
      : 'expiresMs: not Unix milliseconds';
  }
  if (expires !== undefined) {
    if (expires === 'never') return 0;
    const time = typeof expires === 'string' && /^\d{4}-\d\d-\d\dT/.test(expires) ? Date.parse(expires) : Number.NaN;
    return Number.isNaN(time) ? 'expires: neither a time such as 2030-01-31T12:00:00Z nor "never"' : time;
  }
  if (period === undefined) return undefined;
  const length = typeof period === 'string' ? readPeriod(period) : undefined;
  if (length === undefined) return 'period: neither a duration such as 1h nor "forever"';
  return length === 0 ? 0 : nowMs + length;
}

function isApplications(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((id) => Number.isSafeInteger(id) && id >= -1 && id !== 0);
}

/** Which line the elements of a JSON array begin on: that of the n-th value at depth 1. */
function elementLines(text: string, count: number): (index: number) => number {
  const lines: number[] = [];
  let depth = 0;
  let line = 1;
  let expecting = false;
  for (let at = 0; at < text.length && lines.length < count; at++) {
    const character = text[at] ?? '';
    if (character === '\n') line++;
    if (/\s/.test(character)) continue;
    if (depth === 1 && expecting && character !== ']') {
      lines.push(line);
      expecting = false;
    }
    if (character === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++;
    } else if (character === '[' || character === '{') {
      if (depth++ === 0) expecting = true;
    } else if (character === ']' || character === '}') {
      depth--;
    } else if (character === ',' && depth === 1) {
      expecting = true;
    }
  }
  return (index) => lines[index] ?? 1;
}

interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** RFC 4180, and lines ended by a line feed alone. Empty lines and comment lines are passed over. */
function csvRows(text: string): { rows: CsvRow[]; unclosed: number | undefined } {
  const rows: CsvRow[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  const source = text.startsWith('\ufeff') ? text.slice(1) : text;
  let line = 1;
  let started = 1;
  let cells: string[] = [];
  while (pattern.lastIndex < source.length || cells.length > 0) {
    const match = pattern.exec(source);
    if (match === null) return { rows, unclosed: line };
    const [whole, quoted, plain = '', end] = match;
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    line += whole.split('\n').length - 1;
    if (end === ',') continue;
    const isEmpty = cells.length === 1 && quoted === undefined && (plain.trim() === '' || plain.startsWith('#'));
    if (!isEmpty) rows.push({ line: started, cells });
    cells = [];
    started = line;
    if (end === '') break;
  }
  return { rows, unclosed: undefined };
}

function linesOf(text: string): string[] {
  return (text.startsWith('\ufeff') ? text.slice(1) : text).split(/\r?\n/);
}

function unquote(cell: string): string {
  return /^"(.*)"$/.exec(cell)?.[1] ?? cell;
}

/** Part of a file in a message. */
function shown(text: string): string {
  return asciiJson(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}
