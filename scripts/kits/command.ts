import { spawn } from 'node:child_process';
import { isMissing } from './files.ts';
import { KitError } from './kit-error.ts';

/**
 * Start of an argv whose command ends when this process does, however that dies (util-linux's setpriv): an apt-get that
 * outlives a killed run would hold its locks, a dpkg-deb would write into a folder that the next run removes, and an
 * NGINX would simply stay.
 */
export const BOUND_TO_US: readonly string[] = ['setpriv', '--pdeathsig', 'KILL'];

/** How a finished command ended, and what it wrote. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command to its end and collects its output, in the C locale since outputs are parsed.
 *
 * @throws KitError when the program is not on this machine or may not be run
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
      reject(
        new KitError(
          isMissing(error)
            ? `${program} is not installed on this machine`
            : `${program} cannot be run: ${error.message}`,
        ),
      );
    });
    child.on('close', (code, signal) => {
      resolve({ code: code ?? 1, stdout, stderr: signal === null ? stderr : `${stderr}killed by ${signal}\n` });
    });
  });
}
