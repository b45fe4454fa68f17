import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLive } from '../../../njs/src/core/lists/entry.ts';
import { readSnapshot, writeSnapshot } from '../../../njs/src/core/lists/snapshot.ts';
import { anyEntry, someEntry } from './some-entry.ts';

const three = [1, 2, 3].map((last) => someEntry({ address: `192.0.2.${last}` }));

describe('snapshot', () => {
  test('what is written is read back, without what expired', () => {
    const nowMs = 2_000_000_000_000;
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 20 }), fc.nat(), (entries, atMs) => {
        const live = entries.filter((entry) => isLive(entry, nowMs));
        expect(readSnapshot(writeSnapshot(entries, atMs), nowMs)).toEqual({
          entries: live,
          expired: entries.length - live.length,
          atMs,
          problem: '',
        });
      }),
    );
  });

  test('is one line for each entry', () => {
    expect(writeSnapshot([someEntry({ reason: 'a\nb' })], 5)).toBe(
      '{"schema":"wallguard-lists/1","atMs":5}\n["deny","192.0.2.1",0,0,[],"manual","ops","a\\nb"]\n{"entries":1}\n',
    );
  });

  test('torn anywhere, it is noticed and gives what is whole', () => {
    const text = writeSnapshot(three, 5);
    for (let length = 0; length < text.length - 1; length++) {
      const { entries, problem } = readSnapshot(text.slice(0, length), 0);
      expect([length, problem === '']).toEqual([length, false]);
      const wholeLines = text.slice(0, length).split('\n').length - 2;
      expect(entries.length).toBeGreaterThanOrEqual(Math.min(wholeLines, 3));
      expect(entries).toEqual(three.slice(0, entries.length));
    }
  });

  test('a damaged line costs that line only', () => {
    const lines = writeSnapshot(three, 5).split('\n');
    lines[2] = '["deny","192.0.2.2",0,0,[],"manu\0\0';
    expect(readSnapshot(lines.join('\n'), 0)).toEqual({
      entries: [three[0], three[2]],
      expired: 0,
      atMs: 5,
      problem: 'line 3: not a list entry',
    });
  });

  test.each([
    ['["deny","192.0.2.256",0,0,[],"manual","ops",""]', 'an address that is none'],
    ['["deny","192.0.2.1/24",0,0,[],"manual","ops",""]', 'an address in another spelling'],
    ['["block","192.0.2.1",0,0,[],"manual","ops",""]', 'an unknown list'],
    ['["deny","192.0.2.1","soon",0,[],"manual","ops",""]', 'a time that is none'],
    ['null', 'nothing'],
  ])('%s is no entry: %s', (line) => {
    const text = `{"schema":"wallguard-lists/1","atMs":5}\n${line}\n{"entries":1}\n`;
    expect(readSnapshot(text, 0)).toMatchObject({ entries: [], problem: 'line 2: not a list entry' });
  });

  test('a line that is missing is noticed', () => {
    const lines = writeSnapshot(three, 5).split('\n');
    lines.splice(2, 1);
    expect(readSnapshot(lines.join('\n'), 0).problem).toBe('the last line counts 3 entries, the file has 2');
  });

  test.each(['', '{}', 'null', '[]', '{"schema":"wallguard-lists/2"}\n{"entries":0}\n', '\0\0\0'])(
    'a file that is none: %j',
    (text) => {
      expect(readSnapshot(text, 0)).toEqual({
        entries: [],
        expired: 0,
        atMs: 0,
        problem: 'line 1: not a snapshot of this version',
      });
    },
  );
});
