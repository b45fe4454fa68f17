import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonical, canonicalQuery, canonicalTarget, fingerprint } from '../../../njs/src/core/triggers/payload.ts';
import { sha256 } from './sha256.ts';

describe('canonical', () => {
  test.each([
    ['lower case', "1' UNION Select", "1' union select"],
    ['white space', 'a \t\r\n\v\f b  c', 'a b c'],
    ['encoded white space', 'a%20%09%0Ab', 'a b'],
    ['one round', '%27%20or%201=1', "' or 1=1"],
    ['three rounds', '%25252e%25252e%25252f', '../'],
    ['not four', '%2525252e', '%2e'],
    ['UTF-8', '%C3%A9 é', 'é é'],
    ['letters beyond ASCII keep their case', 'ÀÉİ', 'ÀÉİ'],
    ['malformed stays', '100%, %zz, %4, %e9%27', "100%, %zz, %4, %e9'"],
    ['NUL', 'a%00b', 'a\0b'],
    ['plus is plus', 'a+b%2Bc', 'a+b+c'],
    ['comments stay', 'un/**/ion--x', 'un/**/ion--x'],
    ['nothing', '', ''],
  ])('%s', (_name, value, wanted) => expect(canonical(value)).toBe(wanted));

  test('a plus is a space in a query only', () => {
    expect(canonicalQuery('a+b%2Bc')).toBe('a b+c');
    expect(canonicalTarget('/a+b?c+d%2B')).toBe('/a+b?c d+');
    expect(canonicalTarget('/a+b')).toBe('/a+b');
  });

  test('spellings of one value agree', () => {
    const spell = fc.constantFrom(
      (text: string) => text,
      (text: string) => text.toUpperCase(),
      (text: string) => encodeURIComponent(text),
      (text: string) => encodeURIComponent(encodeURIComponent(text)),
      (text: string) => text.replaceAll(' ', '\t  '),
      (text: string) => text.replace(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
    );
    const value = fc.stringMatching(/^[a-z0-9'"<>=();,.*/ -]{1,60}$/);
    fc.assert(
      fc.property(value, spell, (text, spelling) => {
        expect(canonical(spelling(text))).toBe(canonical(text));
      }),
    );
  });

  test('is bounded, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.nat(200), (text, times) => {
        expect(canonical(text.repeat(times)).length).toBeLessThanOrEqual(8192);
      }),
    );
    expect(canonical('%25'.repeat(5000)).length).toBeLessThanOrEqual(8192);
  });
});

describe('fingerprint', () => {
  test('is the first 53 bits of SHA-256(type NUL value)', () => {
    const digits = sha256("sqli\0' or 1=1");
    expect(BigInt(fingerprint('sqli', "' or 1=1", sha256))).toBe(BigInt(`0x${digits.slice(0, 16)}`) >> 11n);
  });

  test('is a whole number from 1 to 2^53 - 1', () => {
    expect(fingerprint('a', 'b', () => '0'.repeat(64))).toBe(1);
    expect(fingerprint('a', 'b', () => 'f'.repeat(64))).toBe(Number.MAX_SAFE_INTEGER);
    fc.assert(
      fc.property(fc.string(), (value) => {
        const number = fingerprint('xss', value, sha256);
        expect(Number.isSafeInteger(number) && number >= 1).toBe(true);
      }),
    );
  });

  test('tells types and values apart', () => {
    const all = [
      fingerprint('sqli', 'a', sha256),
      fingerprint('xss', 'a', sha256),
      fingerprint('sqli', 'b', sha256),
      fingerprint('sql', 'ia', sha256),
    ];
    expect(new Set(all).size).toBe(4);
  });
});
