import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { liveFiles, resolveInRoot, rootedFiles } from '../../../tools/src/host/live-files.ts';
import { loadConfig } from '../../../tools/src/nginx-conf/include.ts';

let folder = '';
let root = '';

beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'live-files-')));
  root = path.join(folder, 'root');
  for (const directory of ['etc/nginx/sites-available', 'etc/nginx/sites-enabled', 'opt']) {
    mkdirSync(path.join(root, directory), { recursive: true });
  }
  writeFileSync(path.join(root, 'etc/nginx/nginx.conf'), 'http { include sites-enabled/*; }');
  writeFileSync(path.join(root, 'etc/nginx/sites-available/default'), 'server { }');
  symlinkSync('/etc/nginx/sites-available/default', path.join(root, 'etc/nginx/sites-enabled/default'));
  writeFileSync(path.join(folder, 'secret'), 'outside');
  symlinkSync('../../../../../../secret', path.join(root, 'opt/climb'));
  symlinkSync('/opt/loop', path.join(root, 'opt/loop'));
  symlinkSync('/etc/nginx', path.join(root, 'opt/conf'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('rootedFiles', () => {
  test('links with absolute targets lead to the copy, not to this machine', async () => {
    const tree = await loadConfig(rootedFiles(root), '/etc/nginx/nginx.conf');
    expect(tree.errors).toEqual([]);
    expect(tree.files.map((file) => file.path)).toEqual(['/etc/nginx/nginx.conf', '/etc/nginx/sites-enabled/default']);
  });

  test.each([
    ['/opt/climb', 'secret'],
    ['/../../secret', 'secret'],
    ['/opt/conf/nginx.conf', 'etc/nginx/nginx.conf'],
    ['/opt/conf/../../secret', 'secret'],
    ['/none/../x', 'x'],
  ])('%s stays inside the root', async (inside, outside) => {
    expect(await resolveInRoot(root, inside)).toBe(path.join(root, outside));
  });

  test('what is not there is absent, what loops is unreadable', async () => {
    expect(await rootedFiles(root).read('/opt/climb')).toEqual({ state: 'absent' });
    expect(await rootedFiles(root).read('/opt/loop')).toEqual({
      state: 'unreadable',
      reason: '40: Too many levels of symbolic links',
    });
  });

  test('patterns go through links of directories', async () => {
    expect(await rootedFiles(root).glob('/opt/c*/sites-enabled/*')).toEqual({
      paths: ['/opt/conf/sites-enabled/default'],
      unreadable: [],
    });
  });
});

describe('liveFiles', () => {
  test('a directory is unreadable, a path below a file is absent', async () => {
    const files = liveFiles();
    expect(await files.read(path.join(root, 'etc'))).toEqual({ state: 'unreadable', reason: '21: Is a directory' });
    expect(await files.read(path.join(root, 'etc/nginx/nginx.conf/x'))).toEqual({ state: 'absent' });
  });

  test.skipIf(process.getuid?.() === 0)(
    'a directory that may not be listed is named (not as root, who may)',
    async () => {
      const closed = path.join(folder, 'closed');
      mkdirSync(closed);
      chmodSync(closed, 0);
      const found = await liveFiles().glob(`${closed}/*`);
      chmodSync(closed, 0o755);
      expect(found).toEqual({ paths: [], unreadable: [{ path: closed, reason: '13: Permission denied' }] });
    },
  );
});
