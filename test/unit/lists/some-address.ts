import fc from 'fast-check';
import type { Address } from '../../../njs/src/core/lists/address.ts';

/** Groups with many zeros and ones, so that compression has something to do. */
const group = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constantFrom(1, 0xffff) },
  { weight: 2, arbitrary: fc.nat(0xffff) },
);
export const ipv4 = fc.tuple(group, group).map((groups): Address => ({ family: 4, groups }));
export const ipv6 = fc
  .array(group, { minLength: 8, maxLength: 8 })
  .filter((groups) => !(groups.slice(0, 5).every((item) => item === 0) && groups[5] === 0xffff))
  .map((groups): Address => ({ family: 6, groups }));
