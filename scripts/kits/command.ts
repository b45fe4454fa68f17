import { spawn } from 'node:child_process';
import { isMissing } from './files.ts';
import { KitError } from './kit-error.ts';

/** How a finished command ended, and what it wrote. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command to its end and collects its output, in the C locale since outputs are parsed.
 *
 * @throws KitError when the program is not on this machine
 */
export async function runCommand(
  argv: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<CommandResult> {
  const [program = '', ...args] = argv;
  return await new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, LC_ALL: 'C', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    child.on('error', (error) => {
      reject(isMissing(error) ? new KitError(`${program} is not installed on this machine`) : error);
    });
    child.on('close', (code, signal) => {
      resolve({ code: code ?? 1, stdout, stderr: signal === null ? stderr : `${stderr}killed by ${signal}\n` });
    });
  });
}
