/**
 * The file of one hint key, `lists/hosts/192.0.2.1`: NGINX's hint that this client may be on a list, the record of all
 * entries under that key, and the authority on them. One line of JSON, an array of rows `[list, address, …fields]`.
 */
import type { ListEntry, ListName } from '../../../../schema/lists.ts';
import { contains, parseNetwork, type Address } from './address.ts';
import { entryFrom, fields, isLive, mergeEntry, normalAddress } from './entry.ts';
import { hintDepth } from './hint-key.ts';

/** Most entries under one key: so many neighbours in one IPv6 network, since an IPv4 address has a key of its own. */
export function mostRows(): number {
  return 1000;
}

export function writeHostFile(entries: readonly ListEntry[]): string {
  return (
    JSON.stringify(entries.map((entry) => ([entry.list, entry.address] as unknown[]).concat(fields(entry)))) + '\n'
  );
}

/** Entries of a file; null when it is torn or not a file of this kind. Rows that are no entries are left out. */
export function readHostFile(text: string): ListEntry[] | null {
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch (_torn) {
    return null;
  }
  return Array.isArray(rows) ? rows.map(readRow).filter((entry): entry is ListEntry => entry !== null) : null;
}

/**
 * The entries of a list that cover this address.
 *
 * @param entries  of the address's own file
 */
export function covering(entries: readonly ListEntry[], list: ListName, address: Address): ListEntry[] {
  return entries.filter((entry) => {
    const network = entry.list === list ? parseNetwork(entry.address) : null;
    return network !== null && contains(network, address);
  });
}

/** Adds an entry to those of its file, see {@link mergeEntry}. Null when there are too many already. */
export function withEntry(entries: readonly ListEntry[], entry: ListEntry, nowMs: number): ListEntry[] | null {
  const others = entries.filter((other) => !isNeighbour(other, entry));
  const own = mergeEntry(
    entries.filter((other) => isNeighbour(other, entry)),
    entry,
    nowMs,
  );
  return own === null || others.length + own.length > mostRows() ? null : others.concat(own);
}

/**
 * May NGINX refuse every client with this key by itself, whatever it asks for? Then a denylist entry covers the whole
 * key and every application, and nothing in the file says otherwise.
 */
export function refusesAll(entries: readonly ListEntry[], ipv6Prefix: number, nowMs: number): boolean {
  const live = entries.filter((entry) => isLive(entry, nowMs));
  return (
    live.some((entry) => entry.list === 'deny' && entry.applications.length === 0 && coversKey(entry, ipv6Prefix)) &&
    !live.some((entry) => entry.list === 'allow')
  );
}

function coversKey(entry: ListEntry, ipv6Prefix: number): boolean {
  const network = parseNetwork(entry.address);
  return network !== null && network.prefix <= hintDepth(network.address, ipv6Prefix);
}

/** Of one list and address. */
function isNeighbour(one: ListEntry, other: ListEntry): boolean {
  return one.list === other.list && one.address === other.address;
}

function readRow(row: unknown): ListEntry | null {
  if (!Array.isArray(row)) {
    return null;
  }
  const list: unknown = row[0];
  const address: unknown = row[1];
  return isList(list) && typeof address === 'string' && normalAddress(address) === address
    ? entryFrom(list, address, row.slice(2))
    : null;
}

function isList(value: unknown): value is ListName {
  return value === 'allow' || value === 'deny' || value === 'gray';
}
