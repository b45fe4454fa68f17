import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  contains,
  networkMatcher,
  networkOf,
  overlap,
  overlapMatcher,
  parseAddress,
  parseNetwork,
  printAddress,
  printNetwork,
  type Address,
  type Network,
} from '../../../njs/src/core/lists/address.ts';
import { ipv4, ipv6 } from './some-address.ts';

const address = fc.oneof(ipv4, ipv6);

function network(text: string): Network {
  const parsed = parseNetwork(text);
  if (parsed === null) throw new Error(`not a network: ${text}`);
  return parsed;
}

describe('reading and printing', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['0:0:1:1:1:1:0:0', '::1:1:1:1:0:0'],
    ['1::2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['::192.0.2.1', '::c000:201'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ])('%s is %s', (text, printed) => {
    const parsed = parseAddress(text);
    expect(parsed === null ? null : printAddress(parsed)).toBe(printed);
  });

  test.each([
    '',
    'unix:',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.04',
    '1.2.3.-4',
    '1.2.3. 4',
    '1.2.3.4 ',
    '0x7f.1',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '1::2::3',
    '12345::',
    'g::',
    '::1.2.3',
    '1.2.3.4::',
    '1.2.3.4:5::',
    '::1.2.3.4:5',
    'fe80::1%eth0',
    '[::1]',
    `${'0:'.repeat(50)}1`,
    '1.2.3.4/24',
  ])('"%s" is no address', (text) => expect(parseAddress(text)).toBeNull());

  test('what is printed is read back', () => {
    fc.assert(
      fc.property(address, (value) => {
        expect(parseAddress(printAddress(value))).toEqual(value);
      }),
      {
        numRuns: 1000,
      },
    );
  });

  test('agrees with Node on what is an address', () => {
    const texts = fc.oneof(
      fc.stringMatching(/^[0-9a-f:.]{0,20}$/),
      fc
        .array(fc.constantFrom('0', '1', 'ffff', '::', ':', '.', '255', '256'), { maxLength: 16 })
        .map((parts) => parts.join('')),
      address.map(printAddress),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(parseAddress(text) !== null).toBe(isIP(text) !== 0);
      }),
      { numRuns: 3000 },
    );
  });

  test('prints as RFC 5952 has it: what a URL makes of it', () => {
    fc.assert(
      fc.property(ipv6, (value) => {
        expect(`[${printAddress(value)}]`).toBe(
          new URL(`http://[${value.groups.map((item) => item.toString(16)).join(':')}]`).hostname,
        );
      }),
      { numRuns: 1000 },
    );
  });
});

describe('networks', () => {
  test.each([
    ['192.0.2.77/24', '192.0.2.0/24'],
    ['192.0.2.77/32', '192.0.2.77'],
    ['192.0.2.77', '192.0.2.77'],
    ['192.0.2.77/0', '0.0.0.0/0'],
    ['172.31.255.255/12', '172.16.0.0/12'],
    ['2001:db8:1:2:3::/64', '2001:db8:1:2::/64'],
    ['2001:db8:1:2ff::/56', '2001:db8:1:200::/56'],
    ['2001:db8::1/128', '2001:db8::1'],
    ['::/0', '::/0'],
    ['::ffff:192.0.2.77/120', '192.0.2.0/24'],
  ])('%s is %s', (text, printed) => expect(printNetwork(network(text))).toBe(printed));

  test.each([
    '192.0.2.0/33',
    '192.0.2.0/',
    '192.0.2.0/024',
    '192.0.2.0/2 ',
    '::/129',
    '::ffff:1.2.3.4/95',
    '/8',
    'x/8',
    '1.2.3.4/8/8',
  ])('"%s" is no network', (text) => expect(parseNetwork(text)).toBeNull());

  test('contain what Node says they contain', () => {
    const near = (value: Address, bit: number): Address => {
      const groups = value.groups.slice();
      const index = Math.floor(bit / 16) % groups.length;
      groups[index] = (groups[index] ?? 0) ^ (1 << (15 - (bit % 16)));
      return { family: value.family, groups };
    };
    fc.assert(
      fc.property(address, fc.nat(128), fc.nat(127), fc.boolean(), (value, size, bit, same) => {
        const prefix = value.family === 4 ? size % 33 : size;
        const other = same ? value : near(value, bit);
        const family = value.family === 4 ? 'ipv4' : 'ipv6';
        const list = new BlockList();
        list.addSubnet(printAddress(value), prefix, family);
        expect(contains(networkOf(value, prefix), other)).toBe(list.check(printAddress(other), family));
      }),
      { numRuns: 2000 },
    );
  });

  test('of different families have nothing in common', () => {
    expect(contains(network('::/0'), { family: 4, groups: [0, 1] })).toBe(false);
    expect(overlap(network('0.0.0.0/0'), network('::/0'))).toBe(false);
  });

  test('overlap when one lies in the other', () => {
    fc.assert(
      fc.property(address, fc.nat(128), fc.nat(128), address, (value, one, other, stranger) => {
        const bits = value.family === 4 ? 33 : 129;
        const outer = networkOf(value, one % bits);
        const inner = networkOf(value, other % bits);
        expect(overlap(outer, inner)).toBe(true);
        expect(overlap(inner, outer)).toBe(true);
        const single = networkOf(stranger, stranger.family === 4 ? 32 : 128);
        expect(overlap(outer, single)).toBe(contains(outer, stranger));
      }),
    );
  });

  test('matchers pass over texts that are none', () => {
    const matches = networkMatcher(['nonsense', '192.0.2.0/24']);
    expect(['192.0.2.9', '198.51.100.1', 'unix:', '192.0.2.0/25'].map(matches)).toEqual([true, false, false, false]);
    const overlaps = overlapMatcher(['2001:db8::5', '']);
    expect(['2001:db8::/64', '2001:db8:0:1::/64', 'unix:'].map(overlaps)).toEqual([true, false, false]);
    expect([networkMatcher([])('192.0.2.1'), overlapMatcher([])('192.0.2.1')]).toEqual([false, false]);
  });
});
