/**
 * The lists as a file, for a start after NGINX lost its memory: one line of JSON for each entry between a first line
 * that names the format and a last one that counts, by which a torn file is recognised.
 */
import type { ListEntry, ListName } from '../../../../schema/lists.ts';
import { entryFrom, fields, isLive, normalAddress } from './entry.ts';

export interface Snapshot {
  /** Live entries, in the order of the file. */
  readonly entries: readonly ListEntry[];
  /** How many had ended meanwhile. */
  readonly expired: number;
  /** When it was written; 0 when that cannot be read. */
  readonly atMs: number;
  /** What is wrong with the file, in words for an operator; empty when nothing is. Entries above it still hold. */
  readonly problem: string;
}

/** @param atMs  time of writing */
export function writeSnapshot(entries: readonly ListEntry[], atMs: number): string {
  const lines = [JSON.stringify({ schema: 'wallguard-lists/1', atMs })];
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index] as ListEntry;
    lines.push(JSON.stringify([entry.list, entry.address].concat(fields(entry) as never[])));
  }
  lines.push(JSON.stringify({ entries: entries.length }));
  return lines.join('\n') + '\n';
}

export function readSnapshot(text: string, nowMs: number): Snapshot {
  const lines = text.split('\n');
  const first = parsed(lines[0]);
  if (member(first, 'schema') !== 'wallguard-lists/1') {
    return { entries: [], expired: 0, atMs: 0, problem: 'line 1: not a snapshot of this version' };
  }
  const entries: ListEntry[] = [];
  let expired = 0;
  let problem = '';
  let counted: unknown;
  for (let index = 1; index < lines.length && counted === undefined; index++) {
    const line = parsed(lines[index]);
    counted = member(line, 'entries');
    const entry = readLine(line);
    if (entry !== null && isLive(entry, nowMs)) {
      entries.push(entry);
    } else if (entry !== null) {
      expired++;
    } else if (counted === undefined && index < lines.length - 1) {
      problem = problem || 'line ' + (index + 1) + ': not a list entry';
    }
  }
  return {
    entries,
    expired,
    atMs: Number(member(first, 'atMs')) || 0,
    problem: problem || countProblem(counted, entries.length + expired, lines.length),
  };
}

function readLine(row: unknown): ListEntry | null {
  if (!Array.isArray(row)) {
    return null;
  }
  const list: unknown = row[0];
  const address: unknown = row[1];
  return isList(list) && typeof address === 'string' && normalAddress(address) === address
    ? entryFrom(list, address, row.slice(2))
    : null;
}

function countProblem(counted: unknown, found: number, lines: number): string {
  if (typeof counted !== 'number') {
    return 'line ' + lines + ': the file ends too early';
  }
  return counted === found ? '' : 'the last line counts ' + counted + ' entries, the file has ' + found;
}

function isList(value: unknown): value is ListName {
  return value === 'allow' || value === 'deny' || value === 'gray';
}

function parsed(line: string | undefined): unknown {
  try {
    return JSON.parse(line || 'null');
  } catch (_notJson) {
    return null;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: unknown })[name]
    : undefined;
}
