import { describe, expect, test } from 'vitest';
import { consult, consultedLists, decide } from '../../../njs/src/core/lists/decide.ts';
import type { ListEntry, ListName } from '../../../schema/lists.ts';
import { modes } from '../../../schema/settings.ts';
import { someEntry } from './some-entry.ts';

/** wallarm-node.md 2.1 and 5.1, row by row: mode, list, access phase; list told, refused, mode for the engine, counts. */
const table = [
  // off: no lists at all
  ['off', '', true, '', false, 'off', false],
  ['off', 'allow', true, '', false, 'off', false],
  ['off', 'deny', true, '', false, 'off', false],
  ['off', 'deny', false, '', false, 'off', false],
  ['off', 'gray', true, '', false, 'off', false],
  // monitoring: the denylist blocks, unless the access phase is off; no graylist
  ['monitoring', '', true, '', false, 'monitoring', true],
  ['monitoring', 'allow', true, 'allow', false, 'off', false],
  ['monitoring', 'deny', true, 'deny', true, 'monitoring', false],
  ['monitoring', 'deny', false, 'deny', false, 'monitoring', true],
  ['monitoring', 'gray', true, '', false, 'monitoring', true],
  // safe_blocking: malicious requests of graylisted sources are blocked
  ['safe_blocking', '', true, '', false, 'safe_blocking', true],
  ['safe_blocking', 'allow', true, 'allow', false, 'off', false],
  ['safe_blocking', 'deny', true, 'deny', true, 'safe_blocking', false],
  ['safe_blocking', 'deny', false, 'deny', true, 'safe_blocking', false],
  ['safe_blocking', 'gray', true, 'gray', false, 'block', true],
  ['safe_blocking', 'gray', false, 'gray', false, 'block', true],
  // block: every malicious request is blocked anyway
  ['block', '', true, '', false, 'block', true],
  ['block', 'allow', true, 'allow', false, 'off', false],
  ['block', 'deny', true, 'deny', true, 'block', false],
  ['block', 'deny', false, 'deny', true, 'block', false],
  ['block', 'gray', true, '', false, 'block', true],
] as const;

describe('what a list means', () => {
  test.each(table)(
    '%s, on list "%s", access phase %s: "%s", refused %s, engine %s, counts %s',
    (mode, on, accessPhase, list, refuse, engineMode, counts) => {
      expect(decide(mode, on, accessPhase)).toEqual({ list, refuse, engineMode, counts });
    },
  );

  test('the table has every mode with every list', () => {
    const rows = new Set(table.map(([mode, list]) => `${mode} ${list}`));
    expect(rows.size).toBe(modes.length * 4);
  });
});

describe('which list decides', () => {
  const on =
    (...entries: ListEntry[]) =>
    (list: ListName) =>
      entries.filter((entry) => entry.list === list);
  const all = on(someEntry({ list: 'gray' }), someEntry({ list: 'deny' }), someEntry({ list: 'allow' }));

  test.each([
    ['off', []],
    ['monitoring', ['allow', 'deny']],
    ['safe_blocking', ['allow', 'deny', 'gray']],
    ['block', ['allow', 'deny']],
  ] as const)('%s consults %j', (mode, lists) => expect(consultedLists(mode)).toEqual(lists));

  test('the first that holds the address; later ones are not asked', () => {
    const asked: ListName[] = [];
    const found = consult(
      'safe_blocking',
      (list) => {
        asked.push(list);
        return list === 'allow' ? [] : all(list);
      },
      1,
      0,
    );
    expect(found?.list).toBe('deny');
    expect(asked).toEqual(['allow', 'deny']);
    expect(consult('safe_blocking', all, 1, 0)?.list).toBe('allow');
    expect(consult('safe_blocking', on(someEntry({ list: 'gray' })), 1, 0)?.list).toBe('gray');
  });

  test('none in a mode that does not ask', () => {
    expect(consult('off', all, 1, 0)).toBeNull();
    expect(consult('monitoring', on(someEntry({ list: 'gray' })), 1, 0)).toBeNull();
    expect(consult('block', on(someEntry({ list: 'gray' })), 1, 0)).toBeNull();
  });

  test('entries of other applications and expired ones do not hold it', () => {
    const entries = on(
      someEntry({ list: 'allow', applications: [7] }),
      someEntry({ list: 'deny', expiresMs: 100 }),
      someEntry({ list: 'gray', applications: [-1, 8] }),
    );
    expect(consult('safe_blocking', entries, 7, 50)?.list).toBe('allow');
    expect(consult('safe_blocking', entries, 8, 50)?.list).toBe('deny');
    expect(consult('safe_blocking', entries, 8, 100)?.list).toBe('gray');
    expect(consult('safe_blocking', entries, -1, 100)?.list).toBe('gray');
    expect(consult('safe_blocking', entries, 9, 100)).toBeNull();
  });

  test('of several entries the one that ends last is named', () => {
    const entries = on(someEntry({ expiresMs: 100, source: 'default' }), someEntry({ expiresMs: 200 }));
    expect(consult('block', entries, 1, 0)?.source).toBe('manual');
  });
});
