import { describe, expect, test } from 'vitest';
import { suppressionFor, suppressionsOf } from '../../../tools/src/evidence/suppressions.ts';
import { memoryFiles } from '../../../tools/src/nginx-conf/config-files.ts';
import { loadConfig, type ConfigTree } from '../../../tools/src/nginx-conf/include.ts';
import { positionOf, walk } from '../../../tools/src/nginx-conf/query.ts';

async function load(text: string, others: Readonly<Record<string, string>> = {}): Promise<ConfigTree> {
  return await loadConfig(memoryFiles({ '/etc/nginx/nginx.conf': text, ...others }), '/etc/nginx/nginx.conf');
}

/** Directives, as `name argument`, at which the check "x" is silenced. */
function silenced(tree: ConfigTree): string[] {
  const suppressions = suppressionsOf(tree);
  return [...walk(tree.main)]
    .filter((node) => suppressionFor('x', { position: positionOf(node), node }, suppressions) !== undefined)
    .map(({ name, args }) => [name, ...args].join(' '));
}

describe('what a comment is about', () => {
  test.each([
    ['the statement before it on its line', 'a 1;\nb 2; # wallguard:ignore x why\nc 3;', ['b 2']],
    ['the statement after it, when it has a line of its own', 'a 1;\n# wallguard:ignore x why\nb 2;\nc 3;', ['b 2']],
    [
      'the next statement, past other comments and empty lines',
      '# wallguard:ignore x why\n# more\n\na 1; b 2;',
      ['a 1'],
    ],
    [
      'the block it precedes, with everything inside',
      '# wallguard:ignore x why\na { b 1; c { d 2; } }\ne 3;',
      ['a', 'b 1', 'c', 'd 2'],
    ],
    ['the block whose brace opens on its line', 'a { # wallguard:ignore x why\n b 1;\n}\nc 2;', ['a', 'b 1']],
    ['the block whose brace closes on its line', 'a {\n b 1;\n} # wallguard:ignore x why\nc 2;', ['a', 'b 1']],
    ['a statement inside a block', 'a {\n # wallguard:ignore x why\n b 1;\n c 2;\n}', ['b 1']],
    ['the statement that ends on its line', 'a\n 1; # wallguard:ignore x why\nb 2;', ['a 1']],
    ['nothing, at the end of a block', 'a {\n b 1;\n # wallguard:ignore x why\n}', []],
    ['nothing, at the end of the file', 'a 1;\n# wallguard:ignore x why\n', []],
    ['nothing without a reason', 'a 1; # wallguard:ignore x\n', []],
    ['nothing of another check', 'a 1; # wallguard:ignore y why\n', []],
    ['nothing when it only looks like one', 'a 1; # wallguard: ignore x why\nb 2; # wallguard:ignored x why\n', []],
  ])('%s', async (_name, text, expected) => {
    expect(silenced(await load(text))).toEqual(expected);
  });

  test('what an include brings in, when it stands at the include', async () => {
    const tree = await load('include b.conf; # wallguard:ignore x why\ninclude c.conf;\n', {
      '/etc/nginx/b.conf': 'b { inner 1; }\n',
      '/etc/nginx/c.conf': 'c 2;\n',
    });
    expect(silenced(tree)).toEqual(['include b.conf', 'b', 'inner 1']);
  });
});

describe('findings without a statement', () => {
  const text = '# wallguard:ignore x why\nuser www-data;\nevents {\n    accept_mutex on; # wallguard:ignore y why\n}\n';
  const at = (
    file: string,
    line: number,
  ): { position: { file: string; offset: number; line: number; column: number } } => ({
    position: { file, offset: 0, line, column: 1 },
  });

  test('about a file are silenced before its first statement', async () => {
    const suppressions = suppressionsOf(await load(text));
    expect(suppressionFor('x', at('/etc/nginx/nginx.conf', 1), suppressions)?.reason).toBe('why');
    expect(suppressionFor('x', at('/etc/nginx/other.conf', 1), suppressions)).toBeUndefined();
  });

  test('at a line are silenced by the comment about its statement', async () => {
    const suppressions = suppressionsOf(await load(text));
    expect(suppressionFor('y', at('/etc/nginx/nginx.conf', 4), suppressions)?.reason).toBe('why');
    expect(suppressionFor('y', at('/etc/nginx/nginx.conf', 2), suppressions)).toBeUndefined();
  });
});
