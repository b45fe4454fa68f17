import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyEdits,
  EditError,
  insertAfter,
  insertAtEnd,
  insertAtStart,
  insertBefore,
  removeDirective,
  replaceArgs,
} from '../../../tools/src/nginx-conf/edit.ts';
import type { Edit } from '../../../tools/src/nginx-conf/edit.ts';
import { parseFile } from '../../../tools/src/nginx-conf/parse.ts';
import type { Directive, ParsedFile } from '../../../tools/src/nginx-conf/tree.ts';

/** The first directive of that name, depth first. */
function find(file: ParsedFile, name: string): Directive {
  const search = (list: readonly Directive[]): Directive | undefined => {
    for (const directive of list) {
      const found = directive.name.value === name ? directive : search(directive.block ?? []);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const found = search(file.directives);
  if (found === undefined) throw new Error(`no directive ${name}`);
  return found;
}

function change(text: string, plan: (file: ParsedFile) => Edit[]): string {
  const file = parseFile('edit.conf', text);
  return Buffer.from(applyEdits(file.bytes, plan(file))).toString();
}

describe('insertion', () => {
  const at = {
    before: (file: ParsedFile) => [insertBefore(file, find(file, 'here'), 'new x;')],
    after: (file: ParsedFile) => [insertAfter(file, find(file, 'here'), 'new x;')],
    start: (file: ParsedFile) => [insertAtStart(file, find(file, 'block'), 'new x;')],
    end: (file: ParsedFile) => [insertAtEnd(file, find(file, 'block'), 'new x;')],
    'file start': (file: ParsedFile) => [insertAtStart(file, undefined, 'new x;')],
    'file end': (file: ParsedFile) => [insertAtEnd(file, undefined, 'new x;')],
  };
  test.each<[where: keyof typeof at, text: string, expected: string]>([
    ['before', 'a {\n  here;\n}\n', 'a {\n  new x;\n  here;\n}\n'],
    ['before', 'a { here; }', 'a { new x; here; }'],
    ['before', 'here;', 'new x;\nhere;'],
    ['after', 'a {\n\there;\n}\n', 'a {\n\there;\n\tnew x;\n}\n'],
    ['after', 'a {\n  here; # why\n  b;\n}\n', 'a {\n  here; # why\n  new x;\n  b;\n}\n'],
    ['after', 'a {\n  here; b;\n}\n', 'a {\n  here; new x; b;\n}\n'],
    ['after', 'a { here; }', 'a { here; new x; }'],
    ['after', 'a {\n  here {\n    b;\n  }\n}', 'a {\n  here {\n    b;\n  }\n  new x;\n}'],
    ['after', 'here;', 'here;\nnew x;'],
    ['start', 'block {\n  a;\n}\n', 'block {\n  new x;\n  a;\n}\n'],
    ['start', 'block { # why\n\ta;\n}\n', 'block { # why\n\tnew x;\n\ta;\n}\n'],
    ['start', 'block\n{\n  a;\n}\n', 'block\n{\n  new x;\n  a;\n}\n'],
    ['start', 'block { a; }', 'block { new x; a; }'],
    ['start', 'block {}', 'block { new x; }'],
    ['start', 'block {a;}', 'block { new x; a;}'],
    ['start', 'block {\n}\n', 'block {\n    new x;\n}\n'],
    ['start', 'b {\n  c;\n}\nblock {\n}\n', 'b {\n  c;\n}\nblock {\n  new x;\n}\n'],
    ['end', 'block {\n  a;\n}\n', 'block {\n  a;\n  new x;\n}\n'],
    ['end', 'o {\n\tblock {\n\t\ta;\n\n\t}\n}\n', 'o {\n\tblock {\n\t\ta;\n\n\t\tnew x;\n\t}\n}\n'],
    ['end', 'block { a; }', 'block { a; new x; }'],
    ['end', 'block {a;}', 'block {a; new x; }'],
    ['end', 'block {}', 'block { new x; }'],
    ['start', 'block {\r\n  a;\r\n}\r\n', 'block {\r\n  new x;\r\n  a;\r\n}\r\n'],
    ['end', 'block {\r\n  a;\r\n}\r\n', 'block {\r\n  a;\r\n  new x;\r\n}\r\n'],
    ['file start', '# head\na;\n', 'new x;\n# head\na;\n'],
    ['file end', 'a;\n', 'a;\nnew x;\n'],
    ['file end', 'a;', 'a;\nnew x;\n'],
    ['file end', '', 'new x;\n'],
  ])('%s of %j', (where, text, expected) => {
    expect(change(text, at[where])).toBe(expected);
  });

  test('several lines take over the indentation of the file', () => {
    expect(change('a {\n\tb;\n}\n', (file) => [insertAfter(file, find(file, 'b'), 'new {\n    x;\n}')])).toBe(
      'a {\n\tb;\n\tnew {\n\t\tx;\n\t}\n}\n',
    );
  });

  test('a block that does not close has no end to insert at', () => {
    const file = parseFile('edit.conf', 'block { a;');
    expect(() => insertAtEnd(file, find(file, 'block'), 'x;')).toThrow(EditError);
  });
});

describe('replacing and removing', () => {
  test.each<[text: string, args: string[], expected: string]>([
    ['here  1  2 ;', ['3'], 'here 3 ;'],
    ['here;', ['a b', '"'], 'here "a b" "\\"";'],
    ['here 1\n  2;', [], 'here;'],
    ['here "é" {}', ['ü'], 'here ü {}'],
  ])('arguments of %j', (text, args, expected) => {
    expect(change(text, (file) => [replaceArgs(find(file, 'here'), args)])).toBe(expected);
  });

  test.each([
    ['a;\n  here 1\n    2;\nb;\n', 'a;\nb;\n'],
    ['a; here; b;\n', 'a; b;\n'],
    ['a {\n  here; # why\n}\n', 'a {\n  # why\n}\n'],
    ['a;\nhere;', 'a;\n'],
    ['a { here; }', 'a { }'],
  ])('out of %j', (text, expected) => {
    expect(change(text, (file) => [removeDirective(file, find(file, 'here'))])).toBe(expected);
  });

  test('what was inserted can be taken out again, byte for byte', () => {
    const blocks = fc.constantFrom('block {\n  a;\n}\n', 'o {\n\tblock {\n\t}\n}\n', 'block { # c\r\n  a;\r\n}\r\n');
    fc.assert(
      fc.property(blocks, (text) => {
        const inserted = change(text, (file) => [insertAtStart(file, find(file, 'block'), 'new x;')]);
        expect(inserted).not.toBe(text);
        expect(change(inserted, (file) => [removeDirective(file, find(file, 'new'))])).toBe(text);
      }),
    );
  });
});

describe('applying', () => {
  const bytes = Buffer.from('0123456789');
  const apply = (...edits: Edit[]): string => Buffer.from(applyEdits(bytes, edits)).toString();

  test('together, in any order; insertions at one place keep theirs', () => {
    expect(
      apply(
        { start: 8, end: 10, text: 'Z' },
        { start: 2, end: 2, text: 'a' },
        { start: 2, end: 2, text: 'b' },
        { start: 2, end: 4, text: 'C' },
      ),
    ).toBe('01abC4567Z');
  });

  test.each<[name: string, edits: Edit[]]>([
    [
      'overlapping ranges',
      [
        { start: 1, end: 4, text: '' },
        { start: 3, end: 5, text: '' },
      ],
    ],
    [
      'an insertion inside a replaced range',
      [
        { start: 1, end: 4, text: '' },
        { start: 2, end: 2, text: 'x' },
      ],
    ],
    [
      'two replacements of one range',
      [
        { start: 1, end: 4, text: 'a' },
        { start: 1, end: 4, text: 'b' },
      ],
    ],
    ['a range outside the file', [{ start: 8, end: 11, text: '' }]],
    ['a range that ends before it starts', [{ start: 4, end: 3, text: '' }]],
  ])('refuses %s', (_name, edits) => {
    expect(() => apply(...edits)).toThrow(EditError);
  });
});
