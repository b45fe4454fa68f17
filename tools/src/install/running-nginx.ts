/** The NGINX that runs: its master, its workers, and making it read its configuration again. */
import { open, readFile, readdir, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConfigTree } from '../nginx-conf/include.ts';
import { parseDiagnostics } from './isolated-test.ts';
import type { NginxBuild } from './nginx-build.ts';
import { runCommand } from './run-command.ts';

/** Whether NGINX runs with this configuration. */
export type Running =
  { readonly state: 'running'; readonly master: number } | { readonly state: 'stopped'; readonly reason: string };

/** How the reload went. */
export type ReloadResult =
  | { readonly state: 'reloaded'; readonly workers: readonly number[] }
  | { readonly state: 'failed'; readonly reason: string };

/** Loading certificates and rules of a large configuration takes its time. */
const DEADLINE_MS = 60_000;
const POLL_MS = 50;
/** A worker that cannot enter its working directory ends at once, and is not started again. */
const SETTLE_MS = 500;
const SYSTEMCTL_TIMEOUT_MS = 90_000;
/** As much of the log as is looked at for each reload. */
const TAIL_BYTES = 64 * 1024;

/** Where the pid of the master is. */
function pidPath(tree: ConfigTree, build: NginxBuild): string {
  const set = tree.main.named('pid').at(-1)?.args[0];
  return set === undefined ? build.pidPath : posix.resolve(build.prefix, set);
}

/** Looks for the master process. */
export async function findRunning(tree: ConfigTree, build: NginxBuild): Promise<Running> {
  const file = pidPath(tree, build);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return { state: 'stopped', reason: `there is no pid file ${file}` };
  const master = Number(text.trim());
  if (Number.isInteger(master) && master > 0) {
    const title = (await titleOf(master)) ?? '';
    // Started through a loader, NGINX cannot write its whole title; it has workers all the same.
    if (title.includes('nginx: master process') || (await workersOf(master)).length > 0) {
      return { state: 'running', master };
    }
  }
  return { state: 'stopped', reason: `${file} names process ${text.trim()}, which is no NGINX master` };
}

/** Workers of a master that take connections; those that finish old ones are left out. */
export async function workersOf(master: number): Promise<number[]> {
  const workers: number[] = [];
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || (await parentOf(pid)) !== master) continue;
    if (/(?:^| )nginx: worker process(?! is shutting down)/.test((await titleOf(pid)) ?? '')) workers.push(pid);
  }
  return workers;
}

/**
 * Makes NGINX read its configuration again and waits until *new* workers run: NGINX keeps the old ones when it cannot
 * use the new configuration, and answers as if nothing had happened.
 */
export async function reload(master: number, tree: ConfigTree, build: NginxBuild): Promise<ReloadResult> {
  const old = new Set(await workersOf(master));
  const log = await LogTail.of(errorLogPath(tree, build));
  const refused = await askToReload(master);
  if (refused !== undefined) return { state: 'failed', reason: refused };

  const deadline = Date.now() + DEADLINE_MS;
  while (Date.now() < deadline) {
    await sleep(POLL_MS);
    const failure = await log.failure();
    if (failure !== undefined) return { state: 'failed', reason: `NGINX said: ${failure}` };
    const fresh = (await workersOf(master)).filter((pid) => !old.has(pid));
    if (fresh.length === 0) continue;
    await sleep(SETTLE_MS);
    const alive = (await workersOf(master)).filter((pid) => fresh.includes(pid));
    if (alive.length > 0) return { state: 'reloaded', workers: alive };
  }
  return { state: 'failed', reason: `no new worker stayed alive in ${DEADLINE_MS / 1000} s` };
}

/** By systemd where the master is its unit's, so that the unit's own rules hold; else by signal. */
async function askToReload(master: number): Promise<string | undefined> {
  if (await isSystemdUnit(master)) {
    const output = await runCommand(['systemctl', 'reload', 'nginx.service'], { timeoutMs: SYSTEMCTL_TIMEOUT_MS });
    return output.code === 0 ? undefined : `systemctl reload nginx: ${output.stderr.trim()}`;
  }
  try {
    process.kill(master, 'SIGHUP');
    return undefined;
  } catch (error) {
    return `cannot signal the NGINX master (process ${master}): ${(error as Error).message}; run it as root (sudo)`;
  }
}

async function isSystemdUnit(master: number): Promise<boolean> {
  if (!(await stat('/run/systemd/system').catch(() => undefined))?.isDirectory()) return false;
  const shown = await runCommand(['systemctl', 'show', '--property=MainPID', '--value', 'nginx.service'], {
    timeoutMs: SYSTEMCTL_TIMEOUT_MS,
  }).catch(() => undefined);
  return Number(shown?.stdout.trim()) === master;
}

/** The file that the master's complaints go to; undefined when it is none. */
function errorLogPath(tree: ConfigTree, build: NginxBuild): string | undefined {
  const set = tree.main.named('error_log').at(-1)?.args[0] ?? build.option('error-log-path') ?? 'logs/error.log';
  return /^(?:stderr$|syslog:|memory:)/.test(set) ? undefined : posix.resolve(build.prefix, set);
}

/** What is written to a log from now on. */
class LogTail {
  readonly #path: string | undefined;
  readonly #from: number;

  private constructor(path: string | undefined, from: number) {
    this.#path = path;
    this.#from = from;
  }

  static async of(path: string | undefined): Promise<LogTail> {
    const size =
      path === undefined
        ? 0
        : await stat(path).then(
            ({ size }) => size,
            () => 0,
          );
    return new LogTail(path, size);
  }

  /**
   * The first complaint, once it is certain that the new configuration is not in use. A port that is taken is tried
   * again for seconds; until NGINX gives up, it would not listen to another signal.
   */
  async failure(): Promise<string | undefined> {
    if (this.#path === undefined) return undefined;
    const handle = await open(this.#path, 'r').catch(() => undefined);
    if (handle === undefined) return undefined;
    try {
      const { size } = await handle.stat();
      const length = Math.max(0, Math.min(size - this.#from, TAIL_BYTES));
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, this.#from);
      const complaints = parseDiagnostics(buffer.subarray(0, bytesRead).toString()).filter(
        ({ level, message }) => level === 'emerg' || /exited with fatal code|^chdir\(/.test(message),
      );
      const isFinal = complaints.some(({ message }) => !/^(?:bind|listen)\(/.test(message));
      return isFinal ? complaints[0]?.message : undefined;
    } finally {
      await handle.close();
    }
  }
}

async function titleOf(pid: number): Promise<string | undefined> {
  return readFile(`/proc/${pid}/cmdline`, 'latin1').then(
    (text) => text.replace(/\0+/g, ' ').trim(),
    () => undefined,
  );
}

async function parentOf(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // The second field is the name in parentheses, which may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[1] === undefined ? undefined : Number(fields[1]);
}
