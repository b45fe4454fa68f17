import { describe, expect, test } from 'vitest';
import { filesOfDump, memoryFiles } from '../../../tools/src/nginx-conf/config-files.ts';
import { loadConfig } from '../../../tools/src/nginx-conf/include.ts';
import type { ConfigTree } from '../../../tools/src/nginx-conf/include.ts';
import { contextChain, includeChain, positionOf, walk } from '../../../tools/src/nginx-conf/query.ts';

type Files = Parameters<typeof memoryFiles>[0];

const load = (files: Files, main = '/etc/nginx/nginx.conf'): Promise<ConfigTree> =>
  loadConfig(memoryFiles(files), main, '/usr/share/nginx');

/** Every directive as "context > name args @ file:line via includes". */
function lines(tree: ConfigTree): string[] {
  return [...walk(tree.main)].map((node) => {
    const context = contextChain(node).map((owner) => `${owner.name} > `);
    const via = includeChain(node).map((include) => ` < ${include.file.path}:${positionOf(include).line}`);
    const at = positionOf(node);
    return `${context.join('')}${[node.name, ...node.args].join(' ')} @ ${at.file}:${at.line}${via.join('')}`;
  });
}

const errors = (tree: ConfigTree): string[] =>
  tree.errors.map(({ code, message, at }) => `${at.file}:${at.line} ${code} ${message}`);

describe('includes', () => {
  test('relative paths start at the directory of the main file, not of the including one', async () => {
    const tree = await load({
      '/etc/nginx/nginx.conf': 'include conf.d/a.conf;',
      '/etc/nginx/conf.d/a.conf': 'include b.conf;',
      '/etc/nginx/b.conf': 'b;',
      '/etc/nginx/conf.d/b.conf': 'wrong;',
    });
    expect(errors(tree)).toEqual([]);
    expect(lines(tree)).toEqual([
      'include conf.d/a.conf @ /etc/nginx/nginx.conf:1',
      'include b.conf @ /etc/nginx/conf.d/a.conf:1 < /etc/nginx/nginx.conf:1',
      'b @ /etc/nginx/b.conf:1 < /etc/nginx/nginx.conf:1 < /etc/nginx/conf.d/a.conf:1',
    ]);
  });

  test('a main file given relative starts at the prefix', async () => {
    const tree = await load(
      { '/usr/share/nginx/conf/nginx.conf': 'include a;', '/usr/share/nginx/conf/a': 'a;' },
      'conf/nginx.conf',
    );
    expect(tree.mainPath).toBe('/usr/share/nginx/conf/nginx.conf');
    expect(tree.configPrefix).toBe('/usr/share/nginx/conf');
    expect(errors(tree)).toEqual([]);
  });

  test('patterns expand in byte order and leave out hidden files', async () => {
    const tree = await load({
      '/etc/nginx/nginx.conf': 'include d/*.conf;',
      '/etc/nginx/d/b.conf': 'b;',
      '/etc/nginx/d/B.conf': 'B;',
      '/etc/nginx/d/10.conf': 'ten;',
      '/etc/nginx/d/9.conf': 'nine;',
      '/etc/nginx/d/é.conf': 'e;',
      '/etc/nginx/d/.hidden.conf': 'hidden;',
      '/etc/nginx/d/a.conf.bak': 'bak;',
    });
    expect(tree.main.children.map((node) => node.name)).toEqual(['include', 'ten', 'nine', 'B', 'b', 'e']);
  });

  test('a pattern that matches nothing is fine; a path that is missing is not', async () => {
    const tree = await load({ '/etc/nginx/nginx.conf': 'include none/*.conf;\n\ninclude\n  none.conf;\na;' });
    expect(errors(tree)).toEqual([
      '/etc/nginx/nginx.conf:4 file-missing open() "/etc/nginx/none.conf" failed (2: No such file or directory)',
    ]);
    expect(tree.unread).toEqual([{ path: '/etc/nginx/none.conf', range: undefined, reason: 'no such file' }]);
    expect(tree.main.named('a')).toHaveLength(1);
  });

  test('one file in two contexts is two nodes of one directive', async () => {
    const tree = await load({
      '/etc/nginx/nginx.conf': 'http { server { include s; } server { include s; } }',
      '/etc/nginx/s': 'root /srv;',
    });
    const roots = [...walk(tree.main)].filter((node) => node.name === 'root');
    expect(roots).toHaveLength(2);
    expect(roots[0]!.directive).toBe(roots[1]!.directive);
    expect(roots[0]!.parent).not.toBe(roots[1]!.parent);
    expect(tree.files).toHaveLength(2);
  });

  test.each<[name: string, files: Files, at: string]>([
    [
      'a file that includes itself',
      { '/etc/nginx/nginx.conf': 'a;\ninclude nginx.conf;\nb;' },
      '/etc/nginx/nginx.conf:2',
    ],
    [
      'two files that include each other',
      {
        '/etc/nginx/nginx.conf': 'a; include x;\nb;',
        '/etc/nginx/x': '\ninclude y;',
        '/etc/nginx/y': '\n\ninclude x;',
      },
      '/etc/nginx/y:3',
    ],
    [
      'a pattern that matches its own file',
      { '/etc/nginx/nginx.conf': 'a; http { include d/*; } b;', '/etc/nginx/d/x': 'include d/*;' },
      '/etc/nginx/d/x:1',
    ],
  ])('cycles end: %s', async (_name, files, at) => {
    const tree = await load(files);
    expect(tree.errors.map((error) => `${error.at.file}:${error.at.line} ${error.code}`)).toEqual([
      `${at} include-cycle`,
    ]);
    expect(tree.main.named('a')).toHaveLength(1);
    expect(tree.main.named('b')).toHaveLength(1);
  });

  test('files that include each other twice a level end', { timeout: 20_000 }, async () => {
    const files: Record<string, string> = { '/etc/nginx/nginx.conf': 'include l0;' };
    for (let level = 0; level < 40; level++)
      files[`/etc/nginx/l${level}`] = `include l${level + 1};include l${level + 1};`;
    files['/etc/nginx/l40'] = '';
    const tree = await load(files);
    expect(tree.errors.at(-1)?.code).toBe('include-limit');
  });

  test('tables include entries; blocks in such a file are refused', async () => {
    const tree = await load({
      '/etc/nginx/nginx.conf':
        'http { map $a $b { default 0; include *.map; } types { include mime; } geo $g { include *.map; } }',
      '/etc/nginx/a.map': 'x 1;\ny { z 2; }\n',
      '/etc/nginx/mime': 'text/html html;',
    });
    expect(errors(tree)).toEqual([
      '/etc/nginx/a.map:2 unexpected-character unexpected "{"',
      // geo opens the path as it is
      '/etc/nginx/nginx.conf:1 file-missing open() "/etc/nginx/*.map" failed (2: No such file or directory)',
    ]);
    expect(lines(tree)).toContain('http > map > x 1 @ /etc/nginx/a.map:1 < /etc/nginx/nginx.conf:1');
    expect(lines(tree)).toContain('http > types > text/html html @ /etc/nginx/mime:1 < /etc/nginx/nginx.conf:1');
  });

  test('"include" is an entry like any other in tables that know no include', async () => {
    const tree = await load({
      '/etc/nginx/nginx.conf': 'http { split_clients $a $b { include x; } map $a $b { include a b; } }',
    });
    expect(errors(tree)).toEqual([]);
  });

  test.each([
    ['include;', 'invalid number of arguments in "include" directive'],
    ['include a b;', 'invalid number of arguments in "include" directive'],
    ['include a { b; }', 'directive "include" is not terminated by ";"'],
  ])('%s is refused', async (text, message) => {
    expect((await load({ '/etc/nginx/nginx.conf': text })).errors.map((error) => error.message)).toEqual([message]);
  });

  test('errors come in reading order, each once', async () => {
    const tree = await load({
      '/etc/nginx/nginx.conf': 'http {\n include s;\n a;;\n include gone1; include s;\n include gone2; }\n}\n',
      '/etc/nginx/s': 'b "c"d;\n',
    });
    expect(tree.errors.map((error) => `${error.at.file}:${error.at.line} ${error.code}`)).toEqual([
      '/etc/nginx/s:1 unexpected-character',
      '/etc/nginx/nginx.conf:3 unexpected-character',
      '/etc/nginx/nginx.conf:4 file-missing',
      '/etc/nginx/nginx.conf:5 file-missing',
      '/etc/nginx/nginx.conf:6 unexpected-character',
    ]);
  });

  test('blocks do not span files', async () => {
    const tree = await load({ '/etc/nginx/nginx.conf': 'http { include open; }\n}', '/etc/nginx/open': 'server {\n' });
    expect(errors(tree)).toEqual([
      '/etc/nginx/open:2 unclosed-block unexpected end of file, expecting "}"',
      '/etc/nginx/nginx.conf:2 unexpected-character unexpected "}"',
    ]);
  });

  test('a file that cannot be read is not an empty file', async () => {
    const tree = await load({
      '/etc/nginx/nginx.conf': 'include d/*;',
      '/etc/nginx/d/a': { unreadable: '13: Permission denied' },
      '/etc/nginx/d/b': 'b;',
    });
    expect(errors(tree)).toEqual([
      '/etc/nginx/nginx.conf:1 file-unreadable open() "/etc/nginx/d/a" failed (13: Permission denied)',
    ]);
    expect(tree.unread.map((part) => part.path)).toEqual(['/etc/nginx/d/a']);
    expect(tree.main.named('b')).toHaveLength(1);
  });

  test('no main file', async () => {
    const tree = await load({});
    expect(errors(tree)).toEqual([
      '/etc/nginx/nginx.conf:1 file-missing open() "/etc/nginx/nginx.conf" failed (2: No such file or directory)',
    ]);
  });

  test('an include chain of a thousand files', async () => {
    const files: Record<string, string> = { '/etc/nginx/nginx.conf': 'include f0;' };
    for (let index = 0; index < 1000; index++) files[`/etc/nginx/f${index}`] = `include f${index + 1};`;
    files['/etc/nginx/f1000'] = 'last;';
    const tree = await load(files);
    expect(tree.main.named('last')).toHaveLength(1);
  });
});

describe('a dump of nginx -T', () => {
  const dump = [
    'nginx: the configuration file /etc/nginx/nginx.conf syntax is ok',
    '# configuration file /etc/nginx/nginx.conf:',
    '# configuration files follow',
    'include conf.d/*.conf;',
    '',
    '# configuration file /etc/nginx/conf.d/a.conf:',
    'a "b',
    'c";',
    '',
    '',
  ].join('\n');

  test('gives the files back as they are', async () => {
    const read = filesOfDump(dump);
    const tree = await loadConfig(read!.files, read!.main);
    expect(errors(tree)).toEqual([]);
    expect(tree.main.children.map((node) => [node.name, ...node.args])).toEqual([
      ['include', 'conf.d/*.conf'],
      ['a', 'b\nc'],
    ]);
    expect(tree.files[1]?.latin1).toBe('a "b\nc";\n');
  });

  test('other text is none', () => {
    expect(filesOfDump('events {}\n')).toBeUndefined();
  });
});
