import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { liveFiles } from '../../../tools/src/host/live-files.ts';
import { matcher } from '../../../tools/src/nginx-conf/glob.ts';

describe('matcher', () => {
  test.each<[pattern: string, matches: string[], misses: string[]]>([
    ['*.conf', ['a.conf', '.b.conf'.slice(1)], ['a.conf~', '.conf', 'a.conf.d']],
    ['*', ['a', 'a.b'], ['.a']],
    ['.*', ['.a'], ['a']],
    ['?.conf', ['a.conf'], ['ab.conf', '.conf', 'é.conf']],
    ['??.conf', ['ab.conf', 'é.conf'], ['a.conf']],
    ['[ab]', ['a', 'b'], ['c', 'ab']],
    ['[!ab]', ['c'], ['a', 'b']],
    ['[^ab]', ['c'], ['a', 'b']],
    ['[a-c]1', ['a1', 'c1'], ['d1']],
    ['[]a]', [']', 'a'], ['b']],
    ['[a-]', ['a', '-'], ['b']],
    ['[[:digit:]]x', ['1x'], ['ax']],
    ['[ab', ['[ab'], ['a']],
    ['\\*', ['*'], ['a']],
    ['a*b*c', ['abc', 'aXbYc', 'abcbc'], ['ab', 'acb']],
    ['{a,b}', ['{a,b}'], ['a']],
  ])('%s', (pattern, matches, misses) => {
    const matchesName = matcher(pattern);
    expect(matches.filter((name) => !matchesName(name))).toEqual([]);
    expect(misses.filter(matchesName)).toEqual([]);
  });

  test('many stars do not explode', () => {
    expect(matcher('*a'.repeat(30))('a'.repeat(29))).toBe(false);
  });
});

describe('against the shell, which has the same rules in the C locale', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'glob-'));
    for (const directory of ['sites', 'sites-b', 'Sites', '.dot']) {
      mkdirSync(join(folder, directory));
      for (const name of ['a.conf', 'B.conf', 'ab.conf', '.h.conf', '10', '9', 'ż.conf', '-x']) {
        writeFileSync(join(folder, directory, name), '');
      }
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([
    '*/*',
    '*',
    'sites/*.conf',
    '[Ss]ites*/[!-.]*.conf',
    '*/?.conf',
    '*/??.conf',
    '.*/*',
    '*/.h*',
    'sites*/1*',
    'none*/*',
  ])('%s', async (pattern) => {
    const script = `shopt -u failglob; shopt -s nullglob; for f in ${folder}/${pattern}; do printf '%s\\n' "$f"; done`;
    const shell = execFileSync('bash', ['-c', script], { env: { ...process.env, LC_ALL: 'C' }, encoding: 'utf8' });
    // The shell, unlike glob(3) in readdir order, leaves "." and ".." to `.*`; both are no file.
    const expected = shell.split('\n').filter((path) => path !== '' && !/\/\.\.?(\/|$)/.test(path));
    expect((await liveFiles().glob(`${folder}/${pattern}`)).paths).toEqual(expected);
  });
});
