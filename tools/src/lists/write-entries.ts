/** Lists in the forms that {@link readImport} reads, for other programs. */
import type { ListEntry } from '../../../schema/lists.ts';
import { csv, jsonArray } from '../control/table.ts';
import type { ImportFormat } from './read-entries.ts';
import { endText, timeText } from './period.ts';

/** Columns of `lists show` and of an export. */
export const entryColumns = [
  'list',
  'address',
  'applications',
  'expires',
  'created',
  'reason',
  'source',
  'author',
] as const;

/** An entry as cells of {@link entryColumns}. */
export function entryCells(entry: ListEntry): string[] {
  return [
    entry.list,
    entry.address,
    entry.applications.join(' '),
    endText(entry.expiresMs),
    entry.createdMs === 0 ? '' : timeText(entry.createdMs),
    entry.reason,
    entry.source,
    entry.author,
  ];
}

/**
 * A file with the entries of one list.
 *
 * Only CSV and JSON keep everything. `plain`, `nginx` and `nft` have addresses alone: an entry that is limited to
 * applications would hold for all of them there, so the caller leaves those out.
 *
 * @param nowMs  what the timeouts of an nftables set count from
 */
export function writeExport(entries: readonly ListEntry[], format: ImportFormat, nowMs: number): string {
  switch (format) {
    case 'json':
      return jsonArray(entries);
    case 'csv':
      return csv(entryColumns, entries.map(entryCells));
    case 'plain':
      return addressesOf(entries)
        .map((address) => `${address}\n`)
        .join('');
    case 'nginx':
      return [
        ...new Set(entries.map(({ list, address }) => `${list === 'allow' ? 'allow' : 'deny'} ${address};\n`)),
      ].join('');
    case 'nft':
      return nftSets(entries, nowMs);
  }
}

/** Addresses and networks of entries, each once. */
function addressesOf(entries: readonly ListEntry[]): string[] {
  return [...new Set(entries.map(({ address }) => address))];
}

/** For `nft -f`: a table with one set for each address family. */
function nftSets(entries: readonly ListEntry[], nowMs: number): string {
  const sets = [
    ['ipv4', 'ipv4_addr', (address: string): boolean => !address.includes(':')],
    ['ipv6', 'ipv6_addr', (address: string): boolean => address.includes(':')],
  ] as const;
  const blocks = sets.map(([name, type, isMember]) => {
    const elements = lastEnds(entries.filter(({ address }) => isMember(address))).map(([address, expiresMs]) =>
      expiresMs === 0 ? address : `${address} timeout ${Math.max(1, Math.ceil((expiresMs - nowMs) / 1000))}s`,
    );
    return [
      `\tset ${name} {`,
      `\t\ttype ${type}`,
      '\t\tflags interval, timeout',
      '\t\tauto-merge',
      ...(elements.length === 0 ? [] : [`\t\telements = { ${elements.join(',\n\t\t\t     ')} }`]),
      '\t}',
    ].join('\n');
  });
  return `table inet wallguard {\n${blocks.join('\n\n')}\n}\n`;
}

/** When each address leaves the list: its last entry decides. */
function lastEnds(entries: readonly ListEntry[]): [address: string, expiresMs: number][] {
  const ends = new Map<string, number>();
  for (const { address, expiresMs } of entries) {
    const known = ends.get(address);
    ends.set(address, known === 0 || expiresMs === 0 ? 0 : Math.max(known ?? 0, expiresMs));
  }
  return [...ends];
}
