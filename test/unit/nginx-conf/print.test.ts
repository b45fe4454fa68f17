import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseFile } from '../../../tools/src/nginx-conf/parse.ts';
import { formatStatements, piecesOf, printFile, quoteWord } from '../../../tools/src/nginx-conf/print.ts';
import type { NewStatement } from '../../../tools/src/nginx-conf/print.ts';
import type { Directive } from '../../../tools/src/nginx-conf/tree.ts';

/** Characters that mean something to the lexer, with some that do not. */
const SPICE = [
  '"',
  "'",
  '\\',
  '{',
  '}',
  ';',
  '#',
  '$',
  '${',
  ')',
  ' ',
  '\n',
  '\r',
  '\t',
  '--',
  '[[',
  ']]',
  'a',
  'é',
  '\u00a0',
  '\0',
];
const spicyText = fc.array(fc.constantFrom(...SPICE), { maxLength: 40 }).map((parts) => parts.join(''));

/** Text that looks like configuration, and mostly is not. */
const soup = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          ...SPICE,
          ' ',
          ';',
          ' {',
          '}\n',
          '"b c"',
          "'d'",
          '# note\n',
          'content_by_lua_block {',
          'map $a $b {',
        ),
      },
      { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
    ),
    { maxLength: 120 },
  )
  .map((parts) => parts.join(''));

const value = fc.oneof(fc.string(), spicyText, fc.constantFrom('', 'on', '^/v\\d{2}/', 'a b'));
const name = value.filter(
  (text) => !/^(charset_map|geo|geoip2|map|match|split_clients|types)$|_by_lua_block$/.test(text),
);
const { statements } = fc.letrec<{ statements: NewStatement[]; statement: NewStatement }>((tie) => ({
  statements: fc.array(tie('statement'), { maxLength: 4, depthIdentifier: 'blocks' }),
  statement: fc.oneof(
    { depthIdentifier: 'blocks', maxDepth: 5 },
    fc.record({ name, args: fc.array(value, { maxLength: 3 }) }),
    fc.record({ name, args: fc.array(value, { maxLength: 3 }), block: tie('statements') }),
  ),
}));

function statementsOf(directives: readonly Directive[]): NewStatement[] {
  return directives.map(({ name: word, args, block }) => {
    const head = { name: word.value, args: args.map((arg) => arg.value) };
    return block === undefined ? head : { ...head, block: statementsOf(block) };
  });
}

/** What a parsed file promises about its bytes, and what of it does not hold. */
function brokenPromises(bytes: Uint8Array): string[] {
  const file = parseFile('soup.conf', bytes);
  const broken: string[] = [];
  if (Buffer.compare(printFile(file), bytes) !== 0) broken.push('prints back');
  let at = 0;
  for (const { kind, start, end } of piecesOf(file)) {
    if (start !== at || end < start || (end === start && kind !== 'lua')) broken.push(`pieces join at ${start}`);
    if (kind === 'space' && !/^[ \t\r\n]+$/.test(file.latin1.slice(start, end))) broken.push(`only space at ${start}`);
    at = end;
  }
  if (at !== bytes.length) broken.push('pieces reach the end');
  if (file.unread.length > 0 && file.errors.length === 0) broken.push('nothing is skipped without an error');
  return broken;
}

describe('printing', () => {
  test('random statements print and read back as themselves', () => {
    fc.assert(
      fc.property(statements, (tree) => {
        const file = parseFile('random.conf', formatStatements(tree));
        expect(file.errors).toEqual([]);
        expect(statementsOf(file.directives)).toEqual(tree);
      }),
      { numRuns: 300 },
    );
  });

  test('whatever is read is kept or named, byte for byte', () => {
    fc.assert(
      fc.property(soup, (text) => {
        expect(brokenPromises(Buffer.from(text))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(brokenPromises(bytes)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['nested blocks', 'a{'.repeat(100_000)],
    ['closing braces', '}'.repeat(100_000)],
    ['semicolons', ';'.repeat(100_000)],
    ['quotes', '"'.repeat(100_000)],
    ['quotes on lines', 'a "b\n'.repeat(20_000)],
    ['mixed quotes on lines', 'a "b\n c \'d\n'.repeat(20_000)],
    ['escaped quotes on lines', 'a "\\"\n'.repeat(20_000)],
    ['one long word', 'x'.repeat(1_000_000)],
    ['one long quoted word', `a "${'é'.repeat(500_000)}";`],
    ['one long comment', `#${'x'.repeat(1_000_000)}`],
    ['backslashes', '\\'.repeat(100_001)],
    ['Lua brackets', `content_by_lua_block {${'[='.repeat(100_000)}`],
    ['Lua quotes', `content_by_lua_block { " ${'\\" \\\' '.repeat(50_000)}`],
    ['one line of many statements beyond ASCII', 'ż ść;'.repeat(50_000)],
  ])('hostile size, %s: ends soon', { timeout: 5_000 }, (_name, text) => {
    const bytes = Buffer.from(text);
    const file = parseFile('large.conf', bytes);
    expect(Buffer.compare(printFile(file), bytes)).toBe(0);
  });
});

describe('quoteWord', () => {
  test.each([
    ['on', 'on'],
    ['$request_id', '$request_id'],
    ['', '""'],
    ['a b', '"a b"'],
    ['^/v\\d{2}/', '"^/v\\\\d{2}/"'],
    ['say "x"', '"say \\"x\\""'],
    ['a\nb', '"a\\nb"'],
    ['}', '"}"'],
  ])('%j', (text, written) => {
    expect(quoteWord(text)).toBe(written);
  });

  test('refuses what does not fit the buffer', () => {
    expect(() => quoteWord('x'.repeat(4100))).toThrow(/does not fit/);
  });
});
