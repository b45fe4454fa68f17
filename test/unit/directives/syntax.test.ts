/** Documented syntax → numbers of arguments. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { referenceText } from '../../../scripts/directives/reference-text.ts';
import { argumentsOfSyntax } from '../../../scripts/directives/syntax.ts';
import { argumentBits, describeArguments } from '../../../tools/src/directives/directive-table.ts';

const { flag, any, oneOrMore, twoOrMore } = argumentBits;

test.each<[syntax: string, bits: number]>([
  ['', 0b1],
  ['on | off', flag],
  ['on | off | always', 0b10],
  ['file', 0b10],
  ['name value', 0b100],
  ['name [parameter]', 0b110],
  ['path [level1 [level2 [level3]]]', 0b11110],
  ['address [transparent] | off', 0b110],
  ['address[:port] [default_server] [ssl]', 0b1110],
  ['[ = | ~ | ~* | ^~ ] uri', 0b110],
  ['string …', oneOrMore],
  ['[code …] time', oneOrMore],
  ['[string …]', any],
  ['code … [=[response]] uri', twoOrMore],
  ['zone=name:size [ipv4=on|off]', 0b110],
  ['key &lt;x&gt; &hellip;', twoOrMore],
  ['name {...}', 0b10],
])('%s', (syntax, bits) => {
  expect(argumentsOfSyntax([`<p>${syntax.replace(/\b[a-z]+\b(?![;=])/g, '<em><code>$&</code></em>')}</p>\n`])).toBe(
    bits,
  );
});

test('several forms are taken together', () => {
  expect(argumentsOfSyntax(['<p>off</p>', '<p>path replacement</p>'])).toBe(0b110);
});

test.each<[bits: number, words: string]>([
  [0b1, 'no argument'],
  [0b10, '1 argument'],
  [0b110, '1 or 2 arguments'],
  [0b1011, '0, 1 or 3 arguments'],
  [flag, '"on" or "off"'],
  [oneOrMore, 'at least 1 argument'],
  [any, 'any number of arguments'],
])('%d in words: %s', (type, words) => {
  expect(describeArguments({ kind: 'http', type, module: 'm', source: 'reference' })).toBe(words);
});

test('the shipped table is what the script writes', async () => {
  const file = new URL('../../../tools/src/directives/reference.json', import.meta.url);
  expect(readFileSync(file, 'utf8')).toBe(await referenceText());
});
