import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contains, networkOf, parseAddress, parseNetwork, printNetwork } from '../../../njs/src/core/lists/address.ts';
import {
  lookupAddresses,
  readSizes,
  withSize,
  writeSizes,
  type NetworkSizes,
} from '../../../njs/src/core/lists/lookup.ts';
import { ipv4, ipv6 } from './some-address.ts';

const none: NetworkSizes = { v4: [], v6: [] };

function sizesOf(texts: readonly string[]): NetworkSizes {
  return texts.reduce((sizes, text) => {
    const network = parseNetwork(text);
    return network === null ? sizes : withSize(sizes, network);
  }, none);
}

test('asks for the address and each size of network in use, the narrowest first', () => {
  const sizes = sizesOf(['198.51.100.0/24', '10.0.0.0/12', '192.0.2.0/24', '192.0.2.1', '2001:db8::/64']);
  expect(sizes).toEqual({ v4: [24, 12], v6: [64] });
  const of = (text: string) => {
    const address = parseAddress(text);
    return address === null ? [] : lookupAddresses(address, sizes);
  };
  expect(of('192.0.2.77')).toEqual(['192.0.2.77', '192.0.2.0/24', '192.0.0.0/12']);
  expect(of('2001:db8::1')).toEqual(['2001:db8::1', '2001:db8::/64']);
});

test('finds every listed network that contains an address, and no other', () => {
  const address = fc.oneof(ipv4, ipv6);
  fc.assert(
    fc.property(fc.array(fc.tuple(address, fc.nat(127)), { maxLength: 8 }), address, (listed, asked) => {
      const networks = listed.map(([start, size]) => networkOf(start, size % (start.family === 4 ? 33 : 128)));
      networks.push(networkOf(asked, asked.family === 4 ? 20 : 52));
      const sizes = networks.reduce(withSize, none);
      const found = lookupAddresses(asked, sizes);
      expect(found.filter((text) => networks.some((network) => printNetwork(network) === text)).sort()).toEqual(
        [...new Set(networks.filter((network) => contains(network, asked)).map(printNetwork))].sort(),
      );
    }),
  );
});

test('sizes in use are one text', () => {
  expect(writeSizes(sizesOf(['10.0.0.0/12', '192.0.2.0/24', '2001:db8::/64']))).toBe('24,12 64');
  expect(readSizes('24,12 64')).toEqual({ v4: [24, 12], v6: [64] });
  expect(readSizes(writeSizes(none))).toEqual(none);
  expect(readSizes(undefined)).toEqual(none);
  expect(readSizes('33,x,32,9 128,64 7')).toEqual({ v4: [9], v6: [64] });
});
