import { describe, expect, test } from 'vitest';
import {
  entryProblem,
  holdsFor,
  isAutomatic,
  isLive,
  lastToEnd,
  mergeEntry,
  mostEntries,
  normalAddress,
} from '../../../njs/src/core/lists/entry.ts';
import type { ListEntry } from '../../../schema/lists.ts';
import { someEntry } from './some-entry.ts';

describe('addresses', () => {
  test('an address has one spelling', () => {
    expect(['2001:DB8::0', '::ffff:192.0.2.1', '192.0.2.9/24', 'x'].map(normalAddress)).toEqual([
      '2001:db8::',
      '192.0.2.1',
      '192.0.2.0/24',
      null,
    ]);
  });
});

describe('merging', () => {
  test('another source stands beside: an hour by a trigger does not shorten a week by hand', () => {
    const week = someEntry({ expiresMs: 604_800_000 });
    const hour = someEntry({ source: 'default', expiresMs: 3_600_000 });
    expect(mergeEntry([week], hour, 0)).toEqual([week, hour]);
  });

  test('another scope stands beside, the order of applications is no scope', () => {
    const one = someEntry({ applications: [1] });
    const all = someEntry();
    const both = someEntry({ applications: [1, 2] });
    expect(mergeEntry([one, all], both, 0)).toEqual([one, all, both]);
    const again = someEntry({ applications: [2, 1], reason: 'again' });
    expect(mergeEntry([one, all, both], again, 0)).toEqual([one, all, again]);
  });

  test('the same source and scope is replaced, to a longer or a shorter time', () => {
    const shorter = someEntry({ expiresMs: 5 });
    expect(mergeEntry([someEntry()], shorter, 0)).toEqual([shorter]);
  });

  test('expired ones go', () => {
    expect(mergeEntry([someEntry({ source: 'a', expiresMs: 10 })], someEntry({ source: 'b' }), 10)).toEqual([
      someEntry({ source: 'b' }),
    ]);
  });

  test('is bounded', () => {
    let entries: readonly ListEntry[] = [];
    for (let index = 0; index < mostEntries(); index++) {
      entries = mergeEntry(entries, someEntry({ applications: [index] }), 0) ?? [];
    }
    expect(entries).toHaveLength(mostEntries());
    expect(mergeEntry(entries, someEntry({ applications: [99] }), 0)).toBeNull();
    expect(mergeEntry(entries, someEntry({ applications: [3], reason: 'new' }), 0)).toHaveLength(mostEntries());
  });
});

test('lives until its end', () => {
  expect([0, 9, 10, 11].map((expiresMs) => isLive(someEntry({ expiresMs }), 10))).toEqual([true, false, false, true]);
});

test('holds for its applications, or for all', () => {
  expect(holdsFor(someEntry(), -1)).toBe(true);
  expect(holdsFor(someEntry({ applications: [1, -1] }), -1)).toBe(true);
  expect(holdsFor(someEntry({ applications: [1] }), 2)).toBe(false);
});

test('the one to name ends last; of those the oldest', () => {
  const short = someEntry({ expiresMs: 5 });
  const long = someEntry({ expiresMs: 9, createdMs: 2 });
  const older = someEntry({ expiresMs: 9, createdMs: 1 });
  const ever = someEntry({ createdMs: 3 });
  expect(lastToEnd([])).toBeNull();
  expect(lastToEnd([short, long, older])).toBe(older);
  expect(lastToEnd([older, ever, long])).toBe(ever);
});

test('an entry of a trigger is automatic, one by hand or of the settings is not', () => {
  expect(['default', 'manual', 'settings'].map((source) => isAutomatic(someEntry({ source })))).toEqual([
    true,
    false,
    false,
  ]);
});

describe('what an operator may not add', () => {
  test.each([
    [{}, ''],
    [{ address: '2001:db8::/32' }, ''],
    [{ address: '172.16.0.0/12' }, ''],
    [{ address: 'x' }, 'address'],
    [{ address: '' }, 'address'],
    [{ address: '0.0.0.0/0' }, 'address'],
    [{ address: '172.0.0.0/11' }, 'address'],
    [{ address: '2001::/31' }, 'address'],
    [{ expiresMs: 1300 }, 'expires'],
    [{ expiresMs: 300_999 }, 'expires'],
    [{ expiresMs: 301_000 }, ''],
    [{ applications: Array<number>(61).fill(1) }, 'applications'],
    [{ reason: 'x'.repeat(501) }, 'reason'],
    [{ reason: 'a\nb' }, 'reason'],
    [{ author: 'x'.repeat(101) }, 'author'],
    [{ author: 'a\u007f' }, 'author'],
  ])('%j: %s', (changes, about) => {
    expect(entryProblem(someEntry(changes), 1000).split(':')[0]).toBe(about);
  });
});
