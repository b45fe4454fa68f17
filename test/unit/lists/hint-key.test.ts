import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  networkOf,
  parseAddress,
  parseNetwork,
  printAddress,
  type Address,
} from '../../../njs/src/core/lists/address.ts';
import { hintKey, hintKeyOf, hintRules, otherHint } from '../../../njs/src/core/lists/hint-key.ts';
import { ipv4, ipv6 } from './some-address.ts';

/** `map $remote_addr …` as NGINX evaluates it: the first regular expression that matches, else the default. */
function mapped(text: string, prefix: number): string {
  for (const { regex, value } of hintRules(prefix)) {
    const match = new RegExp(regex).exec(text);
    if (match !== null) return value.replaceAll(/\$(\d)/g, (_all, number: string) => match[Number(number)] ?? '');
  }
  return otherHint();
}

/** Text of an address as `ngx_inet6_ntop` of NGINX makes it. */
function nginxText({ groups }: Address): string {
  let longest = { start: -1, length: 1 };
  let run = { start: 0, length: 0 };
  for (const [index, group] of [...groups, 1].entries()) {
    if (group === 0) {
      run = run.length === 0 ? { start: index, length: 1 } : { ...run, length: run.length + 1 };
      continue;
    }
    if (run.length > longest.length) longest = run;
    run = { start: 0, length: 0 };
  }
  const { start, length } = longest;
  const dotted =
    start === 0 &&
    ((length === 5 && groups[5] === 0xffff) ||
      length === 6 ||
      // NGINX tests byte 14 and byte 15.
      (length === 7 && (groups[7] ?? 0) >> 8 !== 0 && ((groups[7] ?? 0) & 255) !== 1));
  const end = dotted ? 6 : 8;
  let text = start === 0 ? ':' : '';
  for (let index = 0; index < end; index++) {
    if (index === start) {
      text += ':';
      index += length - 1;
      continue;
    }
    text += (groups[index] ?? 0).toString(16);
    if (index < 7) text += ':';
  }
  const bytes = groups.slice(6).flatMap((group) => [group >> 8, group & 255]);
  return dotted ? text + bytes.join('.') : text;
}

/** Every way to write the groups with `::` in place of some zeros, and the one without. */
function spellings({ groups }: Address): string[] {
  const hex = groups.map((group) => group.toString(16));
  const all = [hex.join(':')];
  for (let start = 0; start < 8; start++) {
    for (let end = start + 1; end <= 8 && groups[end - 1] === 0; end++) {
      all.push(`${hex.slice(0, start).join(':')}::${hex.slice(end).join(':')}`);
    }
  }
  return all;
}

const prefixes = [32, 40, 48, 56, 60, 64];

describe('name of a hint', () => {
  test.each([
    ['192.0.2.1', 64, '192.0.2.1'],
    ['::ffff:192.0.2.1', 64, '192.0.2.1'],
    ['2001:db8::1', 64, '2001:db8:0:0'],
    ['2001:db8:0:7:1::', 64, '2001:db8:0:7'],
    ['2001:db8:ab:cd::', 56, '2001:db8:ab'],
    ['2001:db8:ab:cd::', 32, '2001:db8'],
    ['::1', 64, '0:0:0:0'],
  ])('%s by /%d: %s', (text, prefix, key) => {
    const address = parseAddress(text);
    expect(address === null ? null : hintKey(address, prefix)).toBe(key);
  });

  test('is a plain file name', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), fc.constantFrom(...prefixes), (address, prefix) => {
        expect(hintKey(address, prefix)).toMatch(/^[0-9a-f][0-9a-f:.]*$/);
        expect(hintKey(address, prefix)).not.toBe(otherHint());
      }),
    );
  });
});

describe('the map of NGINX', () => {
  test.each(prefixes)('by /%d: names every address as NGINX writes it like the list does', (prefix) => {
    fc.assert(
      fc.property(ipv6, (address) => {
        expect(mapped(nginxText(address), prefix)).toBe(hintKey(address, prefix));
      }),
      { numRuns: 1000 },
    );
  });

  test('IPv4, also over a dual-stack socket', () => {
    fc.assert(
      fc.property(ipv4, fc.constantFrom(...prefixes), (address, prefix) => {
        const text = printAddress(address);
        expect(mapped(text, prefix)).toBe(text);
        expect(mapped(`::ffff:${text}`, prefix)).toBe(text);
      }),
    );
  });

  test.each(prefixes)('by /%d: names every compressed spelling alike', (prefix) => {
    fc.assert(
      fc.property(ipv6, (address) => {
        for (const text of spellings(address)) {
          expect([text, mapped(text, prefix)]).toEqual([text, hintKey(address, prefix)]);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('all 256 patterns of zero groups in all their spellings', () => {
    for (let pattern = 0; pattern < 256; pattern++) {
      const groups = Array.from({ length: 8 }, (_, index) => (((pattern >> index) & 1) === 1 ? 0x10 + index : 0));
      for (const text of [nginxText({ family: 6, groups }), ...spellings({ family: 6, groups })]) {
        for (const prefix of prefixes) {
          expect([text, mapped(text, prefix)]).toEqual([text, hintKey({ family: 6, groups }, prefix)]);
        }
      }
    }
  });

  test('never gives a name that the list would not give', () => {
    const texts = fc.oneof(
      fc.stringMatching(/^[0-9a-f:.]{0,24}$/),
      ipv6.map(printAddress).map((text) => text.toUpperCase()),
      ipv6.map(({ groups }) => groups.map((group) => group.toString(16).padStart(4, '0')).join(':')),
      fc.constantFrom('unix:', '', '::ffff:c000:201', '0:0:0:0:0:ffff:192.0.2.1', '::0:ffff:192.0.2.1', '1.2.3.4.5'),
    );
    fc.assert(
      fc.property(texts, fc.constantFrom(...prefixes), (text, prefix) => {
        const address = parseAddress(text);
        if (address === null) return;
        expect([otherHint(), hintKey(address, prefix)]).toContain(mapped(text, prefix));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the key of an entry', () => {
  const keyOf = (text: string, prefix = 64) => {
    const network = parseNetwork(text);
    return network === null ? undefined : hintKeyOf(network, prefix);
  };

  test('an address and an IPv6 source have one', () => {
    expect(keyOf('192.0.2.1')).toBe('192.0.2.1');
    expect(keyOf('2001:db8::1')).toBe('2001:db8:0:0');
    expect(keyOf('2001:db8::/64')).toBe('2001:db8:0:0');
    expect(keyOf('2001:db8:1:200::/56', 56)).toBe('2001:db8:1');
  });

  test('a network of several keys has none', () => {
    expect(['192.0.2.4/31', '2001:db8::/63', '::/0'].map((text) => keyOf(text))).toEqual(['', '', '']);
    expect(keyOf('2001:db8::/48')).toBe('');
    expect(keyOf('2001:db8::/48', 48)).toBe('2001:db8:0');
  });

  test('is that of every address in it', () => {
    fc.assert(
      fc.property(ipv6, fc.integer({ min: 64, max: 128 }), (address, prefix) => {
        expect(hintKeyOf(networkOf(address, prefix), 64)).toBe(hintKey(address, 64));
      }),
    );
  });
});
