import { describe, expect, test } from 'vitest';
import { sizeBytes, sizeText, timeMs } from '../../../tools/src/nginx-conf/values.ts';

describe('a time', () => {
  test.each([
    ['60', 60_000],
    ['0', 0],
    ['500ms', 500],
    ['1h30m', 5_400_000],
    ['1h 30m', 5_400_000],
    ['1m30', 90_000],
    ['2M', 2 * 30 * 86_400_000],
    ['1y', 365 * 86_400_000],
    ['1s500ms', 1500],
  ])('%s', (text, expected) => {
    expect(timeMs(text)).toBe(expected);
  });

  test.each(['', 's', '30sec', '1.5s', '-1', '30m1h', '1s1s', '$timeout', ' 5s', '5 apples'])('not %j', (text) => {
    expect(timeMs(text)).toBeUndefined();
  });
});

describe('a size', () => {
  test.each([
    ['512', 512],
    ['64k', 65_536],
    ['20M', 20 * 1024 * 1024],
    ['1g', 1024 ** 3],
    ['0', 0],
  ])('%s', (text, expected) => {
    expect(sizeBytes(text)).toBe(expected);
  });

  test.each(['', '500MB', '1.5m', '-1', 'k', '$size', '1 m'])('not %j', (text) => {
    expect(sizeBytes(text)).toBeUndefined();
  });

  test.each([
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [1024, '1 KiB'],
    [13_107_200, '12.5 MiB'],
    [2 * 1024 ** 4, '2 TiB'],
  ])('of %d for people', (bytes, expected) => {
    expect(sizeText(bytes)).toBe(expected);
  });
});
