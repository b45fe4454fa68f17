/** What `npm pack` puts into the package is enough to run it anywhere. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildAll } from '../../../scripts/bundle.ts';
import { repositoryRoot } from '../../../scripts/kits/repository.ts';

const run = promisify(execFile);

let directory = '';
let installed = '';
let packed: string[] = [];

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'wallguard-package-'));
  if (!existsSync(path.join(repositoryRoot, 'dist/cli.mjs'))) {
    await buildAll();
  }
  // Without scripts: packing would build, and other tests read what is built.
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', directory], {
    cwd: repositoryRoot,
  });
  const [tarball] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  packed = tarball.files.map((file) => file.path);
  const modules = path.join(directory, 'node_modules');
  installed = path.join(modules, 'wallguard');
  await mkdir(installed, { recursive: true });
  await run('tar', ['-xzf', path.join(directory, tarball.filename), '-C', installed, '--strip-components=1']);
  const { dependencies } = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) {
    await symlink(path.join(repositoryRoot, 'node_modules', name), path.join(modules, name));
  }
}, 60_000);

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

test('it holds what runs and what is read, and nothing else', () => {
  const top = new Set(
    packed.map((file) =>
      file
        .split('/')
        .slice(0, file.startsWith('dist/') ? 2 : 1)
        .join('/'),
    ),
  );
  expect([...top].sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'bin',
    'dist/cli.mjs',
    'dist/cli.mjs.map',
    'dist/njs',
    'nginx',
    'package.json',
    'schema',
  ]);
  expect(packed).toEqual(
    expect.arrayContaining([
      'dist/njs/hot.js',
      'dist/njs/cold.js',
      'schema/settings.schema.json',
      'nginx/conf.d/wallguard.conf',
    ]),
  );
});

test('it generates from its own bundles, in any directory, started through a link', async () => {
  const link = path.join(directory, 'wallguard');
  await symlink(path.join(installed, 'bin/wallguard.mjs'), link);
  const { stdout, stderr } = await run(link, ['generate', '--out', 'drop-in'], { cwd: directory });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^new +drop-in\/conf\.d\/wallguard\.conf$/m);
  const bundle = await readFile(path.join(installed, 'dist/njs/hot.js'), 'utf8');
  expect(await readFile(path.join(directory, 'drop-in/wallguard/hot.js'), 'utf8')).toContain(bundle);
});
