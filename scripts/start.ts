/**
 * `npm start`: NGINX with wallguard and ModSecurity in front of a small application, until Ctrl-C.
 *
 * Options: `--port N` (8080), `--monitor-port N` (9913), `--status-port N` (9914), `--kit debian-13|debian-testing|system`,
 * `--js-engine njs|qjs`.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildAll } from './bundle.ts';
import { demoApp } from './demo-app.ts';
import { ensureKit, KIT_NAMES, KitError, systemKit, type Kit, type KitName } from './kits/kit.ts';
import { repositoryRoot } from './kits/repository.ts';
import { reachableByWorker, SiteError, startSite, type Site } from './site.ts';

/** Stops with one message and no stack. */
class StartError extends Error {}

const runFile = path.join(repositoryRoot, '.wallguard/run.json');

async function main(): Promise<void> {
  const options = readOptions();
  refuseSecondRun();
  for (const [name, address, port] of [
    ['--port', '127.0.0.1', options.port],
    ['--monitor-port', '127.0.0.1', options.monitorPort],
    ['--status-port', '127.0.0.8', options.statusPort],
  ] as const) {
    await refuseTakenPort(name, address, port);
  }
  const kit = await chooseKit(options.kit);
  if (!(kit.engines as readonly string[]).includes(options.jsEngine)) {
    throw new StartError(
      `--js-engine ${options.jsEngine}: njs ${kit.njsVersion} of ${kit.name} has ${kit.engines.join(', ')} only`,
    );
  }
  await buildAll();
  const app = demoApp();
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  const directory = stateDirectory();
  const site = await startSite({
    kit,
    directory: directory.path,
    jsEngine: options.jsEngine,
    ports: { app: options.port, monitor: options.monitorPort, status: options.statusPort },
    upstream: `http://127.0.0.1:${(app.address() as AddressInfo).port}`,
    settings: { engine: kit.modsecurity === undefined ? 'none' : 'modsecurity', mode: 'block' },
  });
  writeRunFile(site);
  announce(site, kit);

  const stop = async (): Promise<void> => {
    await site.stop();
    app.closeAllConnections();
    app.close();
    rmSync(runFile, { force: true });
    if (directory.temporary) {
      rmSync(directory.path, { recursive: true, force: true });
    }
  };
  const signalled = new Promise<'signal'>((resolve) => {
    process.once('SIGINT', () => resolve('signal'));
    process.once('SIGTERM', () => resolve('signal'));
    process.once('SIGHUP', () => resolve('signal'));
  });
  const why = await Promise.race([signalled, site.ended.then(() => 'ended' as const)]);
  await stop();
  if (why === 'ended') {
    throw new StartError(`NGINX ended by itself; its error log: ${site.files.errorLog}`);
  }
  process.stdout.write('\nwallguard: stopped, nothing is left running\n');
}

function readOptions(): {
  port: number;
  monitorPort: number;
  statusPort: number;
  kit: string;
  jsEngine: 'njs' | 'qjs';
} {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        port: { type: 'string', default: '8080' },
        'monitor-port': { type: 'string', default: '9913' },
        'status-port': { type: 'string', default: '9914' },
        kit: { type: 'string', default: 'debian-testing' },
        'js-engine': { type: 'string', default: 'njs' },
      },
    }));
  } catch (error) {
    throw new StartError(
      `${(error as Error).message}\nusage: npm start -- [--port N] [--monitor-port N] [--status-port N] [--kit NAME] [--js-engine njs|qjs]`,
    );
  }
  const port = (name: 'port' | 'monitor-port' | 'status-port'): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1 || value > 65535) {
      throw new StartError(`--${name} ${values[name]}: a port is a number from 1 to 65535`);
    }
    return value;
  };
  if (![...KIT_NAMES, 'system'].includes(values.kit)) {
    throw new StartError(`--kit ${values.kit}: one of ${[...KIT_NAMES, 'system'].join(', ')}`);
  }
  if (values['js-engine'] !== 'njs' && values['js-engine'] !== 'qjs') {
    throw new StartError(`--js-engine ${values['js-engine']}: njs or qjs`);
  }
  if (values.port === values['monitor-port']) {
    throw new StartError(`--port and --monitor-port are both ${values.port}; each needs its own`);
  }
  return {
    port: port('port'),
    monitorPort: port('monitor-port'),
    statusPort: port('status-port'),
    kit: values.kit,
    jsEngine: values['js-engine'],
  };
}

async function chooseKit(name: string): Promise<Kit> {
  if (name !== 'system') {
    return ensureKit(name as KitName);
  }
  const kit = await systemKit();
  if ('reason' in kit) {
    throw new StartError(`--kit system: ${kit.reason}`);
  }
  return kit;
}

/** Files of the run: in the checkout, or where a worker can reach them if the checkout is closed to others. */
function stateDirectory(): { path: string; temporary: boolean } {
  const inside = path.join(repositoryRoot, '.wallguard/site');
  if (process.getuid?.() !== 0 || reachableByWorker(repositoryRoot)) {
    rmSync(inside, { recursive: true, force: true });
    mkdirSync(inside, { recursive: true });
    return { path: inside, temporary: false };
  }
  const outside = mkdtempSync(path.join(tmpdir(), 'wallguard-'));
  chmodSync(outside, 0o755);
  return { path: outside, temporary: true };
}

function refuseSecondRun(): void {
  if (!existsSync(runFile)) {
    return;
  }
  const { pids, started } = JSON.parse(readFileSync(runFile, 'utf8')) as RunProcesses;
  const alive = [
    ...(startedAt(pids.start) === started.start ? [pids.start] : []),
    ...(startedAt(pids.nginx) === started.nginx ? [pids.nginx] : []),
  ];
  if (alive.length > 0) {
    throw new StartError(
      `wallguard already runs here; stop it with Ctrl-C in its terminal, or: kill ${alive.join(' ')}`,
    );
  }
  rmSync(runFile);
}

/** Processes of a run. A process id may have been given to another process since, its start time tells. */
interface RunProcesses {
  readonly pids: { readonly start: number; readonly nginx: number };
  readonly started: { readonly start: string; readonly nginx: string };
}

/** When a process was started, in clock ticks since boot (proc(5), `starttime`); empty when there is no such process. */
function startedAt(pid: number): string {
  try {
    return (
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[19] ?? ''
    );
  } catch {
    return '';
  }
}

function refuseTakenPort(option: string, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const cause = error.code === 'EADDRINUSE' ? 'something listens there already' : error.message;
      reject(
        new StartError(`cannot listen on ${address}:${port}: ${cause}; choose another with: npm start -- ${option} N`),
      );
    });
    server.listen(port, address, () => server.close(() => resolve()));
  });
}

function writeRunFile(site: Site): void {
  const { telemetry, auditLog, errorLog, nginxConf, settings } = site.files;
  const run = {
    urls: site.urls,
    files: { telemetry, auditLog, errorLog, nginxConf, settings },
    pids: { start: process.pid, nginx: site.pid },
    started: { start: startedAt(process.pid), nginx: startedAt(site.pid) },
  };
  mkdirSync(path.dirname(runFile), { recursive: true });
  writeFileSync(`${runFile}.tmp`, `${JSON.stringify(run, null, 2)}\n`);
  renameSync(`${runFile}.tmp`, runFile);
}

function announce(site: Site, kit: Kit): void {
  const { app, monitor, status } = site.urls;
  const engine =
    kit.modsecurity === undefined
      ? 'no engine'
      : `ModSecurity ${kit.modsecurity.libraryVersion} with CRS ${kit.modsecurity.crsVersion}`;
  process.stdout.write(`
wallguard runs: NGINX ${kit.nginxVersion}, njs ${kit.njsVersion}, ${engine}, mode block

  application  ${app}
  monitor      ${monitor}/status   ${monitor}/metrics
  statistics   ${status}
  telemetry    ${site.files.telemetry}

Try:
  curl -i '${app}/'
  curl -i '${app}/?id=1%27%20UNION%20SELECT%20username,%20password%20FROM%20users--<script>prompt(1)</script>'
  curl '${monitor}/status'

Then look a blocked request up by its id:
  npx wallguard find <request id>

Ctrl-C stops it.
`);
}

try {
  await main();
  process.exit(0);
} catch (error) {
  if (error instanceof StartError || error instanceof SiteError || error instanceof KitError) {
    process.stderr.write(`wallguard: ${error.message}\n`);
    process.exit(1);
  }
  throw error;
}
