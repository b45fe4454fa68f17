/**
 * Networks and long lists on the command line, with real NGINX: what it answers for an address after the file changed,
 * and that it keeps running as before when it does not take a file. The control API is a fake here.
 */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ensureKit, KIT_NAMES, type Kit } from '../../scripts/kits/kit.ts';
import { freePort } from '../../scripts/site.ts';
import { runCli } from '../../tools/src/cli.ts';
import { listCommands } from '../../tools/src/commands/list-commands.ts';
import { fakeIo } from '../unit/cli/fake-io.ts';
import { fakeControlServer, type FakeControlServer } from '../unit/control/fake-control-server.ts';
import { eventually, siteDirectory } from './harness.ts';

const kits = await Promise.all(KIT_NAMES.map((name) => ensureKit(name)));

interface Machine {
  readonly port: number;
  readonly geoFile: string;
  readonly fake: FakeControlServer;
  readonly at: (name: string) => string;
  readonly wallguard: (...args: string[]) => Promise<{ code: number; out: string; err: string }>;
  /** `$wallguard_geo` for a client with this address. */
  readonly geo: (address: string) => Promise<string>;
}

/** An NGINX that answers with what it found in the file. */
async function machine(kit: Kit): Promise<Machine> {
  const directory = siteDirectory();
  const at = (name: string): string => path.join(directory, name);
  const port = await freePort();
  for (const folder of ['nginx/wallguard', 'tmp', 'state']) mkdirSync(at(folder), { recursive: true });
  const geoFile = at('nginx/wallguard/lists.geo');
  writeFileSync(geoFile, '');
  writeFileSync(
    at('nginx/nginx.conf'),
    `${process.getuid?.() === 0 ? 'user www-data;' : ''}
pid ${at('nginx.pid')};
error_log ${at('error.log')} notice;
events {}
http {
    access_log off;
    client_body_temp_path ${at('tmp/a')};
    proxy_temp_path ${at('tmp/b')};
    fastcgi_temp_path ${at('tmp/c')};
    uwsgi_temp_path ${at('tmp/d')};
    scgi_temp_path ${at('tmp/e')};
    geo $wallguard_geo { default ""; include wallguard/lists.geo; }
    server {
        listen 127.0.0.1:${port};
        set_real_ip_from 127.0.0.1;
        real_ip_header X-Client;
        location / { return 200 "$wallguard_geo"; }
    }
}
`,
  );
  writeFileSync(at('start'), `#!/bin/sh\nexec ${kit.nginx.map((word) => `'${word}'`).join(' ')} "$@"\n`);
  chmodSync(at('start'), 0o755);
  const child = spawn(
    at('start'),
    ['-p', at('nginx'), '-e', at('error.log'), '-c', at('nginx/nginx.conf'), '-g', 'daemon off;'],
    { stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const fake = await fakeControlServer(at('control.sock'));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
    await fake.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const geo = async (address: string): Promise<string> =>
    (await fetch(`http://127.0.0.1:${port}/`, { headers: { 'X-Client': address } })).text();
  await eventually(() => geo('192.0.2.1').catch(() => undefined), 'NGINX answers');
  writeFileSync(
    at('wallguard.yaml'),
    `config_prefix: ${at('nginx')}\n`,
  );
  return {
    port,
    geoFile,
    fake,
    at,
    geo,
    async wallguard(...args) {
      const io = fakeIo(directory);
      const code = await runCli([...args, '--socket', at('control.sock'), '--nginx', at('start')], io, listCommands);
      return { code, ...io.written };
    },
  };
}

describe.each(kits.map((kit) => [`nginx ${kit.nginxVersion}`, kit] as const))('%s', (_name, kit) => {
  test('networks inside each other, their history, and removing them', async () => {
    const { wallguard, geo, geoFile } = await machine(kit);
    expect(await wallguard('lists', 'add', 'deny', '192.0.2.0/24', '2001:db8::/32', '--period', 'forever', '--author', 'ann')).toEqual({
      code: 0,
      out: 'added to deny: 2 entries (2 in wallguard/lists.geo, which NGINX has loaded), for ever\n',
      err: '',
    });
    await wallguard('lists', 'add', 'allow', '192.0.2.16/28', '--period', '2h', '--application', '7', '--reason', '"office"; # {}');
    expect(await geo('192.0.2.1')).toBe('deny:0');
    expect(await geo('192.0.2.17')).toMatch(/^allow:\d{13}:7,deny:0$/);
    expect(await geo('2001:db8:1::1')).toBe('deny:0');
    expect(await geo('198.51.100.1')).toBe('');
    const history = JSON.parse((await wallguard('lists', 'history', '--format', 'json')).out) as { operation: string }[];
    expect(history.map(({ operation }) => operation)).toEqual(['add', 'add', 'add']);

    expect((await wallguard('lists', 'remove', 'deny', '192.0.2.0/24')).out).toBe('removed from deny: 192.0.2.0/24\n');
    expect(await geo('192.0.2.1')).toBe('');
    expect(await geo('192.0.2.17')).toMatch(/^allow:\d{13}:7$/);
    expect(readdirSync(path.dirname(geoFile))).toEqual(['journal', 'lists-history.jsonl', 'lists.geo']);
    expect(readdirSync(path.join(path.dirname(geoFile), 'journal'))).toEqual(['installed.json']);
  });

  test('100,000 addresses in less than 10 seconds, and what has ended leaves the file with the next change', async () => {
    const { wallguard, geo, geoFile, at, fake } = await machine(kit);
    const addresses = Array.from({ length: 100_000 }, (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
    writeFileSync(at('feed.txt'), `# feed\n${addresses.join('\n')}\n198.51.100.0/24\n`);
    const started = performance.now();
    const { code, out } = await wallguard('lists', 'import', 'deny', 'feed.txt', '--reason', 'feed');
    const seconds = (performance.now() - started) / 1000;
    expect({ code, out }).toEqual({
      code: 0,
      out: 'added to deny: 100001 entries (100001 in wallguard/lists.geo, which NGINX has loaded)\n',
    });
    console.log(`100,001 entries imported in ${seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThan(10);
    expect(fake.entries).toEqual([]);
    for (const address of ['10.0.0.0', '10.1.134.159', '198.51.100.9']) expect(await geo(address)).toMatch(/^deny:\d{13}$/);
    expect(await geo('10.1.134.160')).toBe('');

    // As if an hour had passed.
    writeFileSync(geoFile, readFileSync(geoFile, 'utf8').replaceAll(/\b\d{13}\b/g, '1000'));
    await wallguard('lists', 'add', 'gray', '203.0.113.0/24');
    expect(readFileSync(geoFile, 'utf8').match(/^\d.*$/gm)).toEqual([expect.stringMatching(/^203\.0\.113\.0\/24 "gray:/)]);
    expect(await geo('10.0.0.0')).toBe('');
  });

  test('up to 1000 addresses go to the API, networks of the same file to NGINX, and both or none are added', async () => {
    const { wallguard, geo, at, fake, geoFile } = await machine(kit);
    writeFileSync(at('mixed.txt'), '192.0.2.1\n198.51.100.0/24\n');
    fake.full = true;
    expect(await wallguard('lists', 'import', 'deny', 'mixed.txt')).toMatchObject({
      code: 1,
      err: 'the zone of the lists is full; enlarge lists.zone\n',
    });
    expect(await geo('198.51.100.1')).toBe('');
    expect(readFileSync(geoFile, 'utf8')).not.toContain('198.51.100');
    fake.full = false;
    expect((await wallguard('lists', 'import', 'deny', 'mixed.txt')).out).toBe(
      'added to deny: 2 entries (1 in wallguard/lists.geo, which NGINX has loaded)\n',
    );
    expect(fake.entries.map(({ address }) => address)).toEqual(['192.0.2.1']);
    expect(await geo('198.51.100.1')).toMatch(/^deny:/);
    const history = JSON.parse((await wallguard('lists', 'history', '--format', 'json')).out) as { entry: { address: string } }[];
    expect(history.map(({ entry }) => entry.address).sort()).toEqual(['192.0.2.1', '198.51.100.0/24']);
  });

  test('a configuration that NGINX refuses is left alone', async () => {
    const { wallguard, geo, at, geoFile } = await machine(kit);
    await wallguard('lists', 'add', 'deny', '192.0.2.0/24');
    const before = readFileSync(geoFile, 'utf8');
    const conf = readFileSync(at('nginx/nginx.conf'), 'utf8');
    writeFileSync(at('nginx/nginx.conf'), conf.replace('events {}', 'events { worker_connections many; }'));
    const { code, err } = await wallguard('lists', 'add', 'deny', '198.51.100.0/24');
    expect(code).toBe(1);
    expect(err).toMatch(/^NGINX refuses the configuration:\n.*nginx\.conf:\d+: invalid number "many".*\nnothing was done\n$/s);
    expect(readFileSync(geoFile, 'utf8')).toBe(before);
    expect(await geo('192.0.2.1')).toMatch(/^deny:/);
    // Without the include the file would be of no effect.
    writeFileSync(at('nginx/nginx.conf'), conf.replace('include wallguard/lists.geo;', ''));
    expect((await wallguard('lists', 'add', 'deny', '198.51.100.0/24')).err).toMatch(
      /does not include wallguard\/lists\.geo; run "wallguard install" again\n$/,
    );
    expect(existsSync(path.join(path.dirname(geoFile), 'journal/lock'))).toBe(false);
  });

  test('what NGINX does not load is put back', async () => {
    // A port that somebody else has: nginx -t does not try it, the reload does.
    const taken = await machine(kit);
    const { wallguard, geo, at, geoFile } = await machine(kit);
    await wallguard('lists', 'add', 'deny', '192.0.2.0/24');
    const before = readFileSync(geoFile, 'utf8');
    const conf = readFileSync(at('nginx/nginx.conf'), 'utf8');
    writeFileSync(at('nginx/nginx.conf'), conf.replace(/listen [^;]*;/, `$& listen 127.0.0.1:${taken.port};`));
    const { code, err } = await wallguard('lists', 'add', 'deny', '198.51.100.0/24');
    expect(code).toBe(1);
    expect(err).toMatch(/^NGINX did not load the lists: .*\nthe former ones were put back/);
    expect(readFileSync(geoFile, 'utf8')).toBe(before);
    expect(await geo('192.0.2.1')).toMatch(/^deny:/);
    expect(await geo('198.51.100.1')).toBe('');
  });
});
