/**
 * Which dictionary keys an address may be listed under: its own, and one for each size of network that is on a list at
 * all. Sizes in use are kept as one text, so that a node without networks pays for none.
 */
import { addressBits, networkOf, printAddress, printNetwork, type Address, type Network } from './address.ts';

/** Sizes of networks in use, such as `{ v4: [24, 16], v6: [64] }`; never 32 or 128. */
export interface NetworkSizes {
  readonly v4: readonly number[];
  readonly v6: readonly number[];
}

/** Addresses and networks to ask the dictionary for, the narrowest first. */
export function lookupAddresses(address: Address, sizes: NetworkSizes): string[] {
  const own = address.family === 4 ? sizes.v4 : sizes.v6;
  return [printAddress(address)].concat(own.map((prefix) => printNetwork(networkOf(address, prefix))));
}

/** Adds the size of a network; sizes stay even when their last network goes, since asking in vain costs little. */
export function withSize(sizes: NetworkSizes, network: Network): NetworkSizes {
  return network.address.family === 4
    ? { v4: added(sizes.v4, network), v6: sizes.v6 }
    : { v4: sizes.v4, v6: added(sizes.v6, network) };
}

/** `24,16 64` */
export function writeSizes(sizes: NetworkSizes): string {
  return sizes.v4.join(',') + ' ' + sizes.v6.join(',');
}

/** Reads {@link writeSizes}; what is no size is passed over. */
export function readSizes(text: string | undefined): NetworkSizes {
  const parts = (text || '').split(' ', 2);
  return { v4: readPrefixes(parts[0], 32), v6: readPrefixes(parts[1], 128) };
}

function added(sizes: readonly number[], network: Network): readonly number[] {
  return network.prefix === addressBits(network.address) || sizes.indexOf(network.prefix) !== -1
    ? sizes
    : sizes.concat([network.prefix]).sort((one, other) => other - one);
}

function readPrefixes(text: string | undefined, bits: number): number[] {
  return (text || '')
    .split(',', bits)
    .filter((digits) => /^[0-9]{1,3}$/.test(digits) && Number(digits) < bits)
    .map(Number);
}
