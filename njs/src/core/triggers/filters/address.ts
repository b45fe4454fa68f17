import { networkMatcher } from '../../lists/address.ts';

/**
 * Filter by source address. The vendor takes single addresses only (wallarm-node.md 6.1), here networks do as well.
 * Nothing in it asks nothing.
 */
export function addressFilter(addresses: readonly string[]): (address: string) => boolean {
  const matches = networkMatcher(addresses);
  return (address) => addresses.length === 0 || matches(address);
}
