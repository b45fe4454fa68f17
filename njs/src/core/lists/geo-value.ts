/**
 * Values of `$wallguard_geo`: the entries of every network that contains the client, as whoever writes `lists.geo` puts
 * them together, `deny:1795316008000:1.7,allow:0`. An entry is `list:expiresMs[:application.application…]`.
 */
import type { ListEntry, ListName } from '../../../../schema/lists.ts';

/** Entries with what the value tells of them; what is not of the grammar is passed over. */
export function readGeoValue(value: string): ListEntry[] {
  return value
    .split(',')
    .map(readEntry)
    .filter((entry): entry is ListEntry => entry !== null);
}

function readEntry(text: string): ListEntry | null {
  const parts = /^(allow|deny|gray):([0-9]{1,16})(?::(-?[0-9]{1,10}(?:[.]-?[0-9]{1,10})*))?$/.exec(text);
  return parts === null
    ? null
    : {
        list: parts[1] as ListName,
        address: '',
        applications: parts[3] === undefined ? [] : parts[3].split('.').map(Number),
        expiresMs: Number(parts[2]),
        createdMs: 0,
        reason: '',
        source: '',
        author: '',
      };
}
