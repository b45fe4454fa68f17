import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressBits,
  contains,
  parseAddress,
  parseNetwork,
  printAddress,
  printNetwork,
  networkOf,
} from '../../../njs/src/core/lists/address.ts';
import { holdsFor, isLive } from '../../../njs/src/core/lists/entry.ts';
import type { ListEntry } from '../../../schema/lists.ts';
import { geoFile, GeoFileError, readGeoFile, renewGeoFile } from '../../../tools/src/lists/geo-file.ts';

function entry(address: string, changes: Partial<ListEntry> = {}): ListEntry {
  return {
    list: 'deny',
    address,
    applications: [],
    expiresMs: 0,
    createdMs: 1_795_312_408_000,
    reason: '',
    source: 'manual',
    author: 'ann',
    ...changes,
  };
}

/** Network and value of each line, as NGINX reads them. */
function table(text: string): [network: string, value: string][] {
  return [...text.matchAll(/^(\S+) "([^"]*)";/gm)].map(([, network = '', value = '']) => [network, value]);
}

/** What `geo` answers: the value of the most specific network. */
function geo(text: string, address: string): string {
  const asked = parseAddress(address)!;
  const covering = table(text)
    .map(([network, value]) => ({ network: parseNetwork(network)!, value }))
    .filter(({ network }) => contains(network, asked))
    .sort((one, other) => other.network.prefix - one.network.prefix);
  return covering[0]?.value ?? '';
}

describe('the file', () => {
  test('has a value for NGINX and the entry beside it', () => {
    const text = geoFile([
      entry('10.16.0.0/12', { reason: 'scanners' }),
      entry('192.0.2.7', { list: 'gray', expiresMs: 1_795_316_008_000, applications: [7, -1] }),
    ]);
    expect(text.split('\n').slice(2)).toEqual([
      '10.16.0.0/12 "deny:0"; # ["deny",0,1795312408000,[],"manual","ann","scanners"]',
      '192.0.2.7 "gray:1795316008000:-1.7"; # ["gray",1795316008000,1795312408000,[7,-1],"manual","ann",""]',
      '',
    ]);
  });

  test('a network inside another has the entries of both', () => {
    const text = geoFile([
      entry('192.0.2.7', { list: 'gray', expiresMs: 5000 }),
      entry('192.0.2.0/24', { expiresMs: 9000 }),
      entry('192.0.0.0/16', { list: 'allow' }),
      entry('192.0.3.0/24'),
    ]);
    expect(table(text)).toEqual([
      ['192.0.0.0/16', 'allow:0'],
      ['192.0.2.0/24', 'allow:0,deny:9000'],
      ['192.0.2.7', 'allow:0,deny:9000,gray:5000'],
      ['192.0.3.0/24', 'allow:0,deny:0'],
    ]);
  });

  test('of entries with one list and scope the last to end is named; all of them are kept', () => {
    const entries = [
      entry('192.0.2.0/24', { expiresMs: 9000, author: 'ann' }),
      entry('192.0.2.0/24', { expiresMs: 8000, author: 'bob' }),
      entry('192.0.2.0/24', { expiresMs: 7000, author: 'cid', applications: [3] }),
    ];
    const text = geoFile(entries);
    expect(table(text)).toEqual([['192.0.2.0/24', 'deny:7000:3,deny:9000']]);
    expect(readGeoFile(text)).toHaveLength(3);
    expect(readGeoFile(text)).toEqual(expect.arrayContaining(entries));
  });

  test('texts cannot end the comment, nor reach a terminal as they are', () => {
    const hostile = entry('192.0.2.7', { reason: 'a\u2028b\u202ec "d" \\ e; é\u009b', author: '#}{;' });
    const text = geoFile([hostile]);
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    expect(text.trim().split('\n')).toHaveLength(3);
    expect(readGeoFile(text)).toEqual([hostile]);
  });

  test('what NGINX could not read is refused', () => {
    const wide = { applications: Array.from({ length: 60 }, (_, index) => 2_000_000_000 + index) };
    expect(() =>
      geoFile([entry('192.0.2.7', { ...wide, reason: '\u200b'.repeat(500), author: '\u200b'.repeat(100) })]),
    ).toThrow(/^192\.0\.2\.7: its reason, author and applications are too long/);
    const many = Array.from({ length: 9 }, (_, index) =>
      entry('192.0.2.7', { applications: wide.applications.map((id) => id - index) }),
    );
    expect(() => geoFile(many)).toThrow(/^192\.0\.2\.7: too many entries cover it/);
    expect(() => geoFile([entry('all')])).toThrow(/^all: neither an address nor a network/);
  });

  test.each([
    ['192.0.2.7 "deny:0";', 1],
    ['# about\n192.0.2.7 "deny:0"; # ["deny",0]\n', 2],
    ['192.0.2.7 "deny:0"; # ["ban",0,0,[],"manual","ann",""]\n', 1],
    ['# ["deny",0,0,[],"manual","ann",""]\n', 1],
    ['192.0.2.07 "deny:0"; # ["deny",0,0,[],"manual","ann",""]\n', 1],
  ])('a line that is not ours is not read over: %j', (text, line) => {
    expect(() => readGeoFile(text)).toThrow(GeoFileError);
    try {
      readGeoFile(text);
    } catch (error) {
      expect((error as GeoFileError).line).toBe(line);
    }
  });

  test('new settings replace their own entries and leave the others, unless they have ended', () => {
    const present = geoFile([
      entry('10.0.0.0/12', { source: 'settings', author: 'wallguard', createdMs: 0 }),
      entry('192.0.2.0/24', { expiresMs: 2000 }),
      entry('198.51.100.0/24', { expiresMs: 1000 }),
    ]);
    const fromSettings = [entry('203.0.113.0/24', { source: 'settings', author: 'wallguard', createdMs: 0 })];
    expect(table(renewGeoFile(fromSettings, present, 1500))).toEqual([
      ['192.0.2.0/24', 'deny:2000'],
      ['203.0.113.0/24', 'deny:0'],
    ]);
    expect(renewGeoFile(fromSettings, undefined, 1500)).toBe(geoFile(fromSettings));
  });
});

/** Few different addresses and many sizes, so that networks often lie in each other. */
const network = fc
  .tuple(fc.boolean(), fc.nat({ max: 3 }), fc.nat({ max: 3 }), fc.nat({ max: 18 }))
  .map(([isV4, high, low, narrow]) => {
    const address = parseAddress(isV4 ? `10.16.${high}.${low}` : `2001:db8::${high}:${low}`)!;
    return printNetwork(networkOf(address, addressBits(address) - narrow));
  });

const entries = fc.array(
  fc.record({
    list: fc.constantFrom('allow' as const, 'deny' as const, 'gray' as const),
    address: network,
    applications: fc.uniqueArray(fc.constantFrom(-1, 3, 12), { maxLength: 2 }),
    expiresMs: fc.constantFrom(0, 1000, 2000, 3000),
    createdMs: fc.nat(),
    reason: fc.string({ maxLength: 20, unit: 'grapheme' }),
    source: fc.constantFrom('manual', 'settings'),
    author: fc.string({ maxLength: 5 }),
  }),
  { maxLength: 25 },
);

test('property: NGINX finds exactly what a search through all entries finds', () => {
  fc.assert(
    fc.property(
      entries,
      fc.constantFrom(-1, 3, 12, 99),
      fc.constantFrom(500, 1500, 2500, 3500),
      (all, application, nowMs) => {
        const text = geoFile(all);
        for (const asked of new Set(all.map(({ address }) => printAddress(parseNetwork(address)!.address)))) {
          const expected = new Set(
            all
              .filter((one) => contains(parseNetwork(one.address)!, parseAddress(asked)!))
              .filter((one) => isLive(one, nowMs) && holdsFor(one, application))
              .map(({ list }) => list),
          );
          const found = new Set(
            geo(text, asked)
              .split(',')
              .map((value) => value.split(':'))
              .filter(([, expires]) => Number(expires) === 0 || Number(expires) > nowMs)
              .filter(([, , scope]) => scope === undefined || scope.split('.').map(Number).includes(application))
              .map(([list]) => list),
          );
          expect(found).toEqual(expected);
        }
      },
    ),
  );
});

test('property: reading gives back every entry, and writing that gives the same bytes', () => {
  const sorted = (all: readonly ListEntry[]): string[] => all.map((one) => JSON.stringify(one)).sort();
  fc.assert(
    fc.property(entries, (all) => {
      const text = geoFile(all);
      const read = readGeoFile(text);
      const keys = ['list', 'address', 'applications', 'expiresMs', 'createdMs', 'reason', 'source', 'author'];
      const ordered = (list: readonly ListEntry[]): string[] =>
        sorted(list.map((one) => JSON.parse(JSON.stringify(one, keys)) as ListEntry));
      expect(ordered(read)).toEqual(ordered(all));
      expect(geoFile(read)).toBe(text);
      expect(geoFile(all.toReversed())).toBe(text);
    }),
  );
});
