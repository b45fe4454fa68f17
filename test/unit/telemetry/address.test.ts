import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { truncateAddress } from '../../../njs/src/core/telemetry/address.ts';

test.each([
  ['192.0.2.123', '192.0.2.0'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1::'],
  ['2001:db8:1::5', '2001:db8:1::'],
  ['2001:db8::5', '2001:db8::'],
  ['2001::5', '2001::'],
  ['::1', '::'],
  ['::', '::'],
  ['2001:db8:1::', '2001:db8:1::'],
  ['::ffff:192.0.2.123', '::ffff:192.0.2.0'],
  ['unix:', 'unix:'],
  ['', ''],
])('%s becomes %s', (address, truncated) => {
  expect(truncateAddress(address)).toBe(truncated);
});

test('two addresses of one network become the same address', () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      if (/\d\.\d/.test(address)) return;
      const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
      const truncated = truncateAddress(canonical);
      expect(isIP(truncated)).toBe(6);
      expect(truncateAddress(truncated)).toBe(truncated);
    }),
  );
});
