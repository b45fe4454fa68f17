/**
 * Installing into configurations as distributions lay them out, with real NGINX: what the host looks like before and
 * after, and that NGINX really runs with it.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { buildNjs } from '../../scripts/bundle.ts';
import { ensureKit, KIT_NAMES, type Kit } from '../../scripts/kits/kit.ts';
import { freePort } from '../../scripts/site.ts';
import { install, uninstall } from '../../tools/src/commands/install.ts';
import { liveFiles } from '../../tools/src/host/live-files.ts';
import { testIsolated, type TestVerdict } from '../../tools/src/install/isolated-test.ts';
import { inspectBuild } from '../../tools/src/install/nginx-build.ts';
import { workersOf } from '../../tools/src/install/running-nginx.ts';
import { Transaction } from '../../tools/src/install/transaction.ts';
import { exitCodes, UserError, type Command } from '../../tools/src/io.ts';
import { loadConfig } from '../../tools/src/nginx-conf/include.ts';
import { eventually, siteDirectory } from './harness.ts';

// The command takes the bundles from dist/, which a checkout need not have; here they are built once.
vi.mock(import('../../tools/src/package-files.ts'), async (original) => {
  let bundles: Promise<{ hot: string; cold: string }> | undefined;
  const build = async (): Promise<{ hot: string; cold: string }> => ({
    hot: await buildNjs('hot'),
    cold: await buildNjs('cold'),
  });
  return { ...(await original()), readBundles: async () => await (bundles ??= build()) };
});

const kits = await Promise.all(KIT_NAMES.map((name) => ensureKit(name)));
const isRoot = process.getuid?.() === 0;

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A machine in a folder: configuration, logs, and an NGINX to run it. */
class Machine {
  readonly directory = siteDirectory();
  readonly kit: Kit;
  readonly ports: { app: number; monitor: number; status: number };
  readonly nginx: string;

  private constructor(kit: Kit, ports: Machine['ports']) {
    this.kit = kit;
    this.ports = ports;
    this.nginx = this.write('nginx', `#!/bin/sh\nexec ${kit.nginx.map((word) => `'${word}'`).join(' ')} "$@"\n`);
    chmodSync(this.nginx, 0o755);
    for (const folder of ['etc/nginx', 'var/log', 'var/lib/nginx', 'run', 'www']) {
      mkdirSync(this.at(folder), { recursive: true });
    }
  }

  static async create(kit: Kit): Promise<Machine> {
    const machine = new Machine(kit, {
      app: await freePort(),
      monitor: await freePort(),
      status: await freePort('127.0.0.8'),
    });
    onTestFinished(async () => {
      await machine.stop();
      rmSync(machine.directory, { recursive: true, force: true });
    });
    return machine;
  }

  at(name: string): string {
    return path.join(this.directory, name);
  }

  write(name: string, text: string): string {
    const file = path.join(this.directory, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** Lines of the main context that every test needs: whatever NGINX writes lies in the folder. */
  mainLines(): string {
    return [
      ...(isRoot ? ['user www-data;'] : []),
      `pid ${this.at('run/nginx.pid')};`,
      `error_log ${this.at('var/log/error.log')};`,
      'events { worker_connections 64; }',
    ].join('\n');
  }

  httpLines(): string {
    return ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `    ${name}_temp_path ${this.at(`var/lib/nginx/${name}`)};`)
      .join('\n');
  }

  /** Debian's layout: sites in a folder of links, read after conf.d. */
  debian(server: string, http = ''): void {
    this.write(
      'etc/nginx/nginx.conf',
      `${this.mainLines()}\n\nhttp {\n${this.httpLines()}\n    access_log ${this.at('var/log/access.log')};\n${http}\n    include ${this.at('etc/nginx')}/conf.d/*.conf;\n    include ${this.at('etc/nginx')}/sites-enabled/*;\n}\n`,
    );
    this.write('etc/nginx/sites-available/default', server);
    mkdirSync(this.at('etc/nginx/sites-enabled'), { recursive: true });
    mkdirSync(this.at('etc/nginx/conf.d'), { recursive: true });
    symlinkSync('../sites-available/default', this.at('etc/nginx/sites-enabled/default'));
  }

  settings(more: Record<string, unknown> = {}): string {
    return this.write(
      'wallguard.yaml',
      stringify({
        monitor: { listen: `127.0.0.1:${this.ports.monitor}` },
        status_service: { listen: `127.0.0.8:${this.ports.status}` },
        telemetry: { sinks: [{ file: this.at('var/log/wallguard.jsonl') }] },
        access_log: { path: this.at('var/log/access.log') },
        core_dumps: { directory: this.at('var/lib/wallguard/cores') },
        modules: { js: this.kit.modules.js, ...(this.kit.modules.modsecurity ? { modsecurity: this.kit.modules.modsecurity } : {}) },
        modsecurity: {
          audit_log: this.at('var/log/audit.json'),
          ...(this.kit.modsecurity ? { crs_setup: this.kit.modsecurity.crsSetup, crs_rules: this.kit.modsecurity.crsRules } : {}),
        },
        ...more,
      }),
    );
  }

  async run(command: Command, ...args: string[]): Promise<Ran> {
    return await this.runWith(undefined, command, ...args);
  }

  /** @param answer  what is answered on the terminal; undefined: there is none */
  async runWith(answer: string | undefined, command: Command, ...args: string[]): Promise<Ran> {
    const written = { out: '', err: '' };
    const all = ['--prefix', this.at('etc/nginx'), '--nginx', this.nginx, ...args];
    if (command === install) all.push('--settings', this.at('wallguard.yaml'));
    const code = await command(all, {
      out: (text) => (written.out += text),
      err: (text) => (written.err += text),
      readInput: async () => Promise.resolve(Buffer.alloc(0)),
      ask: async () => Promise.resolve(answer ?? ''),
      isTty: answer !== undefined,
      colour: false,
      cwd: this.directory,
    }).catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error;
      written.err += `${error.message}\n`;
      return error.exitCode;
    });
    return { code, ...written };
  }

  start(): void {
    const ran = spawnSync(this.nginx, ['-e', this.at('var/log/error.log'), '-p', this.directory, '-c', this.at('etc/nginx/nginx.conf')], {
      encoding: 'utf8',
    });
    if (ran.status !== 0) throw new Error(`NGINX did not start: ${ran.stderr}`);
  }

  get master(): number | undefined {
    const text = existsSync(this.at('run/nginx.pid')) ? readFileSync(this.at('run/nginx.pid'), 'utf8') : '';
    return text === '' ? undefined : Number(text);
  }

  async stop(): Promise<void> {
    const { master } = this;
    if (master === undefined) return;
    process.kill(master, 'SIGTERM');
    await eventually(() => (existsSync(`/proc/${master}`) ? undefined : true), 'NGINX ends');
  }

  get(url: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.ports.app}${url}`);
  }

  /** Like `get`, for a Host of its own, which `fetch` does not allow. */
  ask(url: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port: this.ports.app, path: url, headers, agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
      })
        .once('error', reject)
        .end();
    });
  }

  /** Everything about every file of these folders that could be changed. */
  snapshot(...folders: string[]): Record<string, string> {
    return this.#look(folders.length > 0 ? folders : ['etc', 'var', 'run'], ({ mtimeMs, ctimeMs }) => `${mtimeMs} ${ctimeMs}`);
  }

  /** The configuration, without times. */
  contents(): Record<string, string> {
    return this.#look(['etc'], () => '');
  }

  #look(folders: readonly string[], timesOf: (found: Stats) => string): Record<string, string> {
    const seen: Record<string, string> = {};
    const visit = (name: string): void => {
      const file = this.at(name);
      const found = lstatSync(file);
      const what = found.isSymbolicLink() ? readlinkSync(file) : found.isFile() ? readFileSync(file, 'latin1') : '';
      seen[name] = `${found.uid}:${found.gid} ${found.mode.toString(8)} ${timesOf(found)} ${what}`;
      if (found.isDirectory()) for (const entry of readdirSync(file)) visit(path.join(name, entry));
    };
    for (const folder of folders) visit(folder);
    return seen;
  }

  /** Our verdict on the configuration as it is. */
  async verdict(): Promise<TestVerdict> {
    const build = await inspectBuild(this.nginx);
    const tree = await loadConfig(liveFiles(), this.at('etc/nginx/nginx.conf'), build.prefix);
    return await testIsolated({ tree, build });
  }
}

/** A server that answers, for `machine.debian()`. */
function shop({ ports }: Machine, inside = '', root = 'return 200 "clean\\n";'): string {
  return `server {
    listen 127.0.0.1:${ports.app};
    server_name shop.example;
    ${inside}
    location / {
        ${root}
    }
}
`;
}

describe.each(kits.map((kit) => ({ kit, version: kit.nginxVersion })))('NGINX $version', ({ kit }) => {
  test('installs, does nothing the second time, and goes without a trace', async () => {
    const machine = await Machine.create(kit);
    machine.debian(shop(machine));
    machine.settings();
    machine.start();
    const before = machine.contents();
    const untouched = machine.snapshot();

    const dry = await machine.run(install, '--dry-run');
    expect(dry, dry.err).toMatchObject({ code: exitCodes.ok });
    expect(dry.out).toContain('+    include wallguard/server.conf;');
    expect(dry.err).toContain('tested on a copy');
    expect(machine.snapshot()).toEqual(untouched);

    const oldWorkers = await workersOf(machine.master!);
    const installed = await machine.run(install, '--yes');
    expect(installed, installed.err).toMatchObject({ code: exitCodes.ok });
    expect(installed.err).toMatch(/asked: blocking page of shop\.example at 127\.0\.0\.1:\d+: ok/);
    expect(installed.err).toMatch(/asked: monitor \S+: ok\nasked: statistics service \S+: ok/);
    expect((await workersOf(machine.master!)).some((pid) => oldWorkers.includes(pid))).toBe(false);
    expect(lstatSync(machine.at('etc/nginx/sites-enabled/default')).isSymbolicLink()).toBe(true);
    expect(statSync(machine.at('var/lib/wallguard/cores')).mode & 0o7777).toBe(0o1777);
    expect((await machine.get('/')).status).toBe(200);
    expect((await machine.get('/wallarm-status')).status).toBe(403);

    const after = machine.snapshot('etc');
    expect(await machine.run(install, '--yes')).toMatchObject({ code: exitCodes.ok, out: 'nothing to do\n' });
    expect(machine.snapshot('etc')).toEqual(after);

    const gone = await machine.run(uninstall, '--yes');
    expect(gone, gone.err).toMatchObject({ code: exitCodes.ok });
    expect(machine.contents()).toEqual(before);
    expect((await machine.get('/wallarm-status')).status).toBe(200);
    expect(await machine.run(uninstall, '--yes')).toMatchObject({ code: exitCodes.ok, out: 'nothing to do\n' });
  });

  test('a busy configuration: what is there stays, ModSecurity blocks, and all of it works', async () => {
    const machine = await Machine.create(kit);
    const toOther = `proxy_pass http://127.0.0.1:${machine.ports.app}; proxy_set_header Host other.example;`;
    machine.debian(
      `${shop(
        machine,
        `error_page 404 /sorry;
    location = /sorry { internal; return 200 "sorry\\n"; }
    location /own/ { error_page 404 =404 /sorry; ${toOther} }`,
        toOther,
      )}server { listen 127.0.0.1:${machine.ports.app}; server_name other.example; location / { return 200 other; } }\n`,
    );
    const conf = machine.at('etc/nginx/nginx.conf');
    writeFileSync(conf, `load_module ${kit.modules.js};\nworker_rlimit_core 1m;\n${readFileSync(conf, 'utf8')}`);
    machine.settings({ engine: 'modsecurity', mode: 'block' });
    machine.start();
    const before = machine.contents();

    const installed = await machine.run(install, '--yes', '--server', 'shop.example');
    expect(installed, installed.err).toMatchObject({ code: exitCodes.ok });
    expect(installed.err).toContain('loads ngx_http_js_module.so already');
    expect(installed.err).toContain('"location /own/" has its own error_page');
    const attack = "/?id=1'%20UNION%20SELECT%20username,%20password%20FROM%20users--<script>prompt(1)</script>";
    const host = { Host: 'shop.example' };
    expect((await machine.ask('/', host)).status).toBe(200);
    expect((await machine.ask(attack, host)).status).toBe(403);
    expect((await machine.ask(`/own${attack}`, host)).status).toBe(403);
    expect(await machine.ask(attack, { Host: 'other.example' })).toMatchObject({ status: 200, body: 'other' });

    expect(await machine.run(uninstall, '--yes')).toMatchObject({ code: exitCodes.ok });
    expect(machine.contents()).toEqual(before);
  });

});

describe('what may come', () => {
  const kit = kits[0]!;

  test("nginx.org's layout, where the server is read before conf.d/wallguard.conf would be", async () => {
    const machine = await Machine.create(kit);
    machine.write(
      'etc/nginx/nginx.conf',
      `${machine.mainLines()}\nhttp {\n${machine.httpLines()}\n    log_format main '$remote_addr "$request"';\n    access_log ${machine.at('var/log/access.log')} main;\n    include ${machine.at('etc/nginx')}/conf.d/*.conf;\n}\n`,
    );
    machine.write('etc/nginx/conf.d/default.conf', shop(machine));
    machine.settings();
    machine.start();
    const before = machine.contents();
    const installed = await machine.run(install, '--yes');
    expect(installed, installed.err).toMatchObject({ code: exitCodes.ok });
    expect((await machine.get('/wallarm-status')).status).toBe(403);
    await eventually(
      () => (/^127\.0\.0\.1 "GET \/wallarm-status/m.test(readFileSync(machine.at('var/log/access.log'), 'utf8')) ? true : undefined),
      'the access log of the http block is still written, in its format',
    );
    expect(await machine.run(uninstall, '--yes')).toMatchObject({ code: exitCodes.ok });
    expect(machine.contents()).toEqual(before);
  });

  test('a port that is taken shows only when NGINX reloads: everything is put back', async () => {
    const machine = await Machine.create(kit);
    machine.debian(shop(machine));
    machine.settings();
    machine.start();
    const before = machine.contents();
    const holder = createServer().listen(machine.ports.monitor, '127.0.0.1');
    onTestFinished(() => void holder.close());

    const ran = await machine.run(install, '--yes');
    expect(ran.code).toBe(exitCodes.found);
    expect(ran.err).toContain('Address already in use');
    expect(ran.err).toContain('everything was put back, and NGINX runs as before');
    expect(machine.contents()).toEqual(before);
    expect(existsSync(machine.at('var/lib/wallguard'))).toBe(false);
    expect((await machine.get('/wallarm-status')).status).toBe(200);
  });

  test.skipIf(!isRoot)('workers that cannot enter the core directory: NGINX tests and reloads well, and is put back (needs root)', async () => {
    const machine = await Machine.create(kit);
    machine.debian(shop(machine));
    machine.settings();
    mkdirSync(machine.at('var/lib/wallguard/cores'), { recursive: true });
    chmodSync(machine.at('var/lib/wallguard'), 0o700);
    machine.start();
    const before = machine.contents();
    const ran = await machine.run(install, '--yes');
    expect(ran.code).toBe(exitCodes.found);
    expect(ran.err).toContain('NGINX said: chdir');
    expect(machine.contents()).toEqual(before);
    expect((await machine.get('/')).status).toBe(200);
    expect(await workersOf(machine.master!)).not.toEqual([]);
  });

  test('NGINX that does not run: the files are put in place and it starts with them', async () => {
    const machine = await Machine.create(kit);
    machine.debian(shop(machine));
    machine.settings();
    const ran = await machine.run(install, '--yes');
    expect(ran, ran.err).toMatchObject({ code: exitCodes.ok });
    expect(ran.err).toMatch(/NGINX does not run \(there is no pid file .*nginx\.pid\)/);
    machine.start();
    await eventually(() => machine.get('/').then(({ status }) => status, () => undefined), 'NGINX answers');
    expect((await machine.get('/wallarm-status')).status).toBe(403);
  });

  test('without a yes nothing is done', async () => {
    const machine = await Machine.create(kit);
    machine.debian(shop(machine));
    machine.settings();
    const untouched = machine.snapshot();
    expect(await machine.run(install)).toMatchObject({ code: exitCodes.usage });
    expect(await machine.runWith('n', install)).toMatchObject({ code: exitCodes.found });
    expect(machine.snapshot()).toEqual(untouched);
    expect(await machine.runWith('y', install)).toMatchObject({ code: exitCodes.ok });
    expect(machine.snapshot()).not.toEqual(untouched);
  });

  test('a run that was killed is put back, and NGINX reloaded, before anything else', async () => {
    const machine = await Machine.create(kit);
    machine.debian(shop(machine));
    machine.settings();
    machine.start();
    const before = machine.contents();
    const site = readFileSync(machine.at('etc/nginx/sites-available/default'));
    const killed = await Transaction.begin(machine.at('etc/nginx/wallguard/journal'));
    const broken = Buffer.from(site.toString().replace('clean', 'half done'));
    await killed.apply([{ path: machine.at('etc/nginx/sites-enabled/default'), before: site, after: broken, own: false }], []);
    rmSync(machine.at('etc/nginx/wallguard/journal/lock'));
    const workers = await workersOf(machine.master!);

    expect(await machine.run(uninstall, '--dry-run')).toMatchObject({ code: exitCodes.found });
    const ran = await machine.run(uninstall, '--yes');
    expect(ran, ran.err).toMatchObject({ code: exitCodes.ok, out: 'nothing to do\n' });
    expect(ran.err).toContain('an earlier run was interrupted; its changes were put back');
    expect(machine.contents()).toEqual(before);
    expect((await workersOf(machine.master!)).some((pid) => workers.includes(pid))).toBe(false);
  });

  test('a configuration that is broken before: the reason is its own', async () => {
    const machine = await Machine.create(kit);
    machine.debian(shop(machine), '    upstream u { server wallguard.invalid; }\n');
    machine.settings();
    const semantic = await machine.run(install, '--yes');
    expect(semantic).toMatchObject({ code: exitCodes.found });
    expect(semantic.err).toContain('could not be tested here:\n');
    expect(semantic.err).toContain('It fails in the same way without the changes');

    machine.write('etc/nginx/sites-available/default', 'server { listen 80 }\n');
    const syntax = await machine.run(install, '--yes');
    expect(syntax).toMatchObject({ code: exitCodes.unreadable });
    expect(syntax.err).toContain('sites-enabled/default:1:20: unexpected "}" (opened at line 1)');
  });
});

describe('testing apart from the host', () => {
  const kit = kits[0]!;

  /** Whatever NGINX creates or re-owns when it tests: some of it missing, some owned by somebody else. */
  async function delicate(): Promise<Machine> {
    const machine = await Machine.create(kit);
    const modsecurity = kit.modules.modsecurity;
    machine.write(
      'etc/nginx/nginx.conf',
      `${modsecurity === undefined ? '' : `load_module ${modsecurity};`}
${isRoot ? 'user www-data;' : ''}
pid ${machine.at('run/nginx.pid')};
error_log ${machine.at('var/log/missing-error.log')} info;
events { }
http {
${machine.httpLines()}
    access_log ${machine.at('var/log/missing-access.log')};
    proxy_cache_path ${machine.at('var/lib/nginx/cache')} keys_zone=c:1m;
    fastcgi_cache_path ${machine.at('var/lib/nginx/new-cache')} keys_zone=d:1m;
    server {
        listen unix:${machine.at('run/nginx.sock')};
        listen unix:${machine.at(`run/${'long'.repeat(8)}.sock`)};
        listen 127.0.0.1:${machine.ports.app};
        access_log ${machine.at('var/log/present.log')};
        ${modsecurity === undefined ? '' : `modsecurity on; modsecurity_rules_file ${machine.at('etc/nginx/rules.conf')};`}
        include ${machine.at('etc/nginx/snippets')}/*.conf;
        include relative.conf;
    }
}
`,
    );
    machine.write('etc/nginx/rules.conf', `SecRuleEngine On\nInclude more-rules.conf\n`);
    machine.write('etc/nginx/more-rules.conf', `SecAuditEngine On\nSecAuditLog ${machine.at('var/log/missing-audit.json')}\n`);
    machine.write('etc/nginx/snippets/a.conf', `error_log ${machine.at('var/log/missing-too.log')};\n`);
    machine.write('etc/nginx/relative.conf', 'location / { auth_basic_user_file users; proxy_cache c; proxy_pass http://127.0.0.1; }\n');
    machine.write('var/log/present.log', 'kept\n');
    for (const name of ['client_body', 'proxy', 'cache']) {
      mkdirSync(machine.at(`var/lib/nginx/${name}`), { mode: 0o711 });
      if (isRoot) chownSync(machine.at(`var/lib/nginx/${name}`), 12345, 12345);
    }
    return machine;
  }

  test('owners, modes, times and contents are what they were, and nothing appears', async () => {
    const machine = await delicate();
    const before = machine.snapshot();
    expect(await machine.verdict()).toEqual({ outcome: 'passed', diagnostics: [] });
    expect(machine.snapshot()).toEqual(before);
  });

  test('where "nginx -t" itself would change them', async () => {
    const machine = await delicate();
    const before = machine.snapshot();
    const ran = spawnSync(machine.nginx, ['-t', '-e', machine.at('var/log/error.log'), '-c', machine.at('etc/nginx/nginx.conf')]);
    expect(ran.status, ran.stderr.toString()).toBe(0);
    const after = machine.snapshot();
    const appeared = Object.keys(after).filter((name) => !(name in before));
    expect(appeared).toEqual(expect.arrayContaining(['var/log/missing-error.log', 'run/nginx.pid', 'var/lib/nginx/new-cache']));
    if (isRoot) expect(after['var/lib/nginx/cache']).not.toBe(before['var/lib/nginx/cache']);
  });

  test('paths that NGINX has from its build are not touched either', async () => {
    const machine = await Machine.create(kit);
    machine.write('etc/nginx/nginx.conf', `events { }\nhttp { server { listen 127.0.0.1:${machine.ports.app}; } }\n`);
    const build = await inspectBuild(machine.nginx);
    const built = [build.pidPath, build.option('http-log-path'), build.option('http-proxy-temp-path')].map((file) =>
      statSync(file ?? '', { throwIfNoEntry: false }),
    );
    // Debian's paths need not exist here; then NGINX itself would fail on them, and so has the copy to.
    const expected = existsSync('/var/log/nginx') && existsSync('/var/lib/nginx') ? 'passed' : 'environment';
    expect(await machine.verdict()).toMatchObject({ outcome: expected });
    const after = [build.pidPath, build.option('http-log-path'), build.option('http-proxy-temp-path')].map((file) =>
      statSync(file ?? '', { throwIfNoEntry: false }),
    );
    expect(after).toEqual(built);
  });

  test.each<[outcome: TestVerdict['outcome'], text: string, message: RegExp, line: number | undefined]>([
    ['syntax', 'server {\n  listen 80;;\n}\n', /^unexpected ";"$/, 2],
    ['semantic', 'server {\n  lissten 80;\n}\n', /^unknown directive "lissten"$/, 2],
    ['semantic', 'server {\n  root /a;\n  root /b;\n}\n', /^"root" directive is duplicate$/, 3],
    ['semantic', 'server {\n  proxy_read_timeout 5;\n  listen 80 what;\n}\n', /^invalid parameter "what"$/, 3],
    ['environment', 'upstream u {\n  server wallguard.invalid;\n}\n', /^host not found in upstream "wallguard.invalid"$/, 2],
    ['environment', 'server {\n  listen 127.0.0.1:1 ssl;\n  ssl_certificate /none.pem;\n  ssl_certificate_key /none.key;\n}\n', /^cannot load certificate "\/none.pem"/, undefined],
    ['environment', 'server {\n  access_log /none/access.log;\n}\n', /^open\(\) "\/none\/access.log" failed \(2: No such file/, undefined],
  ])('%s: %j', async (outcome, text, message, line) => {
    const machine = await Machine.create(kit);
    machine.debian(text);
    const verdict = await machine.verdict();
    const reason = verdict.diagnostics.find(({ level }) => level !== 'warn');
    expect(verdict.outcome, JSON.stringify(verdict)).toBe(outcome);
    expect(reason?.message).toMatch(message);
    expect(reason?.line).toBe(line);
    if (line !== undefined) expect(reason?.file).toBe(machine.at('etc/nginx/sites-enabled/default'));
  });

  test("the vendor's own warning is one, and no failure", async () => {
    const machine = await Machine.create(kit);
    machine.debian('server {\n  allow 127.0.0.8/8;\n  deny all;\n}\n');
    const { outcome, diagnostics } = await machine.verdict();
    expect(outcome).toBe('passed');
    expect(diagnostics.map(({ level, message, line }) => [level, message, line])).toEqual([
      ['warn', 'low address bits of 127.0.0.8/8 are meaningless', 2],
    ]);
  });
});
