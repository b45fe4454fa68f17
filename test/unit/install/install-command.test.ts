/**
 * What the commands refuse before they change anything. NGINX is a stand-in that answers `-V` and, asked by the command
 * which njs it has, tells a version: no kit has one that is too old.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { install, uninstall } from '../../../tools/src/commands/install.ts';
import type { Command } from '../../../tools/src/io.ts';
import { fakeIo } from '../cli/fake-io.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'install-'));
  mkdirSync(path.join(folder, 'etc'));
  writeFileSync(path.join(folder, 'module.so'), '');
  writeFileSync(path.join(folder, 'wallguard.yaml'), `modules:\n  js: ${folder}/module.so\n`);
  configure('http { server { listen 127.0.0.1:1; } }\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

function configure(text: string): void {
  writeFileSync(path.join(folder, 'etc/nginx.conf'), text);
}

/** An NGINX with this njs; without one it does not load the module. */
function nginxWith(njs: string | undefined): string {
  const file = path.join(folder, 'nginx');
  const serve =
    njs === undefined
      ? `process.stderr.write('nginx: [emerg] module "module.so" version 1022001 instead of 1026003\\n'); process.exit(1);`
      : `require('node:http').createServer((_, answer) => answer.end('${njs}')).listen(args[args.indexOf('-p') + 1] + '/socket');`;
  writeFileSync(
    file,
    `#!${process.execPath}
const args = process.argv.slice(2);
if (args[0] === '-V') process.stderr.write('nginx version: nginx/1.26.3\\nconfigure arguments: --prefix=/usr/share/nginx\\n');
else { ${serve} }
`,
  );
  chmodSync(file, 0o755);
  return file;
}

async function run(command: Command, ...args: string[]): Promise<{ message: string; exitCode: number }> {
  const all = ['--prefix', path.join(folder, 'etc'), '--nginx', path.join(folder, 'nginx'), ...args];
  return await command(all, fakeIo(folder)).then(
    (code) => ({ message: '', exitCode: code }),
    (error: { message: string; exitCode: number }) => ({ message: error.message, exitCode: error.exitCode }),
  );
}

describe('install refuses', () => {
  test.each(['0.7.9', '0.8.8'])('njs %s, and says what to install', async (version) => {
    nginxWith(version);
    const { message, exitCode } = await run(install);
    expect(exitCode).toBe(1);
    expect(message).toContain(`njs ${version} in ${folder}/module.so is too old, wallguard needs 0.8.9`);
    expect(message).toContain('libnginx-mod-http-js of Debian 13');
  });

  test('a module for another NGINX, in the words of NGINX', async () => {
    nginxWith(undefined);
    expect(await run(install)).toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('version 1022001 instead of 1026003'),
    });
  });

  test('a missing module', async () => {
    nginxWith('0.8.9');
    rmSync(path.join(folder, 'module.so'));
    expect(await run(install)).toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('there is no njs module; install'),
    });
  });

  test('to guess among several servers', async () => {
    nginxWith('0.8.9');
    configure('http { server { server_name a; } server { server_name b c; } server { } }\n');
    const { message, exitCode } = await run(install);
    expect(exitCode).toBe(2);
    expect(message).toBe(
      `wallguard install: there are 3 servers: a, b c, (no name, ${folder}/etc/nginx.conf:1); choose with --server NAME, or --all`,
    );
  });

  test('--server together with --all', async () => {
    expect(await run(install, '--all', '--server', 'a')).toMatchObject({ exitCode: 2 });
  });

  test('a configuration that it cannot read, with every place', async () => {
    nginxWith('0.8.9');
    configure('http {\n  server { listen 80 }\n  include none.conf;\n');
    const { message, exitCode } = await run(install);
    expect(exitCode).toBe(3);
    expect(message.split('\n')).toEqual([
      `${folder}/etc/nginx.conf:2:22: unexpected "}" (opened at line 2)`,
      `${folder}/etc/nginx.conf:3:20: open() "${folder}/etc/none.conf" failed (2: No such file or directory) (opened at line 3)`,
      `${folder}/etc/nginx.conf:4:1: unexpected end of file, expecting "}" (opened at line 1)`,
      'the configuration cannot be read; mend it first, nothing was done',
    ]);
  });

  test('no configuration at all', async () => {
    nginxWith('0.8.9');
    rmSync(path.join(folder, 'etc/nginx.conf'));
    expect(await run(install)).toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('No such file or directory'),
    });
    expect(await run(uninstall)).toMatchObject({ exitCode: 3 });
  });
});

test('uninstall has nothing to do where nothing was installed', async () => {
  nginxWith('0.8.9');
  const io = fakeIo(folder);
  const args = ['--prefix', path.join(folder, 'etc'), '--nginx', path.join(folder, 'nginx')];
  expect(await uninstall(args, io)).toBe(0);
  expect(io.written.out).toBe('nothing to do\n');
});
