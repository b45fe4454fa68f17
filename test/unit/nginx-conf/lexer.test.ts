import { describe, expect, test } from 'vitest';
import { parseFile } from '../../../tools/src/nginx-conf/parse.ts';

/** Words of every statement, depth first, with a block's children in a list of their own. */
type Shape = (string | Shape)[];

function shape(text: string): Shape[] {
  const of = (directives: ReturnType<typeof parseFile>['directives']): Shape[] =>
    directives.map((directive) => {
      const words = [directive.name, ...directive.args].map((word) => word.value);
      return directive.block === undefined ? words : [...words, of(directive.block)];
    });
  return of(parseFile('test.conf', text).directives);
}

describe('what NGINX accepts', () => {
  test.each<[name: string, text: string, expected: Shape[]]>([
    ['# inside a word is text', 'return 200 a#b;', [['return', '200', 'a#b']]],
    ['# at the start of a word is a comment', 'return 200 #b;\n a;', [['return', '200', 'a']]],
    ['} inside a word is text', 'return 200 a}b;', [['return', '200', 'a}b']]],
    ['} at the end of a word is text', 'return 200 a};', [['return', '200', 'a}']]],
    ['unquoted { ends the word', 'location ~ ^/v\\d{2}/ {} }', [['location', '~', '^/v\\d', [['2}/', []]]]]],
    ['quoted { does not', 'location ~ "^/v\\d{2}/" {}', [['location', '~', '^/v\\d{2}/', []]]],
    ['${x} is followed by a word of its own', 'add_header A ${x} always;', [['add_header', 'A', '${x}', 'always']]],
    ['${x} inside a word', 'set $a b${x}c;', [['set', '$a', 'b${x}c']]],
    ['$ and any number of braces', 'set $a ${{{x;', [['set', '$a', '${{{x']]],
    ['$ then something else then {', 'a $b{}', [['a', '$b', []]]],
    ['a quote in the middle of a word', 'a b"c"d e\'f;', [['a', 'b"c"d', "e'f"]]],
    [') after a quote starts a word', 'if ($a = "x") {}', [['if', '($a', '=', 'x', ')', []]]],
    [') after a quote glued to more', 'a "b")c d;', [['a', 'b', ')c', 'd']]],
    ['a protected space', 'a b\\ c;', [['a', 'b\\ c']]],
    ['a protected semicolon', 'a b\\;c;', [['a', 'b\\;c']]],
    ['a protected brace', 'a b\\{c;', [['a', 'b\\{c']]],
    ['a protected first character', 'a \\"b c;', [['a', '"b', 'c']]],
    ['escapes that are rewritten', 'a "\\" \\\' \\\\ \\t \\r \\n";', [['a', '" \' \\ \t \r \n']]],
    ['escapes that are kept', 'a "\\d \\. \\$ \\; \\x";', [['a', '\\d \\. \\$ \\; \\x']]],
    ['escapes in plain words', 'a \\t\\n\\d\\\\;', [['a', '\t\n\\d\\']]],
    ['a backslash before the closing quote', 'a "b\\\\" c;', [['a', 'b\\', 'c']]],
    ['a quoted directive name', '"return" 204;', [['return', '204']]],
    ['an empty word', 'a "" \'\';', [['a', '', '']]],
    ['; right after a quote', 'a "b";c;', [['a', 'b'], ['c']]],
    ['{ right after a quote', "a 'b'{c;}", [['a', 'b', [['c']]]]],
    ['{ right after a word', 'a b{c;}', [['a', 'b', [['c']]]]],
    ['no space between statements', 'a;b{c;d;}e;', [['a'], ['b', [['c'], ['d']]], ['e']]],
    ['the other kind of quote inside', 'a "it\'s" \'say "x"\';', [['a', "it's", 'say "x"']]],
    ['line ends inside quotes', 'a "b\nc";', [['a', 'b\nc']]],
    [
      'CR LF line ends',
      'a b;\r\nc d;\r\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a CR alone is white space',
      'a b;\rc\rd;',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['a comment has no continuation', '# C:\\\na;', [['a']]],
    ['a comment between words', 'a # one\n b # two\n ;', [['a', 'b']]],
    ['a comment at the end without line feed', 'a; # end', [['a']]],
    ['a form feed is part of a word', 'a\fb;\f;', [['a\fb'], ['\f']]],
    ['a no-break space is part of a word', 'a\u00a0b c;', [['a\u00a0b', 'c']]],
    ['a byte order mark is part of a word', '\ufeffa b;', [['\ufeffa', 'b']]],
    ['a vertical tab is part of a word', 'a\vb;', [['a\vb']]],
    ['text beyond ASCII', 'a "żółć" 日本;', [['a', 'żółć', '日本']]],
    ['nothing', '', []],
    ['only space', ' \n\t\r\n', []],
    [
      'tables hold entries',
      'map $a $b { default 0; ~^x} 1; }',
      [
        [
          'map',
          '$a',
          '$b',
          [
            ['default', '0'],
            ['~^x}', '1'],
          ],
        ],
      ],
    ],
  ])('%s', (_name, text, expected) => {
    expect(shape(text)).toEqual(expected);
    expect(parseFile('test.conf', text).errors).toEqual([]);
  });
});

describe('what NGINX refuses', () => {
  interface Case {
    text: string;
    message: string;
    line: number;
    column: number;
    /** line:column of what was opened */
    opened?: string;
    /** What is still read, as first words, depth first. */
    read: string[];
    /** What is not, as text. */
    unread: string[];
  }

  const cases: Record<string, Case> = {
    'adjacent quotes': {
      text: 'a;\nreturn 200 "a""b";\nc;',
      message: 'unexpected """',
      line: 2,
      column: 15,
      opened: '2:12',
      read: ['a', 'c'],
      unread: ['return 200 "a""b";'],
    },
    'text after a closing quote': {
      text: 'return 200 "a"b;\nc;',
      message: 'unexpected "b"',
      line: 1,
      column: 15,
      opened: '1:12',
      read: ['c'],
      unread: ['return 200 "a"b;'],
    },
    'a closing brace after a closing quote': {
      text: 'a { return 200 "b"}\nc;',
      message: 'unexpected "}"',
      line: 1,
      column: 19,
      opened: '1:16',
      read: ['a', 'c'],
      unread: ['return 200 "b"'],
    },
    'a block whose head is refused is not read': {
      text: 'a "b"c { d; e { f; } }\ng;',
      message: 'unexpected "c"',
      line: 1,
      column: 6,
      opened: '1:3',
      read: ['g'],
      unread: ['a "b"c { d; e { f; } }'],
    },
    'missing ; before }': {
      text: 'a {\n  b 204\n}\nc;',
      message: 'unexpected "}"',
      line: 3,
      column: 1,
      opened: '2:3',
      read: ['a', 'c'],
      unread: ['b 204\n'],
    },
    'two semicolons': {
      text: 'a;;b;',
      message: 'unexpected ";"',
      line: 1,
      column: 3,
      read: ['a', 'b'],
      unread: [';'],
    },
    'a block without a name': {
      text: '{ a; }\nb;',
      message: 'unexpected "{"',
      line: 1,
      column: 1,
      read: ['b'],
      unread: ['{ a; }'],
    },
    'a brace too many': {
      text: 'a { b; }\n}\nc;',
      message: 'unexpected "}"',
      line: 2,
      column: 1,
      read: ['a', 'b', 'c'],
      unread: ['}'],
    },
    'a block that does not close': {
      text: 'a {\n  b {\n    c;\n  }\n',
      message: 'unexpected end of file, expecting "}"',
      line: 5,
      column: 1,
      opened: '1:1',
      read: ['a', 'b', 'c'],
      unread: [],
    },
    'a statement that does not end': {
      text: 'a;\nb c\n',
      message: 'unexpected end of file, expecting ";" or "}"',
      line: 3,
      column: 1,
      opened: '2:1',
      read: ['a'],
      unread: ['b c\n'],
    },
    'a word at the very end': {
      text: 'a;\nb',
      message: 'unexpected end of file, expecting ";" or "}"',
      line: 2,
      column: 2,
      opened: '2:1',
      read: ['a'],
      unread: ['b'],
    },
    'a quote that does not close: the rest is read': {
      text: 'a;\nb "c;\nd;\ne { f; }\n',
      message: 'unexpected end of file, expecting ";" or "}"',
      line: 5,
      column: 1,
      opened: '2:3',
      read: ['a', 'd', 'e', 'f'],
      unread: ['b "c;\n'],
    },
    'a quote that closes at the next opening one': {
      text: 'a {\n  b "c;\n  d "e";\n  f;\n}\n',
      message: 'unexpected "e"',
      line: 3,
      column: 6,
      opened: '2:5',
      read: ['a', 'd', 'f'],
      unread: ['b "c;\n'],
    },
    'a block in a table': {
      text: 'map $a $b {\n  c d;\n  e { f g; }\n  h i;\n}\n',
      message: 'unexpected "{"',
      line: 3,
      column: 5,
      opened: '3:3',
      read: ['map', 'c', 'h'],
      unread: ['e { f g; }'],
    },
    'a quoted word over the limit': {
      text: `a "${'x'.repeat(4096)}";\nb;`,
      message: 'too long parameter, probably missing terminating """ character',
      line: 1,
      column: 3,
      opened: '1:3',
      read: ['b'],
      unread: [`a "${'x'.repeat(4096)}";`],
    },
    'a plain word over the limit': {
      text: `a\n${'x'.repeat(4096)};\nb;`,
      message: 'too long parameter "xxxxxxxxxx..." started',
      line: 2,
      column: 1,
      opened: '2:1',
      read: ['b'],
      unread: [`a\n${'x'.repeat(4096)};`],
    },
    'a comment over the limit': {
      text: `a;\n#${'x'.repeat(4096)}\nb;`,
      message: 'too long parameter "#xxxxxxxxx..." started',
      line: 2,
      column: 1,
      opened: '2:1',
      read: ['a', 'b'],
      unread: [`#${'x'.repeat(4096)}`],
    },
    'a quote that does not close, before much text': {
      text: `a {\n  b "c;\n${'  d e;\n'.repeat(1000)}}\n`,
      message: 'too long parameter, probably missing terminating """ character',
      line: 2,
      column: 5,
      opened: '2:5',
      read: ['a', ...Array<string>(1000).fill('d')],
      unread: ['b "c;\n'],
    },
  };

  const names = (directives: ReturnType<typeof parseFile>['directives']): string[] =>
    directives.flatMap((directive) => [directive.name.value, ...names(directive.block ?? [])]);

  test.each(Object.entries(cases))('%s', (_name, { text, message, line, column, opened, read, unread }) => {
    const file = parseFile('test.conf', text);
    const [error] = file.errors;
    expect(error?.message).toBe(message);
    expect(`${error?.at.line}:${error?.at.column}`).toBe(`${line}:${column}`);
    expect(error?.openedAt && `${error.openedAt.line}:${error.openedAt.column}`).toBe(opened);
    expect(file.errors).toHaveLength(1);
    expect(names(file.directives)).toEqual(read);
    expect(file.unread.map((range) => text.slice(range.start, range.end))).toEqual(unread);
  });
});

const accepts = (text: string): boolean => parseFile('test.conf', text).errors.length === 0;

describe('the 4096-byte buffer', () => {
  test.each<[name: string, longest: number, text: (length: number) => string]>([
    ['plain word before ;', 4095, (length) => `a ${'x'.repeat(length)};\n`],
    ['plain word before {', 4095, (length) => `a ${'x'.repeat(length)}{}\n`],
    ['plain word before a space', 4094, (length) => `a ${'x'.repeat(length)} b;\n`],
    ['quoted word before ;', 4094, (length) => `a "${'x'.repeat(length)}";\n`],
    ['quoted word before a space', 4093, (length) => `a "${'x'.repeat(length)}" b;\n`],
    ['quoted word before )', 4094, (length) => `a "${'x'.repeat(length)}");\n`],
    ['word that ends in an escape', 4095, (length) => `a ${'x'.repeat(length - 2)}\\y;\n`],
    ['comment', 4095, (length) => `#${'x'.repeat(length - 1)}\na;\n`],
  ])('%s: %i bytes fit', (_name, longest, text) => {
    expect(accepts(text(longest))).toBe(true);
    expect(accepts(text(longest + 1))).toBe(false);
  });

  test('at the end of the file the missing end is reported first', () => {
    expect(parseFile('test.conf', `a "${'x'.repeat(4096)}`).errors[0]?.code).toBe('unexpected-end-of-file');
    expect(parseFile('test.conf', `a "${'x'.repeat(4097)}`).errors[0]?.code).toBe('parameter-too-long');
    expect(accepts(`a;#${'x'.repeat(4095)}`)).toBe(true);
  });

  test('a long quoted word over several lines does not hide what follows it', () => {
    const long = `a "${'line\n'.repeat(1000)}" b;`;
    const file = parseFile('test.conf', `${long}\nc;`);
    expect(file.errors.map((error) => error.code)).toEqual(['parameter-too-long']);
    expect(file.directives.map((directive) => directive.name.value)).toEqual(['c']);
  });
});

describe('positions', () => {
  test('lines from 1, columns in characters from 1, first word and terminator', () => {
    const file = parseFile('x.conf', '\n  żółw  "ść"\n\t\tdrugi {\n}\n');
    const [directive] = file.directives;
    expect(directive).toMatchObject({
      name: { line: 2, column: 3, value: 'żółw', quote: 'none' },
      args: [
        { line: 2, column: 9, value: 'ść', quote: 'double' },
        { line: 3, column: 3, value: 'drugi' },
      ],
      terminator: { line: 3, column: 9 },
      close: { line: 4, column: 1 },
    });
    const { start, end } = directive!.args[0]!;
    expect(Buffer.from(file.bytes.subarray(start, end)).toString()).toBe('"ść"');
  });

  test('a line end that is escaped, quoted or in a comment counts', () => {
    const file = parseFile('x.conf', 'a \\\nb "c\nd\\\ne" #\nf;\ng;');
    expect(file.directives.map((directive) => [directive.name.line, directive.terminator.line])).toEqual([
      [1, 5],
      [6, 6],
    ]);
  });

  test('comments keep their text and place', () => {
    const { comments } = parseFile('x.conf', '# one\na b; # zwei ß\nc "# no" d#no;');
    expect(comments.map(({ text, line, column }) => ({ text, line, column }))).toEqual([
      { text: '# one', line: 1, column: 1 },
      { text: '# zwei ß', line: 2, column: 6 },
    ]);
  });
});

const readLua = (lua: string) => parseFile('lua.conf', `location / {\n  content_by_lua_block {${lua}}\n}\nafter;\n`);

describe('Lua blocks', () => {
  test.each([
    ['nested braces', ' local t = { a = { 1 } } '],
    ['braces in strings', ' local s = "}" .. \'{{\' '],
    ['escaped quotes', ' local s = "\\"}" '],
    ['braces in a comment', ' -- it is }\n '],
    ['quote in a comment', " -- it's\n "],
    ['long string', ' local s = [[ } ]] '],
    ['long string with equals signs', ' local s = [==[ ]] } ]==] '],
    ['long comment', ' --[[ } \n } ]] '],
    ['index, which is no long string', ' local x = t[t[1]] '],
    ['semicolons and hash', ' local a = #t; b = 1; '],
  ])('%s', (_name, lua) => {
    const file = readLua(lua);
    expect(file.errors).toEqual([]);
    const block = file.directives[0]?.block?.[0];
    expect(block?.body).toBe('lua');
    expect(file.latin1.slice(block!.terminator.end, block!.close!.start)).toBe(lua);
    expect(file.directives[1]?.name.value).toBe('after');
  });

  test('a body that does not close', () => {
    const file = readLua(' if x then { { { ');
    expect(file.errors[0]).toMatchObject({ code: 'lua-block-unclosed', at: { line: 2 } });
    expect(file.unread).toHaveLength(1);
  });

  test('a long bracket that does not close', () => {
    expect(readLua('\n local s = [=[ x ').errors[0]).toMatchObject({
      code: 'lua-block-unclosed',
      message: 'Lua code block missing the closing long bracket "]=]", the inlined Lua code may be too long',
      at: { line: 3 },
    });
  });
});
