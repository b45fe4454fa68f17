/** What an NGINX binary says of itself. */
import { posix } from 'node:path';
import { UserError } from '../io.ts';
import { runCommand } from './run-command.ts';

export { compareVersions } from '../nginx-conf/versions.ts';

/** A build of NGINX, as `nginx -V` describes it. */
export interface NginxBuild {
  /** Path or name that starts it. */
  readonly command: string;
  /** `1.26.3` */
  readonly version: string;
  /** Directory from which relative paths of logs, modules and the like start. */
  readonly prefix: string;
  /** The pid file unless the configuration names one; absolute. */
  readonly pidPath: string;
  /** A value of `configure`, such as `http-proxy-temp-path`. */
  option(name: string): string | undefined;
  /** Whether `configure` was given this switch, such as `without-http_scgi_module`. */
  has(name: string): boolean;
}

/** Where NGINX is looked for when no command is given: the search path first, then where packages and builds put it. */
const USUAL_COMMANDS = ['nginx', '/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/local/nginx/sbin/nginx'];

const TIMEOUT_MS = 10_000;

/**
 * Asks NGINX what it is. Reads no configuration and writes nothing.
 * @param command  path or name of the binary; without it the usual places are tried
 * @throws UserError  there is none, or it is something else
 */
export async function inspectBuild(command: string | undefined): Promise<NginxBuild> {
  for (const candidate of command === undefined ? USUAL_COMMANDS : [command]) {
    let output;
    try {
      output = await runCommand([candidate, '-V'], { timeoutMs: TIMEOUT_MS });
    } catch (error) {
      if (command === undefined) continue;
      throw new UserError(`cannot run ${candidate}: ${(error as Error).message}`, undefined, { cause: error });
    }
    return parseBuild(candidate, output.stderr);
  }
  throw new UserError(`found no NGINX (looked for ${USUAL_COMMANDS.join(', ')}); name it with --nginx PATH`);
}

/**
 * Reads the output of `nginx -V`.
 * @throws UserError  it is not NGINX's
 */
export function parseBuild(command: string, output: string): NginxBuild {
  const version = /^nginx version: \S+?\/(\d+\.\d+\.\d+)/m.exec(output)?.[1];
  if (version === undefined) throw new UserError(`${command} -V does not answer as NGINX does; is it another program?`);
  const options = new Map<string, string>();
  const line = /^configure arguments:(.*)$/m.exec(output)?.[1] ?? '';
  for (const [, name = '', quoted, plain] of line.matchAll(/--([\w-]+)(?:=(?:'([^']*)'|(\S*)))?/g)) {
    options.set(name, quoted ?? plain ?? '');
  }
  const prefix = options.get('prefix') ?? '/usr/local/nginx';
  return {
    command,
    version,
    prefix,
    pidPath: posix.resolve(prefix, options.get('pid-path') ?? 'logs/nginx.pid'),
    option: (name) => options.get(name),
    has: (name) => options.has(name),
  };
}
