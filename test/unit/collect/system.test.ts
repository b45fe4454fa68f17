/** What collectors make of files and tools of the system. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { filesOnlyHost, folderHost, liveHost, rootedHost } from '../../../tools/src/collect/live-host.ts';
import { parseUnitProperties, parseUser } from '../../../tools/src/collect/system-files.ts';
import { memoryFiles } from '../../../tools/src/nginx-conf/config-files.ts';

/** A folder with these files; a value that starts with `->` is a link. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(path.join(tmpdir(), 'wallguard-collect-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    if (text.startsWith('->')) symlinkSync(text.slice(2), path.join(root, file));
    else writeFileSync(path.join(root, file), text, { mode: 0o640 });
  }
  return root;
}

test('a user has the group of passwd and those that list it', () => {
  const passwd = 'root:x:0:0::/root:/bin/sh\nwww-data:x:33:34::/var/www:/bin/false\n';
  const group = 'www-data:x:34:\nadm:x:4:syslog,www-data\nwww-data-2:x:5:www-data-x\n';
  expect(parseUser('www-data', passwd, group)).toEqual({ uid: 33, gid: 34, gids: [34, 4] });
  expect(parseUser('www', passwd, group)).toBeUndefined();
});

test('properties of a unit may hold equals signs', () => {
  expect(parseUnitProperties('PrivateTmp=yes\nExecStart={ path=/usr/sbin/nginx }\n\n')).toEqual({
    PrivateTmp: 'yes',
    ExecStart: '{ path=/usr/sbin/nginx }',
  });
});

describe('units from files', () => {
  const unit = async (files: Readonly<Record<string, string>>): Promise<unknown> =>
    await rootedHost(folderOf(files)).ask('unit', 'nginx.service');

  test('the first directory wins, and drop-ins change it in the order of their names', async () => {
    expect(
      await unit({
        'etc/systemd/system/nginx.service': '[Service]\nPrivateTmp=true\nLimitCORE = 0\n# LimitNOFILE=1\n',
        'usr/lib/systemd/system/nginx.service': '[Service]\nPrivateTmp=false\nUser=root\n',
        'etc/systemd/system/nginx.service.d/20-core.conf': '[Service]\nLimitCORE=infinity\n',
        'usr/lib/systemd/system/nginx.service.d/10-core.conf': '[Service]\nLimitCORE=1G\nExecStart=\\\n/bin/true\n',
        'usr/lib/systemd/system/nginx.service.d/20-core.conf': '[Service]\nLimitCORE=2G\n',
        'usr/lib/systemd/system/nginx.service.d/README': 'LimitCORE=3G\n',
      }),
    ).toEqual({ state: 'present', value: { PrivateTmp: 'yes', LimitCORE: 'infinity', ExecStart: '/bin/true' } });
  });

  test('no file, no unit', async () => {
    expect(await unit({ 'etc/hostname': 'web\n' })).toEqual({
      state: 'absent',
      reason: 'there is no unit nginx.service',
    });
  });
});

describe('a copied machine', () => {
  const root = (): string =>
    folderOf({
      'etc/passwd': 'nginx:x:101:101::/:/bin/false\n',
      'var/cores': '->/srv/cores',
      'srv/cores/a': '',
      'etc/up': '->../../../../etc/passwd',
    });

  test('answers from its files, and follows links inside', async () => {
    const host = rootedHost(root());
    expect(await host.ask('stat', '/var/cores')).toMatchObject({ state: 'present', value: { type: 'directory' } });
    expect(await host.ask('list', '/var/cores')).toEqual({ state: 'present', value: ['a'] });
    expect(await host.ask('stat', '/srv/cores/a')).toMatchObject({
      value: { type: 'file', mode: 0o640, sizeBytes: 0 },
    });
    expect(await host.ask('text', '/etc/up')).toMatchObject({ value: 'nginx:x:101:101::/:/bin/false\n' });
    expect(await host.ask('user', 'nginx')).toMatchObject({ value: { uid: 101 } });
    expect(await host.ask('stat', '/nowhere')).toEqual({ state: 'absent', reason: '/nowhere does not exist' });
    expect(await host.ask('stat', '/etc/passwd/x')).toMatchObject({ state: 'absent' });
  });

  test('does not answer for the kernel and the disk it came from', async () => {
    const host = rootedHost(root());
    expect(await host.ask('sysctl', 'kernel.core_pattern')).toMatchObject({ state: 'notCollected' });
    expect(await host.ask('space', '/var')).toMatchObject({ state: 'notCollected' });
    expect(await host.ask('user', 'www-data')).toMatchObject({ state: 'notCollected' });
  });
});

test('this machine is asked for what only it knows', async () => {
  const host = liveHost();
  expect(await host.ask('sysctl', 'kernel.ostype')).toEqual({ state: 'present', value: 'Linux' });
  expect(await host.ask('sysctl', 'kernel.no_such_setting')).toMatchObject({ state: 'absent' });
  const space = await host.ask('space', '/');
  expect(space.state === 'present' && space.value.freeBytes <= space.value.totalBytes).toBe(true);
  expect(await host.ask('user', 'root')).toMatchObject({ value: { uid: 0 } });
  expect((await host.ask('unit', 'no-such-unit.service')).state).toBe('absent');
});

test('of a configuration alone nothing else is known', async () => {
  const host = filesOnlyHost(memoryFiles({}), 'dump.txt');
  expect(await host.ask('stat', '/etc/nginx')).toEqual({
    state: 'notCollected',
    reason: '/etc/nginx: of the machine nothing is known but dump.txt',
  });
});

test('of a configuration for another machine its own folder is known', async () => {
  const folder = folderOf({ 'nginx/wallguard/settings.json': '{}', 'elsewhere/x': '' });
  const host = folderHost(path.join(folder, 'nginx'), 'nginx');
  expect(await host.ask('text', path.join(folder, 'nginx/wallguard/settings.json'))).toMatchObject({ value: '{}' });
  expect(await host.ask('stat', path.join(folder, 'nginx/missing'))).toMatchObject({ state: 'absent' });
  expect(await host.ask('stat', path.join(folder, 'elsewhere/x'))).toMatchObject({ state: 'notCollected' });
  expect(await host.ask('stat', path.join(folder, 'nginx/../elsewhere/x'))).toMatchObject({ state: 'notCollected' });
  expect(await host.ask('sysctl', 'kernel.ostype')).toMatchObject({ state: 'notCollected' });
});
