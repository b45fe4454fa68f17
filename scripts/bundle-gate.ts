/**
 * What the bundles must stand on real engines: parse on every njs there is, and start cheaply, since every request that
 * touches JavaScript pays for the top level of each bundle in scope (njs-capabilities.md 8.3).
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { ensureKit, KitError, KIT_NAMES, type JsEngine, type Kit } from './kits/kit.ts';
import { repositoryRoot } from './kits/repository.ts';
import { freePort, nginxArguments } from './site.ts';

const bundles = ['hot', 'cold'] as const;

/**
 * Loads both bundles with the `njs` of every kit and prints what they cost to start.
 *
 * @throws Error when an engine refuses a bundle
 */
export async function gateBundles(log: (line: string) => void): Promise<void> {
  for (const name of KIT_NAMES) {
    let kit: Kit;
    try {
      kit = await ensureKit(name);
    } catch (error) {
      if (!(error instanceof KitError)) throw error;
      log(`bundles not tried on ${name}: ${error.message}`);
      continue;
    }
    for (const engine of kit.engines) {
      parseWithCli(kit, engine);
      const costs = await startCosts(kit, engine);
      log(
        `njs ${kit.njsVersion} ${engine}: both bundles load; start cost ${bundles
          .map((bundle, index) => `${bundle} ${costs[index]?.toFixed(1)} µs`)
          .join(', ')} per request that touches it`,
      );
    }
  }
}

function parseWithCli(kit: Kit, engine: JsEngine): void {
  const [command, ...args] = kit.njsCli ?? [];
  if (command === undefined) {
    throw new Error(`kit ${kit.name} has no njs command-line tool to parse the bundles with`);
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'wallguard-gate-'));
  try {
    for (const bundle of bundles) {
      const main = path.join(folder, `${bundle}-main.js`);
      const file = path.join(repositoryRoot, 'dist/njs', `${bundle}.js`);
      writeFileSync(main, `import bundle from '${file}';\nconsole.log(Object.keys(bundle).length > 0);\n`);
      const flags = engine === 'qjs' ? ['-n', 'QuickJS', '-m'] : ['-m'];
      const run = spawnSync(command, [...args, ...flags, main], { encoding: 'utf8' });
      if (run.status !== 0 || run.stdout.trim() !== 'true') {
        throw new Error(`njs ${kit.njsVersion} (${engine}) refuses ${bundle}.js:\n${run.stdout}${run.stderr}`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Worker CPU per request with a bundle in scope minus without, in µs; order as in `bundles`. */
async function startCosts(kit: Kit, engine: JsEngine): Promise<number[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'wallguard-cost-'));
  const prefix = path.join(directory, 'nginx');
  for (const folder of [prefix, path.join(directory, 'log')]) mkdirSync(folder);
  const port = await freePort();
  writeFileSync(path.join(prefix, 'probe.js'), 'function empty() { return ""; }\nexport default { empty };\n');
  const location = (name: string, imports: string): string =>
    `location /${name} { js_import probe from ${prefix}/probe.js; ${imports} js_set $${name} probe.empty; return 200 "$${name}"; }`;
  writeFileSync(
    path.join(prefix, 'nginx.conf'),
    `load_module ${kit.modules.js};
pid ${directory}/nginx.pid;
master_process off;
daemon off;
events { }
http {
    ${engine === 'qjs' ? 'js_engine qjs;' : ''}
    access_log off;
    keepalive_requests 1000000;
    ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${directory}/${kind};`).join(' ')}
    server {
        listen 127.0.0.1:${port};
        ${location('bare', '')}
        ${bundles.map((bundle) => location(bundle, `js_import bundle from ${repositoryRoot}/dist/njs/${bundle}.js;`)).join('\n        ')}
    }
}
`,
  );
  const [command = '', ...args] = [...kit.nginx, ...nginxArguments(directory)];
  const nginx = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  nginx.stderr.on('data', (data: Buffer) => (said += data.toString()));
  const ended = new Promise<void>((resolve) => void nginx.once('exit', () => resolve()));
  try {
    await untilListening(
      port,
      () => nginx.exitCode === null,
      () => said,
    );
    const cost = async (name: string): Promise<number> => {
      const before = cpuMicroseconds(nginx.pid ?? 0);
      await pipelined(port, `/${name}`, REQUESTS);
      return (cpuMicroseconds(nginx.pid ?? 0) - before) / REQUESTS;
    };
    await cost('bare');
    const samples: number[][] = bundles.map(() => []);
    for (let round = 0; round < 3; round += 1) {
      const bare = await cost('bare');
      for (const [index, bundle] of bundles.entries()) {
        samples[index]?.push((await cost(bundle)) - bare);
      }
    }
    return samples.map((values) => values.toSorted((a, b) => a - b)[1] ?? Number.NaN);
  } finally {
    nginx.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  }
}

const REQUESTS = 20_000;

/** User and system time of a process; the kernel counts in ticks of 10 ms. */
function cpuMicroseconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** Sends `count` requests over one connection, a hundred at a time, and waits for all answers. */
function pipelined(port: number, target: string, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const batch = 100;
    let answers = 0;
    let sent = 0;
    const socket = connect(port, '127.0.0.1', () => send());
    const send = (): void => {
      sent += batch;
      socket.write(request.repeat(batch));
    };
    let rest = '';
    socket.on('data', (data) => {
      const parts = (rest + data.toString('latin1')).split('HTTP/1.1 ');
      answers += parts.length - 1;
      rest = parts.at(-1)?.slice(-8) ?? '';
      if (answers >= count) {
        socket.end();
        resolve();
      } else if (answers >= sent) {
        send();
      }
    });
    socket.once('error', reject);
  });
}

async function untilListening(port: number, alive: () => boolean, said: () => string): Promise<void> {
  for (let attempt = 0; attempt < 500 && alive(); attempt += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`NGINX with the bundles did not start: ${said()}`);
}
