import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from './command.ts';
import { describeKit, inspectNginx, nginxLayout } from './inspect.ts';
import { KitError } from './kit-error.ts';
import type { Kit } from './kit.ts';
import { NJS_FLOOR } from './recipe.ts';

/** Where distributions put nginx when an ordinary user's PATH does not name it. */
const PROGRAM_DIRECTORIES = ['/usr/sbin', '/usr/local/sbin', '/usr/local/nginx/sbin'];

const WHAT_TO_INSTALL = `Install nginx with njs ${NJS_FLOOR} or newer: Debian 13's nginx and libnginx-mod-http-js, or nginx.org's nginx and nginx-module-njs`;

/**
 * The machine's own NGINX, when its njs is new enough. It is run for a moment on a socket in a temporary directory; its
 * configuration and a running instance are not touched.
 *
 * @returns the kit, or why there is none and what to do
 */
export async function systemKit(): Promise<Kit | { readonly reason: string }> {
  const program = findProgram('nginx');
  if (program === undefined) return { reason: `there is no nginx on this machine. ${WHAT_TO_INSTALL}.` };
  const build = (await runCommand([program, '-V'])).stderr;
  const prefix = configured(build, 'prefix') ?? '/usr/local/nginx';
  const layout = nginxLayout('/', {
    modules: path.resolve(prefix, configured(build, 'modules-path') ?? 'modules'),
    configuration: path.dirname(path.resolve(prefix, configured(build, 'conf-path') ?? 'conf/nginx.conf')),
  });
  if (!existsSync(layout.js)) return { reason: `${program} has no njs module (${layout.js}). ${WHAT_TO_INSTALL}.` };
  try {
    const facts = await inspectNginx(layout, [program]);
    if (!isAtLeast(facts.njsVersion, NJS_FLOOR)) {
      return {
        reason: `${program} ${facts.nginxVersion} has njs ${facts.njsVersion}, below the floor ${NJS_FLOOR}. ${WHAT_TO_INSTALL}.`,
      };
    }
    const njs = findProgram('njs');
    return {
      ...describeKit('system', layout, facts),
      nginx: [program],
      ...(njs === undefined ? {} : { njsCli: [njs] }),
    };
  } catch (error) {
    if (error instanceof KitError) return { reason: `${program} cannot serve: ${error.message}` };
    throw error;
  }
}

/** Compares dotted versions number by number: `0.10.0` is newer than `0.8.9`. */
export function isAtLeast(version: string, floor: string): boolean {
  const have = version.split('.').map(Number);
  const need = floor.split('.').map(Number);
  for (let index = 0; index < need.length; index += 1) {
    const difference = (have[index] ?? 0) - (need[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** Value of a path option in `nginx -V`. */
function configured(build: string, option: string): string | undefined {
  return new RegExp(`--${option}=(\\S+)`).exec(build)?.[1];
}

function findProgram(name: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(path.delimiter), ...PROGRAM_DIRECTORIES];
  return directories
    .filter((directory) => path.isAbsolute(directory))
    .map((directory) => path.join(directory, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
