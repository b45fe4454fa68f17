/**
 * Compiles the test double of the Wallarm module for an NGINX build. What it simulates is in README.md.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BOUND_TO_US, runCommand } from '../../scripts/kits/command.ts';
import { KIT_NAMES, KitError, type Kit } from '../../scripts/kits/kit.ts';
import { withFileLock } from '../../scripts/kits/lock.ts';
import { repositoryRoot } from '../../scripts/kits/repository.ts';

const SHARED_OBJECT = 'ngx_http_wallarm_module.so';

/** The one source file that differs between node versions; so a further version costs one compilation and a link. */
const VERSION_SOURCE = 'ngx_http_wallarm_version.c';

const COMPILER_ADVICE = 'apt-get install --no-install-recommends gcc make libc6-dev';

const SOURCES: readonly string[] = [
  'config',
  'ngx_http_wallarm_double.h',
  'ngx_http_wallarm_header.c',
  'ngx_http_wallarm_module.c',
  'ngx_http_wallarm_page.c',
  'ngx_http_wallarm_status.c',
  'ngx_http_wallarm_variables.c',
  'ngx_http_wallarm_verdict.c',
];

/**
 * Returns the double as a shared object for `load_module`, compiled against the kit's headers when the cache does not
 * hold it. Any number of processes may call this at once.
 *
 * @param version node version that the double is to be, such as `5.3.19`, `6.13.0` or `7.1`
 * @throws KitError when the compiler is missing (with the `apt-get` line), or fails
 */
export async function ensureDouble(kit: Kit, version: string): Promise<string> {
  const number = versionNumber(version);
  const { dev } = kit;
  if (dev === undefined) {
    throw new KitError(
      `kit ${kit.name} has no headers: ask for it by ensureKit(name, { dev: true }). ` +
        `Of the machine's own NGINX no double can be made; the kits ${KIT_NAMES.join(' and ')} serve.`,
    );
  }
  const cache = path.join(repositoryRoot, '.cache/double');
  const directory = path.join(cache, `${kit.name}-${sourcesHash(kit)}`);
  const sharedObject = path.join(directory, version, SHARED_OBJECT);
  if (existsSync(sharedObject)) return sharedObject;

  mkdirSync(cache, { recursive: true });
  return await withFileLock(
    `${directory}.lock`,
    () => process.stderr.write(`wallarm double for ${kit.name}: waiting for another process that is compiling it\n`),
    async () => {
      if (existsSync(sharedObject)) return sharedObject;
      if (existsSync(directory)) {
        await compile(directory, number);
      } else {
        const partial = `${directory}.partial`;
        await configure(dev, partial);
        await compile(partial, number);
        renameSync(partial, directory);
      }
      mkdirSync(path.dirname(sharedObject), { recursive: true });
      copyFileSync(path.join(directory, 'objs', SHARED_OBJECT), `${sharedObject}.partial`);
      renameSync(`${sharedObject}.partial`, sharedObject);
      return sharedObject;
    },
  );
}

/** What a version is in the C sources: `6.10.2` is 61002. */
function versionNumber(version: string): number {
  const match = /^(\d{1,2})\.(\d{1,2})(?:\.(\d{1,2}))?$/.exec(version);
  if (match === null) throw new KitError(`"${version}" is no node version such as 6.13.0`);
  const [, major, minor, patch = '0'] = match;
  return Number(major) * 10000 + Number(minor) * 100 + Number(patch);
}

/** Names what the build depends on: the sources and the headers, whose folder carries the kit's own hash. */
function sourcesHash(kit: Kit): string {
  const hash = createHash('sha256').update(JSON.stringify([kit.nginxVersion, kit.dev, process.arch]));
  for (const source of SOURCES) hash.update(readFileSync(sourceFile(source)));
  return hash.digest('hex').slice(0, 12);
}

function sourceFile(name: string): string {
  return path.join(repositoryRoot, 'test/double', name);
}

/** Makes a copy of NGINX's build tree with the double in it, configured like Debian's NGINX where a module sees it. */
async function configure(dev: NonNullable<Kit['dev']>, tree: string): Promise<void> {
  const reason = await whyNoDouble();
  if (reason !== undefined) throw new KitError(reason);
  rmSync(tree, { recursive: true, force: true });
  cpSync(dev.tree, tree, { recursive: true });
  mkdirSync(path.join(tree, 'double'));
  for (const source of SOURCES) copyFileSync(sourceFile(source), path.join(tree, 'double', source));
  await run(
    [
      './configure',
      '--with-compat',
      '--with-threads',
      `--with-cc-opt=${['-O1', '-fPIC', ...dev.includes.map((directory) => `-I${directory}`)].join(' ')}`,
      `--with-ld-opt=${dev.libraries.map((directory) => `-L${directory}`).join(' ')}`,
      // Relative, since the tree is renamed when it is complete.
      '--add-dynamic-module=double',
    ],
    tree,
  );
}

/** Compiles what is older than its source into `objs/` of the tree. */
async function compile(tree: string, version: number): Promise<void> {
  writeFileSync(
    path.join(tree, 'double', VERSION_SOURCE),
    `#include "ngx_http_wallarm_double.h"\n\nconst ngx_uint_t  wallarm_version = ${version};\n`,
  );
  // Times have a coarse clock: a second version within its tick would not look newer than the first one's object.
  rmSync(path.join(tree, 'objs/addon/double', VERSION_SOURCE.replace(/c$/, 'o')), { force: true });
  rmSync(path.join(tree, 'objs', SHARED_OBJECT), { force: true });
  await run(['make', '-f', 'objs/Makefile', 'modules'], tree);
}

/**
 * Says why the double cannot be compiled on this machine, for tests that are then skipped.
 *
 * @returns undefined when there is a compiler; else the reason and the `apt-get` line
 */
export async function whyNoDouble(): Promise<string | undefined> {
  for (const program of ['cc', 'make']) {
    try {
      await runCommand([program, '--version']);
    } catch (error) {
      if (!(error instanceof KitError)) throw error;
      return `the test double of the Wallarm module has to be compiled, and ${error.message}: ${COMPILER_ADVICE}`;
    }
  }
  return undefined;
}

async function run(argv: readonly string[], cwd: string): Promise<void> {
  const result = await runCommand([...BOUND_TO_US, ...argv], { cwd });
  if (result.code === 0) return;
  const said = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-15).join('\n');
  throw new KitError(
    `the test double of the Wallarm module: ${argv[0] ?? ''} failed in ${cwd}:\n${said}\n` +
      `If the compiler or its headers are incomplete: ${COMPILER_ADVICE}`,
  );
}
