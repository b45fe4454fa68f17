import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { runCommand } from '../kits/command.ts';
import { ContainerError } from './container-error.ts';
import { findProgram } from '../test/requirements.ts';
import { administratorPath } from './debian-packages.ts';
import { answers, type EngineHost } from './engine-api.ts';

const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 20_000;
const PREFIX = 'wallguard-engine-';

export interface Daemon {
  readonly host: EngineHost;
  /** Ends the daemon with everything that it runs and removes its files. */
  stop(): Promise<void>;
}

/**
 * Starts a Docker daemon of our own: its state, socket and runtime files in one temporary directory, beside whatever
 * other engine the machine has. It leaves the machine's firewall and forwarding alone, so its containers reach each
 * other and published ports work (by docker-proxy), but nothing outside is reached from them.
 *
 * It ends with this process, however that dies.
 *
 * @param dockerd path of the program
 * @throws ContainerError when it does not start, as where this machine is a container itself
 */
export async function startDaemon(dockerd: string): Promise<Daemon> {
  const setpriv = findProgram('setpriv');
  if (setpriv === undefined) throw new ContainerError('setpriv is not installed: apt-get install util-linux');
  // Not /tmp, which is memory on Debian 13: images go there.
  const parent = process.env['TMPDIR'] ?? '/var/tmp';
  await removeAbandoned(parent);
  const directory = mkdtempSync(path.join(parent, `${PREFIX}${process.pid}-`));
  const at = (name: string): string => path.join(directory, name);
  const host = `unix://${at('docker.sock')}`;
  const logFile = at('dockerd.log');
  const log = openSync(logFile, 'a');
  // Instead of /etc/docker/daemon.json, which may say again, or otherwise, what stands below.
  writeFileSync(at('daemon.json'), '{}\n');
  const daemon = spawn(
    setpriv,
    [
      '--pdeathsig',
      'TERM',
      dockerd,
      `--config-file=${at('daemon.json')}`,
      `--host=${host}`,
      `--data-root=${at('data')}`,
      `--exec-root=${at('exec')}`,
      `--pidfile=${at('dockerd.pid')}`,
      // Only where a system-wide containerd runs: dockerd uses that one then.
      `--containerd-namespace=${path.basename(directory)}`,
      `--containerd-plugins-namespace=${path.basename(directory)}-plugins`,
      '--iptables=false',
      '--ip6tables=false',
      '--ip-masq=false',
      '--ip-forward=false',
      '--bridge=none',
    ],
    // A group of its own: Ctrl-C in the terminal must not end it before the tests have removed their containers.
    { stdio: ['ignore', log, log], detached: true, env: { ...process.env, PATH: administratorPath } },
  );
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    daemon.once('error', (error) => resolve(error.message));
    daemon.once('exit', (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
  });
  const stop = async (): Promise<void> => {
    const hard = setTimeout(() => daemon.kill('SIGKILL'), STOP_DEADLINE_MS);
    daemon.kill('SIGTERM');
    await ended;
    clearTimeout(hard);
    await removeState(directory);
  };

  let end: string | undefined;
  void ended.then((why) => (end = why));
  const deadline = Date.now() + START_DEADLINE_MS;
  while (!(await answers(host))) {
    if (end !== undefined || Date.now() > deadline) {
      const why = `${end ?? `it did not answer within ${START_DEADLINE_MS / 1000} s`}. ${lastWords(logFile)}`;
      await stop();
      throw new ContainerError(`a Docker daemon cannot be started on this machine: ${why.trim()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { host, stop };
}

/** What the daemon complained of last. */
function lastWords(logFile: string): string {
  const complaints = readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => /level=(?:error|fatal)|^failed/.test(line));
  return complaints.slice(-2).join(' | ');
}

/** Removes what the daemons of killed runs have left. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of readdirSync(parent)) {
    const owner = name.startsWith(PREFIX) ? /^\d+(?=-)/.exec(name.slice(PREFIX.length))?.[0] : undefined;
    if (owner === undefined || existsSync(`/proc/${owner}`)) continue;
    const directory = path.join(parent, name);
    const pidFile = path.join(directory, 'dockerd.pid');
    const stillEnding = existsSync(pidFile) && existsSync(`/proc/${readFileSync(pidFile, 'utf8').trim()}`);
    if (!stillEnding) await removeState(directory);
  }
}

/** The daemon leaves the mounts of its network namespaces behind. */
async function removeState(directory: string): Promise<void> {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((target) => target.startsWith(`${directory}/`))
    .reverse();
  for (const target of mounts) await runCommand(['umount', '--lazy', target]);
  rmSync(directory, { recursive: true, force: true });
  // Folders of containerd's shims, outside its own directory; another containerd keeps them filled.
  for (const folder of ['/run/containerd/s', '/run/containerd']) {
    try {
      if (existsSync(folder)) rmdirSync(folder);
    } catch {
      return;
    }
  }
}
