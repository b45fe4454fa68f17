/** `wallguard check` on real machines: stock configurations, the drop-in, and what looking at them changes. */
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ensureKit, KIT_NAMES, type Kit } from '../../scripts/kits/kit.ts';
import { writeSite, type SiteOptions } from '../../scripts/site.ts';
import { commands, runCli } from '../../tools/src/cli.ts';
import { checks } from '../../tools/src/checks/index.ts';
import { ensureDouble, whyNoDouble } from '../double/build.ts';
import { fakeIo } from '../unit/cli/fake-io.ts';

const noDouble = await whyNoDouble();
if (noDouble !== undefined) process.stderr.write(`skipped: ${noDouble}\n`);

const kits = await Promise.all(KIT_NAMES.map((name) => ensureKit(name, { dev: true })));
const builds = kits.map((kit) => ({ name: `nginx ${kit.nginxVersion}`, kit }));

interface Finding {
  readonly check: string;
  readonly severity: string;
  readonly message: string;
}

interface Report {
  readonly findings: readonly Finding[];
  readonly unread: readonly string[];
  readonly checks: readonly { readonly id: string; readonly outcome: string; readonly reasons: readonly string[] }[];
}

async function check(args: readonly string[]): Promise<{ code: number; report: Report }> {
  const io = fakeIo(tmpdir());
  const code = await runCli(['check', '--format', 'json', ...args], io, commands);
  expect(io.written.err).toBe('');
  return { code, report: JSON.parse(io.written.out) as Report };
}

function errors({ findings }: Report): string[] {
  return findings.filter(({ severity }) => severity === 'error').map((one) => `${one.check}: ${one.message}`);
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'wallguard-check-'));
  chmodSync(directory, 0o755);
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** One path for --nginx, although a kit needs its own loader in front of the binary. */
function launcher(kit: Kit): string {
  const file = path.join(temporaryDirectory(), 'nginx');
  writeFileSync(file, `#!/bin/sh\nexec ${kit.nginx.map((word) => `'${word}'`).join(' ')} "$@"\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A site's files with the prefix that the check has to be told about. */
async function site(options: Omit<SiteOptions, 'directory'>): Promise<{ directory: string; main: string }> {
  const directory = temporaryDirectory();
  const { files } = await writeSite({ ...options, directory });
  return { directory, main: files.nginxConf };
}

/** Owner, mode and kind of everything below a directory, and the times at which it was changed. */
function snapshot(directory: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()) {
    const { uid, gid, mode, mtimeMs, ctimeMs } = lstatSync(path.join(directory, name));
    found[name] = [uid, gid, mode.toString(8), mtimeMs, ctimeMs].join(' ');
  }
  return found;
}

describe.each(builds)('$name', ({ kit }) => {
  test('the stock configuration of the distribution is fine, judged by its own binary and modules', async () => {
    const { code, report } = await check(['--root', kit.root]);
    expect(errors(report)).toEqual([]);
    expect({ code, unread: report.unread }).toEqual({ code: 0, unread: [] });
    const judged = report.checks.find(({ id }) => id === 'unknown-directive');
    expect(judged).toMatchObject({ outcome: 'passed', reasons: [] });
  });

  test.each(['none', 'modsecurity'] as const)('the drop-in with engine %s has no errors', async (engine) => {
    const { main } = await site({ kit, settings: { engine } });
    const { code, report } = await check(['--nginx', launcher(kit), main]);
    expect(errors(report)).toEqual([]);
    expect(code).toBe(0);
    expect(report.checks.find(({ id }) => id === 'nginx-test')?.outcome).toBe('passed');
  });

  test.skipIf(noDouble !== undefined)('the drop-in with engine wallarm has no errors', async () => {
    const wallarmModule = await ensureDouble(kit, '6.13.0');
    const { main } = await site({ kit, wallarmModule, settings: { engine: 'wallarm' } });
    const { code, report } = await check(['--nginx', launcher(kit), main]);
    expect(errors(report)).toEqual([]);
    expect(code).toBe(0);
  });

  test('NGINX itself is asked, on a copy, and its refusal is reported where it is', async () => {
    const directory = temporaryDirectory();
    const main = path.join(directory, 'nginx.conf');
    // The copy names other paths; its lines are those of the host's file all the same.
    const log = `access_log\n        ${directory}/access.log\n        combined;`;
    writeFileSync(main, `events {}\nhttp {\n    ${log}\n    server {\n        listen 99999;\n    }\n}\n`);
    const { code, report } = await check(['--nginx', launcher(kit), '--only', 'nginx-test', main]);
    expect(code).toBe(1);
    expect(report.findings).toEqual([
      expect.objectContaining({ line: 7, severity: 'error', message: expect.stringMatching(/invalid port/) as string }),
    ]);
  });
});

describe('looking changes nothing', () => {
  const [kit] = kits;
  if (kit === undefined) throw new Error('there is no kit');

  /** As root, NGINX gives its directories for temporary files to the configured user. */
  async function prepared(): Promise<{ directory: string; main: string }> {
    const directory = temporaryDirectory();
    mkdirSync(path.join(directory, 'bodies'), { mode: 0o700 });
    const main = path.join(directory, 'nginx.conf');
    const paths = ['proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/${name};`);
    writeFileSync(
      main,
      `user nobody nogroup;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events {}
http {
    client_body_temp_path ${directory}/bodies;
    ${paths.join('\n    ')}
    access_log ${directory}/access.log;
}
`,
    );
    return { directory, main };
  }

  test('of the check with all checks on, owners, modes and times stay', async () => {
    const { directory, main } = await prepared();
    const before = snapshot(directory);
    const { report } = await check(['--nginx', launcher(kit), main]);
    expect(report.checks.map(({ id }) => id).sort()).toEqual(checks.map(({ id }) => id).sort());
    expect(report.checks.find(({ id }) => id === 'nginx-test')?.outcome).toBe('passed');
    expect(snapshot(directory)).toEqual(before);
  });

  test.skipIf(process.getuid?.() !== 0)('--host-nginx-t does change something, and says what', async () => {
    const { directory, main } = await prepared();
    const { report } = await check(['--nginx', launcher(kit), '--host-nginx-t', '--only', 'nginx-test', main]);
    const said = report.findings.map(({ message }) => message);
    expect(said).toContainEqual(expect.stringMatching(/bodies: before owner 0:0, mode 700, now owner \d{3,}:0, mode 700/));
    expect(said).toContainEqual(expect.stringMatching(/access\.log: before not there, now owner 0:0/));
    expect(said.every((message) => message.startsWith('nginx -t changed this machine: '))).toBe(true);
    expect(readdirSync(directory)).toContain('nginx.pid');
  });
});
