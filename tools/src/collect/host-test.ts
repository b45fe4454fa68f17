/**
 * The real `nginx -t`, and what it changed on the machine.
 *
 * It makes log files and the pid file and, as root, gives directories for temporary files to the configured user
 * (reference: validators-and-doctors.md, finding 2).
 */
import { stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { notKnown, present } from '../evidence/evidence.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { NginxTest } from '../evidence/facts.ts';
import { kindOf, parseDiagnostics } from '../install/isolated-test.ts';
import type { NginxBuild } from '../install/nginx-build.ts';
import { runCommand } from '../install/run-command.ts';
import { NO_PATH, WRITTEN_PATHS } from '../install/stage.ts';
import type { ConfigTree } from '../nginx-conf/include.ts';
import { walk } from '../nginx-conf/query.ts';

/** Names of upstreams are resolved during the test. */
const TIMEOUT_MS = 60_000;

/** Options of `configure` that name what NGINX writes. */
const WRITTEN_OPTIONS = [
  'error-log-path',
  'http-log-path',
  'pid-path',
  'lock-path',
  ...['client-body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `http-${name}-temp-path`),
];

/** Runs `nginx -t` on the host and compares owners, modes and existence of what it writes before and after. */
export async function testOnHost(tree: ConfigTree, build: NginxBuild): Promise<Evidence<NginxTest>> {
  const paths = writtenPaths(tree, build);
  const before = await describeAll(paths);
  let output;
  try {
    output = await runCommand([build.command, '-t', '-c', tree.mainPath], { timeoutMs: TIMEOUT_MS });
  } catch (error) {
    return notKnown('notCollected', `nginx -t could not be run: ${(error as Error).message}`);
  }
  const after = await describeAll(paths);
  const changed = paths.flatMap((path) => {
    const [was = '', is = ''] = [before.get(path), after.get(path)];
    return was === is ? [] : [`${path}: before ${was}, now ${is}`];
  });
  if (output.timedOut) return notKnown('timeout', `nginx -t gave no answer in ${TIMEOUT_MS / 1000} s`);
  const diagnostics = parseDiagnostics(output.stderr);
  const reason = diagnostics.find(({ level }) => level !== 'warn');
  if (output.code === 0) return present({ where: 'host', changed, outcome: 'passed', diagnostics });
  if (reason === undefined)
    return notKnown('notCollected', `nginx -t ended with ${output.code}: ${output.stderr.trim()}`);
  return present({ where: 'host', changed, outcome: kindOf(reason.message), diagnostics });
}

function writtenPaths(tree: ConfigTree, build: NginxBuild): string[] {
  const configured = [...walk(tree.main)]
    .filter(({ name }) => WRITTEN_PATHS.has(name))
    .flatMap(({ args }) => args.slice(0, 1))
    .filter((path) => !NO_PATH.test(path));
  const compiled = WRITTEN_OPTIONS.flatMap((option) => build.option(option) ?? []);
  return [...new Set([...configured, ...compiled].map((path) => posix.resolve(build.prefix, path)))].sort();
}

async function describeAll(paths: readonly string[]): Promise<Map<string, string>> {
  return new Map(await Promise.all(paths.map(async (path) => [path, await describe(path)] as const)));
}

async function describe(path: string): Promise<string> {
  try {
    const { uid, gid, mode } = await stat(path);
    return `owner ${uid}:${gid}, mode ${(mode & 0o7777).toString(8)}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'not there' : 'out of sight';
  }
}
