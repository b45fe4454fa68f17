import { spawn } from 'node:child_process';
import { isMissing } from './files.ts';
import { KitError } from './kit-error.ts';

/** A wait for the lock that is longer than this is told to the user. */
const SILENT_WAIT_MS = 500;

/**
 * Does the work while holding an exclusive lock on a file, against other processes of this machine.
 *
 * The lock is the kernel's (`flock(1)`, held by a child whose input is a pipe from here), so it ends with the holder
 * however that dies: there is no stale lock to be recognised.
 *
 * @param onWait called once when another process holds the lock
 */
export async function withFileLock<T>(file: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  const holder = spawn('flock', ['--exclusive', file, 'sh', '-c', 'echo locked; exec cat'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const closed = new Promise<void>((resolve) => holder.on('close', () => resolve()));
  let stderr = '';
  holder.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const notice = setTimeout(onWait, SILENT_WAIT_MS);
  try {
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve());
      holder.on('error', (error) => {
        reject(isMissing(error) ? new KitError('flock is not installed: apt-get install util-linux') : error);
      });
      holder.on('exit', () => reject(new KitError(`${file} cannot be locked: ${stderr.trim()}`)));
    });
    clearTimeout(notice);
    return await work();
  } finally {
    clearTimeout(notice);
    holder.stdin.end();
    await closed;
  }
}
