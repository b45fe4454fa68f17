/**
 * List entries: what is right about them, which of several holds, and the row of JSON in which each is kept.
 */
import type { ListEntry, ListName } from '../../../../schema/lists.ts';
import { parseNetwork, printNetwork } from './address.ts';

/** The one spelling of an address or network that keys, files and messages use; null when it is neither. */
export function normalAddress(text: string): string | null {
  const network = parseNetwork(text);
  return network === null ? null : printNetwork(network);
}

/** Most entries that one address may have on one list: a manual one, one of each trigger, and different scopes. */
export function mostEntries(): number {
  return 16;
}

/** Everything but list and address. Position is meaning; every engine of njs writes such an array alike. */
export function fields(entry: ListEntry): readonly unknown[] {
  return [entry.expiresMs, entry.createdMs, entry.applications, entry.source, entry.author, entry.reason];
}

/** Reads a row of {@link fields}; null when something in it is of the wrong kind. */
export function entryFrom(list: ListName, address: string, row: unknown): ListEntry | null {
  if (!Array.isArray(row)) {
    return null;
  }
  const applications: unknown = row[2];
  return isTime(row[0]) &&
    isTime(row[1]) &&
    Array.isArray(applications) &&
    applications.every(isWhole) &&
    typeof row[3] === 'string' &&
    typeof row[4] === 'string' &&
    typeof row[5] === 'string'
    ? {
        list,
        address,
        applications: applications as number[],
        expiresMs: row[0],
        createdMs: row[1],
        reason: row[5],
        source: row[3],
        author: row[4],
      }
    : null;
}

/** False once its time is over. */
export function isLive(entry: ListEntry, nowMs: number): boolean {
  return entry.expiresMs === 0 || entry.expiresMs > nowMs;
}

/**
 * Adds an entry to those that its address has on its list.
 *
 * Entries of different sources or scopes stand side by side, each with its own end: a trigger's hour does not shorten an
 * operator's week, and removing one does not lose the other. An entry of the same source and scope takes the place of
 * the former one. Expired ones go.
 *
 * @returns null when the address has {@link mostEntries} others already
 */
export function mergeEntry(entries: readonly ListEntry[], entry: ListEntry, nowMs: number): ListEntry[] | null {
  const others = entries.filter((other) => isLive(other, nowMs) && !isSameClaim(other, entry));
  return others.length < mostEntries() ? others.concat([entry]) : null;
}

/** True for entries of one source with one scope. */
function isSameClaim(one: ListEntry, other: ListEntry): boolean {
  return one.source === other.source && scopeText(one) === scopeText(other);
}

function scopeText(entry: ListEntry): string {
  return entry.applications
    .slice()
    .sort((one, other) => one - other)
    .join(',');
}

/** True when the entry holds for this application; -1 is the default one. */
export function holdsFor(entry: ListEntry, application: number): boolean {
  return entry.applications.length === 0 || entry.applications.indexOf(application) !== -1;
}

/** Of several entries the one to name: that which ends last, and of those the oldest. Null without entries. */
export function lastToEnd(entries: readonly ListEntry[]): ListEntry | null {
  let last: ListEntry | null = null;
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index] as ListEntry;
    if (
      last === null ||
      endOf(entry) > endOf(last) ||
      (endOf(entry) === endOf(last) && entry.createdMs < last.createdMs)
    ) {
      last = entry;
    }
  }
  return last;
}

/** True for an entry that a trigger made. */
export function isAutomatic(entry: ListEntry): boolean {
  return entry.source !== 'manual' && entry.source !== 'settings';
}

/**
 * What is wrong with an entry that an operator wants to add, in words for the operator; empty when nothing is.
 * Limits: wallarm-node.md 5.2.
 */
export function entryProblem(entry: ListEntry, nowMs: number): string {
  const network = parseNetwork(entry.address);
  if (network === null) {
    return 'address: not an IPv4 or IPv6 address, nor a network such as 192.0.2.0/24';
  }
  const widest = network.address.family === 4 ? 12 : 32;
  if (network.prefix < widest) {
    return 'address: the largest network on a list is /' + widest;
  }
  if (entry.expiresMs !== 0 && entry.expiresMs - nowMs < 300_000) {
    return 'expires: the shortest time on a list is 5 minutes';
  }
  if (entry.applications.length > 60) {
    return 'applications: at most 60';
  }
  return textProblem('reason', entry.reason, 500) || textProblem('author', entry.author, 100);
}

function textProblem(name: string, value: string, longest: number): string {
  if (value.length > longest) {
    return name + ': at most ' + longest + ' characters';
  }
  return /[\x00-\x1f\x7f]/.test(value) ? name + ': no control characters' : '';
}

function endOf(entry: ListEntry): number {
  return entry.expiresMs === 0 ? Infinity : entry.expiresMs;
}

function isTime(value: unknown): value is number {
  return isWhole(value) && (value as number) >= 0;
}

function isWhole(value: unknown): boolean {
  return typeof value === 'number' && isFinite(value) && Math.floor(value) === value;
}
