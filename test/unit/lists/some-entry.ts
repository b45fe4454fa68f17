import fc from 'fast-check';
import { listNames, type ListEntry } from '../../../schema/lists.ts';
import { networkOf, printNetwork } from '../../../njs/src/core/lists/address.ts';
import { ipv4, ipv6 } from './some-address.ts';

export function someEntry(changes: Partial<ListEntry> = {}): ListEntry {
  return {
    list: 'deny',
    address: '192.0.2.1',
    applications: [],
    expiresMs: 0,
    createdMs: 0,
    reason: '',
    source: 'manual',
    author: 'ops',
    ...changes,
  };
}

const time = fc.nat({ max: 4_000_000_000_000 });

/** Any entry that may lie in the dictionary or a snapshot. */
export const anyEntry: fc.Arbitrary<ListEntry> = fc.record({
  list: fc.constantFrom(...listNames),
  address: fc.oneof(
    fc.tuple(ipv4, fc.nat(32)).map(([address, prefix]) => printNetwork(networkOf(address, prefix))),
    fc.tuple(ipv6, fc.nat(128)).map(([address, prefix]) => printNetwork(networkOf(address, prefix))),
  ),
  applications: fc.array(fc.integer({ min: -1, max: 100 }), { maxLength: 3 }),
  expiresMs: fc.oneof(fc.constant(0), time),
  createdMs: time,
  reason: fc.string(),
  source: fc.constantFrom('manual', 'default', 'other'),
  author: fc.string({ unit: 'grapheme' }),
});
