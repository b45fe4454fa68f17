import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAddress, type Address } from '../../../njs/src/core/lists/address.ts';
import { mostEntries } from '../../../njs/src/core/lists/entry.ts';
import { readGeoValue } from '../../../njs/src/core/lists/geo-value.ts';
import {
  covering,
  mostRows,
  readHostFile,
  refusesAll,
  withEntry,
  writeHostFile,
} from '../../../njs/src/core/lists/host-file.ts';
import { anyEntry, someEntry } from './some-entry.ts';

describe('a host file', () => {
  test('gives back what was written', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 6 }), (entries) => {
        expect(readHostFile(writeHostFile(entries))).toEqual(entries);
      }),
    );
  });

  test.each(['', 'x', '{}', '5', '[["deny","192.0.2.1",0,0,[],"manual","ops",""]'])('torn or foreign: %j', (text) =>
    expect(readHostFile(text)).toBeNull(),
  );

  test('one bad row does not take the others with it', () => {
    const good = '["deny","192.0.2.1",0,0,[],"manual","ops",""]';
    const bad = [
      '5',
      '[]',
      '["black","192.0.2.1",0,0,[],"manual","ops",""]',
      '["deny","192.0.2.1/32",0,0,[],"manual","ops",""]',
      '["deny","192.0.2.1",-1,0,[],"manual","ops",""]',
      '["deny","192.0.2.1",0,0,["x"],"manual","ops",""]',
      '["deny","192.0.2.1",0,0,[],"manual","ops"]',
    ];
    expect(readHostFile(`[${[...bad, good].join(',')}]\n`)).toEqual([someEntry()]);
  });
});

test('an entry covers its addresses and nobody next to them', () => {
  const entries = [
    someEntry({ address: '2001:db8::/64' }),
    someEntry({ address: '2001:db8::1', list: 'allow' }),
    someEntry({ address: '2001:db8::2' }),
  ];
  const address = parseAddress('2001:db8::1') as Address;
  expect(covering(entries, 'deny', address)).toEqual([entries[0]]);
  expect(covering(entries, 'allow', address)).toEqual([entries[1]]);
  expect(covering(entries, 'gray', address)).toEqual([]);
});

describe('adding', () => {
  test('takes the place of an entry of the same source and scope, of the same address and list only', () => {
    const kept = [someEntry({ address: '2001:db8::1' }), someEntry({ list: 'gray' })];
    const entry = someEntry({ createdMs: 9 });
    expect(withEntry([...kept, someEntry()], entry, 10)).toEqual([...kept, entry]);
  });

  test('has an end', () => {
    const own = Array.from({ length: mostEntries() }, (_, index) => someEntry({ source: `t${index}` }));
    expect(withEntry(own, someEntry({ source: 'other' }), 10)).toBeNull();
    expect(withEntry(own, someEntry({ source: 't0' }), 10)).toHaveLength(mostEntries());
    const neighbours = Array.from({ length: mostRows() }, (_, index) =>
      someEntry({ address: `2001:db8::${(index + 1).toString(16)}` }),
    );
    expect(withEntry(neighbours, someEntry({ address: '2001:db8::ffff' }), 10)).toBeNull();
  });
});

describe('NGINX may refuse by itself', () => {
  test('whoever the denylist holds in every application', () => {
    expect(refusesAll([someEntry()], 64, 10)).toBe(true);
    expect(refusesAll([someEntry({ address: '2001:db8::/64' })], 64, 10)).toBe(true);
    expect(refusesAll([someEntry({ address: '2001:db8::/56' })], 56, 10)).toBe(false);
  });

  test.each([
    ['nobody', []],
    ['another list', [someEntry({ list: 'gray' })]],
    ['over', [someEntry({ expiresMs: 10 })]],
    ['one application', [someEntry({ applications: [1] })]],
    ['one address of a network', [someEntry({ address: '2001:db8::1' })]],
    ['allowlisted too', [someEntry(), someEntry({ list: 'allow', applications: [1] })]],
  ] as const)('not: %s', (_why, entries) => expect(refusesAll(entries, 64, 10)).toBe(false));
});

test('values of geo', () => {
  expect(readGeoValue('deny:1795316008000:1.-1,allow:0')).toMatchObject([
    { list: 'deny', expiresMs: 1_795_316_008_000, applications: [1, -1] },
    { list: 'allow', expiresMs: 0, applications: [] },
  ]);
  expect(readGeoValue('deny,deny:x,black:0,gray:0:,gray:0:1;2,:0,deny:0 ')).toEqual([]);
});
