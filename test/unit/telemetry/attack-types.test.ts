import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attackTypes, everyAttackType } from '../../../njs/src/core/telemetry/attack-types.ts';

describe('attackTypes', () => {
  test.each([
    ['0', '', []],
    ['', '', []],
    ['-', '-', []],
    ['0', 'xss', []],
    ['2', 'xss', ['xss']],
    ['6', 'xss|sqli', ['xss', 'sqli']],
    ['32', '', ['ptrav']],
    ['1', '', ['bit0']],
    ['4096', '', ['bit12']],
    ['262144', '', ['bit18']],
    ['2147483648', '', ['vpatch']],
    ['4294967296', '', ['undefined_endpoint']],
    ['281474976710656', '', ['scraping']],
    ['562949953421312', '', ['bit49']],
    ['2251799813685248', '', ['file_upload_violation']],
    ['4503599627370496', '', ['resource_consumption']],
    ['4503599627370498', '', ['xss', 'resource_consumption']],
    ['?', 'xss|sqli|xss|<b>|UP', ['xss', 'sqli']],
    ['1e400', 'rce', ['rce']],
  ])('mask %j, list %j: %j', (mask, list, types) => {
    expect(attackTypes(mask, list)).toEqual(types);
  });

  test('every mask of 53 bits gives the names of its bits, in their order', () => {
    const names = everyAttackType();
    expect(new Set(names).size).toBe(53);
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: (1n << 53n) - 1n }), (mask) => {
        const expected = names.filter((_, bit) => ((mask >> BigInt(bit)) & 1n) === 1n);
        expect(attackTypes(String(mask), '')).toEqual(expected);
      }),
    );
  });
});
