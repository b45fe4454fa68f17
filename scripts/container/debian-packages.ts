import { runCommand } from '../kits/command.ts';
import { findProgram } from '../test/requirements.ts';
import { ContainerError } from './container-error.ts';

/** `PATH` for programs that call those of the administrator: after a plain `su` it lacks them. */
export const administratorPath: string = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;

/**
 * Gives the path of a program, installing the Debian package that holds it when it is missing.
 *
 * @throws ContainerError when the machine is no Debian, or apt cannot install it
 */
export async function programFromPackage(
  program: string,
  packageName: string,
  log: (line: string) => void,
): Promise<string> {
  const found = findProgram(program);
  if (found !== undefined) return found;
  if (findProgram('apt-get') === undefined) {
    throw new ContainerError(`${program} is not installed, and this machine has no apt-get to install it with`);
  }
  log(`installing Debian package ${packageName}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive', PATH: administratorPath };
  const install = ['apt-get', 'install', '--yes', '--quiet', '--no-install-recommends', packageName];
  // A machine that was never updated has no lists, and old lists name files that the mirror no longer has.
  let result = await runCommand(install, { env });
  if (result.code !== 0) {
    await runCommand(['apt-get', 'update', '--quiet'], { env });
    result = await runCommand(install, { env });
  }
  const installed = findProgram(program);
  if (result.code !== 0 || installed === undefined) {
    const said = result.stderr.trim().split('\n').slice(-3).join(' | ');
    throw new ContainerError(`apt-get install ${packageName} failed: ${said}`);
  }
  return installed;
}
