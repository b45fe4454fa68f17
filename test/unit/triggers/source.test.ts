import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sourceKey, sourceName } from '../../../njs/src/core/triggers/source.ts';
import { sha256 } from './sha256.ts';

describe('source', () => {
  test.each([
    ['192.0.2.1', 64, '192.0.2.1'],
    ['::ffff:192.0.2.1', 64, '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', 64, '2001:db8:1:2::/64'],
    ['2001:db8:1:2ff:3:4:5:6', 56, '2001:db8:1:200::/56'],
    ['2001:db8:1:2:3:4:5:6', 48, '2001:db8:1::/48'],
    ['unix:', 64, ''],
    ['', 64, ''],
  ])('%s by /%d: "%s"', (address, prefix, key) => expect(sourceKey(address, prefix)).toBe(key));

  test('is named by 14 characters of base64url', () => {
    const name = sourceName('default', '192.0.2.1', sha256);
    expect(name).toBe(
      Buffer.from(sha256(['default', '192.0.2.1'].join('\0')), 'hex')
        .toString('base64url')
        .slice(0, 14),
    );
    fc.assert(
      fc.property(fc.string(), fc.string(), (trigger, source) => {
        expect(sourceName(trigger, source, sha256)).toMatch(/^[A-Za-z0-9_-]{14}$/);
      }),
    );
  });

  test('has a name of its own for each trigger', () => {
    const names = [sourceName('a', 'b', sha256), sourceName('b', 'a', sha256), sourceName('ab', '', sha256)];
    expect(new Set(names).size).toBe(3);
  });
});
