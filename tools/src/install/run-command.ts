/** Running other programs. */
import { spawn } from 'node:child_process';

/** What a program said and how it ended. */
export interface CommandOutput {
  /** Exit code; undefined when a signal ended it, ours after the time limit included. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/**
 * Runs a program without a shell and waits for its end; after the time limit it is killed.
 * @throws  the system's error when it cannot be started (ENOENT, EACCES)
 */
export function runCommand(argv: readonly string[], { timeoutMs }: { timeoutMs: number }): Promise<CommandOutput> {
  const [command = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    let timedOut = false;
    const limit = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.once('error', (error) => {
      clearTimeout(limit);
      reject(error);
    });
    child.once('close', (code) => {
      clearTimeout(limit);
      resolve({ code: code ?? undefined, ...output, timedOut });
    });
  });
}
