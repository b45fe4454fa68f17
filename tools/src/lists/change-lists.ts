/**
 * The lists as one, wherever an entry lies: addresses in NGINX's shared memory behind the control API; networks, and
 * addresses by the thousand, in `lists.geo`.
 */
import type { ListChange, ListEntry, ListName } from '../../../schema/lists.ts';
import { contains, parseNetwork } from '../../../njs/src/core/lists/address.ts';
import { entryProblem, lastToEnd, mergeEntry } from '../../../njs/src/core/lists/entry.ts';
import { fitsOneRequest, type ControlClient, type NewEntry } from '../control/control-client.ts';
import type { Places } from '../control/places.ts';
import { exitCodes, UserError, type Io } from '../io.ts';
import { changeGeoEntries, readGeoEntries } from './geo-store.ts';
import { openHistory } from './history-file.ts';

/** What the functions below work on. */
export interface ListAccess {
  readonly places: Places;
  readonly client: ControlClient;
  readonly io: Io;
  readonly nowMs: number;
  /** Who does it. */
  readonly author: string;
}

/** Where entries went. */
export interface Added {
  readonly throughApi: number;
  readonly inGeoFile: number;
}

/** An entry that was asked for, and the place to blame when it cannot be. */
export interface AskedEntry {
  /** In the form of `normalAddress`. */
  readonly address: string;
  readonly applications: readonly number[];
  /** 0 for never. */
  readonly expiresMs: number;
  readonly reason: string;
  /** `file:line`, or the address itself. */
  readonly place: string;
}

/** Entries of a list from both places, by address. */
export async function allEntries(
  list: ListName,
  { places, client, nowMs }: Pick<ListAccess, 'places' | 'client' | 'nowMs'>,
): Promise<ListEntry[]> {
  const inGeo = (await readGeoEntries(places.configPrefix, nowMs)).filter((entry) => entry.list === list);
  return [...(await client.list(list)), ...inGeo].sort((one, other) =>
    one.address === other.address ? one.expiresMs - other.expiresMs : one.address < other.address ? -1 : 1,
  );
}

/**
 * Adds entries, all or none. Up to 1000 addresses go to the API; every network, and more addresses, to `lists.geo`.
 * @throws UserError  with every entry that cannot be; nothing was added
 */
export async function addEntries(list: ListName, asked: readonly AskedEntry[], access: ListAccess): Promise<Added> {
  const { client, nowMs, author, places, io } = access;
  const entries = [...lastOfEach(asked)].map((one) => ({ one, entry: entryOf(list, one, access) }));
  const problems = entries.flatMap(({ one, entry }) => {
    const problem = entryProblem(entry, nowMs);
    return problem === '' ? [] : [`${one.place}: ${problem}`];
  });
  if (problems.length > 0) throw new UserError(`${problems.join('\n')}\nnothing was added`, exitCodes.found);

  const addresses = entries
    .filter(({ entry }) => !entry.address.includes('/'))
    .map(({ entry }) => newEntry(entry, nowMs));
  const throughApi = addresses.length > 0 && fitsOneRequest(addresses, author) ? addresses : [];
  const geo = entries
    .map(({ entry }) => entry)
    .filter(({ address }) => throughApi.length === 0 || address.includes('/'));
  if (geo.length === 0) {
    await client.add(list, throughApi, author);
    return { throughApi: throughApi.length, inGeoFile: 0 };
  }

  // The API is asked first whether it is there: taking back what it refuses costs NGINX two reloads.
  if (throughApi.length > 0) await client.triggers();
  const history = await openHistory(places.configPrefix);
  try {
    let former: readonly ListEntry[] = [];
    await changeGeoEntries(
      places,
      nowMs,
      (present) => {
        former = present;
        return withEntries(present, geo, nowMs);
      },
      io,
    );
    try {
      if (throughApi.length > 0) await client.add(list, throughApi, author);
    } catch (error) {
      await changeGeoEntries(places, nowMs, () => former, io);
      throw error;
    }
    await history.append(geo.map((entry) => change('add', entry, access, entry.reason)));
  } finally {
    await history.close();
  }
  return { throughApi: throughApi.length, inGeoFile: geo.length };
}

/**
 * Takes addresses and networks off a list.
 * @throws UserError  naming those that are not on it; nothing was removed then
 */
export async function removeEntries(
  list: ListName,
  addresses: readonly string[],
  reason: string,
  access: ListAccess,
): Promise<void> {
  const { client, nowMs, author, places, io } = access;
  const wanted = new Set(addresses);
  const all = await allEntries(list, access);
  const inGeo = (await readGeoEntries(places.configPrefix, nowMs)).filter((entry) => entry.list === list);
  const problems = [...wanted].flatMap((address) => missing(list, address, all));
  if (problems.length > 0) throw new UserError(`${problems.join('\n')}\nnothing was removed`, exitCodes.found);

  const removed = inGeo.filter(({ address, source }) => wanted.has(address) && source !== 'settings');
  if (removed.length > 0) {
    const history = await openHistory(places.configPrefix);
    try {
      const isRemoved = (entry: ListEntry): boolean =>
        entry.list === list && wanted.has(entry.address) && entry.source !== 'settings';
      await changeGeoEntries(places, nowMs, (present) => present.filter((entry) => !isRemoved(entry)), io);
      await history.append(removed.map((entry) => change('remove', entry, access, reason)));
    } finally {
      await history.close();
    }
  }
  for (const address of wanted) {
    await client.remove(list, address, { author, ...(reason === '' ? {} : { reason }) });
  }
}

/** Why an address cannot be taken off; nothing when it can. */
function missing(list: ListName, address: string, all: readonly ListEntry[]): string[] {
  const own = all.filter((entry) => entry.address === address);
  if (own.some(({ source }) => source !== 'settings')) return [];
  if (own.length > 0) {
    return [`${address}: the settings list it; remove it from lists.${list} there and run "wallguard install"`];
  }
  const network = parseNetwork(address);
  const around = all.find((entry) => {
    const other = parseNetwork(entry.address);
    return network !== null && other !== null && other.prefix < network.prefix && contains(other, network.address);
  });
  return [
    around === undefined
      ? `${address} is not on the list ${list}`
      : `${address} is not on the list ${list} by itself; ${around.address}, which contains it, is`,
  ];
}

/** Entries of the same address and scope: the last one counts. */
function lastOfEach(asked: readonly AskedEntry[]): Iterable<AskedEntry> {
  return new Map(
    asked.map((one) => [`${one.address} ${one.applications.toSorted((a, b) => a - b).join(',')}`, one]),
  ).values();
}

function entryOf(list: ListName, asked: AskedEntry, { nowMs, author }: ListAccess): ListEntry {
  const { address, applications, expiresMs, reason } = asked;
  return { list, address, applications, expiresMs, createdMs: nowMs, reason, source: 'manual', author };
}

function newEntry({ address, applications, expiresMs, reason }: ListEntry, nowMs: number): NewEntry {
  return { address, applications, periodMs: expiresMs === 0 ? 0 : expiresMs - nowMs, reason };
}

function withEntries(present: readonly ListEntry[], added: readonly ListEntry[], nowMs: number): ListEntry[] {
  const claims = new Map<string, ListEntry[]>();
  for (const entry of present) {
    const key = `${entry.list} ${entry.address}`;
    claims.set(key, [...(claims.get(key) ?? []), entry]);
  }
  for (const entry of added) {
    const key = `${entry.list} ${entry.address}`;
    const merged = mergeEntry(claims.get(key) ?? [], entry, nowMs);
    if (merged === null) {
      throw new UserError(
        `${entry.address} has too many entries on the list ${entry.list}; remove some`,
        exitCodes.found,
      );
    }
    claims.set(key, merged);
  }
  return [...claims.values()].flat();
}

function change(
  operation: ListChange['operation'],
  entry: ListEntry,
  { nowMs, author }: ListAccess,
  reason: string,
): ListChange {
  return { atMs: nowMs, operation, entry, author, reason };
}

/**
 * The entry of `lists.geo` that covers an address, beside the one that the API answers with: the one on the list that
 * is consulted first decides.
 */
export function deciding(entries: readonly (ListEntry | null)[]): ListEntry | null {
  const present = entries.filter((entry): entry is ListEntry => entry !== null);
  for (const list of ['allow', 'deny', 'gray'] as const) {
    const found = lastToEnd(present.filter((entry) => entry.list === list));
    if (found !== null) return found;
  }
  return null;
}
