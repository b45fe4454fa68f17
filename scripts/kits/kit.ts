import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import {
  candidate,
  downloadPackages,
  planPackages,
  preparePrivateApt,
  removeAptState,
  updateLists,
  type PlannedPackage,
  type PrivateApt,
} from './apt.ts';
import { BOUND_TO_US, runCommand } from './command.ts';
import { errorCode, isMissing, writeFileAtomically } from './files.ts';
import { describeKit, inspectNginx, nginxLayout, type NginxFacts } from './inspect.ts';
import { KitError, SPACE_ADVICE } from './kit-error.ts';
import { checkLibraries, findLoader } from './loader.ts';
import { withFileLock } from './lock.ts';
import type { JsEngine } from './probe.ts';
import { DEV_PACKAGES, KIT_LEFT_OUT, KIT_PACKAGES, KIT_SUITES, NEEDLESS_FOLDERS, type KitName } from './recipe.ts';
import { repositoryRoot } from './repository.ts';

export { KitError } from './kit-error.ts';
export type { JsEngine } from './probe.ts';
export { KIT_NAMES, type KitName } from './recipe.ts';
export { systemKit } from './system.ts';

/**
 * An NGINX that can be run: a fetched one with its own loader and libraries, or the machine's. All paths are absolute.
 *
 * Debian compiles in paths that a kit does not have, so a configuration for it names `pid`, `error_log` (and `-e`),
 * `access_log` and the five `*_temp_path`s itself, and modules by the paths below.
 */
export interface Kit {
  /** `debian-13`, `debian-testing` or `system`. */
  readonly name: string;
  /** `1.26.3` */
  readonly nginxVersion: string;
  /** `0.8.9` */
  readonly njsVersion: string;
  /** Engines that this njs was seen to accept; the first is the default. */
  readonly engines: readonly JsEngine[];
  /** Shared objects for `load_module`; `ndk` before `lua`. */
  readonly modules: {
    readonly js: string;
    readonly modsecurity?: string;
    readonly lua?: {
      readonly ndk: string;
      readonly lua: string;
      /** Value of `lua_package_path` that holds `resty.core`. */
      readonly path: string;
      /** Value of `lua_package_cpath` that holds `cjson`. */
      readonly cpath: string;
      /** `0.10.28` */
      readonly version: string;
    };
  };
  /** ModSecurity and the OWASP core rule set, when both are there. */
  readonly modsecurity?: {
    readonly libraryVersion: string;
    readonly connectorVersion: string;
    readonly crsVersion: string;
    /** To be included before the rules. */
    readonly crsSetup: string;
    /** A glob, as `Include` of a `modsecurity_rules_file` takes it. */
    readonly crsRules: string;
    /** For `SecUnicodeMapFile`. */
    readonly unicodeMapping?: string;
  };
  readonly mimeTypes: string;
  /** For compiling dynamic modules; there when asked for with `dev`. */
  readonly dev?: {
    /** NGINX's headers and `configure`, which writes into its own folder: work on a copy. */
    readonly tree: string;
    /** Header directories, for `--with-cc-opt=-I…`. */
    readonly includes: readonly string[];
    /** Library directories, for `--with-ld-opt=-L…`. */
    readonly libraries: readonly string[];
  };
  /** argv that runs this NGINX; `-p`, `-c` and `-e` are for the caller to append. */
  readonly nginx: readonly string[];
  /** argv of the `njs` command-line tool. */
  readonly njsCli?: readonly string[];
  /** Root of the unpacked packages; `/` for the machine's own. */
  readonly root: string;
}

/** What `ensureKit` may be told. */
export interface EnsureKitOptions {
  /** Also fetch what compiling a dynamic module takes. */
  readonly dev?: boolean;
  /** Ask the mirror for newer packages although a kit is cached. */
  readonly refresh?: boolean;
  /** Receives one line per step; standard error by default. */
  readonly log?: (line: string) => void;
}

/** To be raised when unpacking or the manifest changes in a way that the recipe does not show. */
const LAYOUT = 1;

const PARTIAL_PREFIX = '.partial-';

/** Unpacking is bound by one core per package, and tests run beside it. */
const UNPACK_CONCURRENCY = 2;

/** Says that a kit is complete: written last, beside the folder it names. */
interface Manifest {
  readonly recipe: string;
  /** Folder of the kit, relative to the manifest; so the cache can be moved. */
  readonly directory: string;
  readonly dev: boolean;
  readonly packages: Readonly<Record<string, string>>;
  readonly facts: NginxFacts;
}

/**
 * Where kits are kept: `WALLGUARD_KITS`, or `.cache/kits` of the repository.
 *
 * @throws KitError for a path that ModSecurity's `Include` (spaces, wildcards), the loader's library path (colons) or a
 *   quoted NGINX string cannot carry
 */
function kitsDirectory(): string {
  const configured = process.env['WALLGUARD_KITS'];
  const directory =
    configured === undefined || configured === '' ? path.join(repositoryRoot, '.cache/kits') : path.resolve(configured);
  const unfit = /[\s"'\\:;$*?[\]{}]/.exec(directory)?.[0];
  if (unfit === undefined) return directory;
  throw new KitError(
    `kits cannot be kept in ${directory}, since NGINX and ModSecurity do not take "${unfit}" in a path. ` +
      `Set WALLGUARD_KITS to a directory without it.`,
  );
}

/**
 * Returns a kit, fetching it when the cache does not hold it. A cached kit takes no network and a few milliseconds. Any
 * number of processes may call this at once; one of them fetches. An interrupted run is taken up or begun anew by the
 * next one.
 *
 * @throws KitError with one message for the user: no apt, no mirror, no network, signature not checkable, …
 */
export async function ensureKit(name: KitName, options: EnsureKitOptions = {}): Promise<Kit> {
  const dev = options.dev ?? false;
  const log = options.log ?? ((line: string): void => void process.stderr.write(`${line}\n`));
  let cache = '';
  try {
    cache = kitsDirectory();
    const cached = options.refresh === true ? undefined : readManifest(cache, name);
    if (cached !== undefined && (cached.dev || !dev)) return kitOf(name, cache, cached);

    mkdirSync(cache, { recursive: true });
    accessSync(cache, constants.W_OK);
    return await withFileLock(
      path.join(cache, `${name}.lock`),
      () => log(`kit ${name}: waiting for another process that is fetching it`),
      async () => {
        const now = options.refresh === true ? undefined : readManifest(cache, name);
        if (now !== undefined && (now.dev || !dev)) return kitOf(name, cache, now);
        const startedAt = Date.now();
        const manifest = await fetchKit(name, cache, now, dev, log);
        log(
          `kit ${name}: ready after ${((Date.now() - startedAt) / 1000).toFixed(1)} s in ${path.join(cache, manifest.directory)}`,
        );
        return kitOf(name, cache, manifest);
      },
    );
  } catch (error) {
    if (error instanceof KitError) throw new KitError(`kit ${name}: ${error.message}`);
    // A system error (EACCES, ENOSPC, EEXIST …) can only concern the cache; Node's own are named ERR_….
    if (error instanceof Error && /^E[A-Z]+$/.test(errorCode(error) ?? '')) {
      throw new KitError(`kit ${name}: ${error.message}. Kits are kept in ${cache}. ${SPACE_ADVICE}`);
    }
    throw error;
  }
}

/** Fetches what is missing; the caller holds the lock. */
async function fetchKit(
  name: KitName,
  cache: string,
  cached: Manifest | undefined,
  dev: boolean,
  log: (line: string) => void,
): Promise<Manifest> {
  removePartials(cache, name);
  const apt = await preparePrivateApt(path.join(cache, 'apt', name), KIT_SUITES[name]);
  log(`kit ${name}: fetching the package lists of suite ${apt.suite} from ${apt.mirrorUri}`);
  await updateLists(apt);

  // Headers serve only the NGINX they belong to: when the suite has moved on, so does the kit.
  let manifest =
    cached !== undefined && cached.packages['nginx'] === (await candidate(apt, 'nginx')).version
      ? cached
      : await fetchRuntime(name, cache, apt, log);
  if (dev) manifest = await fetchDev(name, cache, apt, manifest, log);
  writeFileAtomically(manifestFile(cache, name), `${JSON.stringify(manifest, null, 2)}\n`);
  removeAptState(apt);
  removeOtherFolders(cache, name, manifest.directory);
  return manifest;
}

async function fetchRuntime(
  name: KitName,
  cache: string,
  apt: PrivateApt,
  log: (line: string) => void,
): Promise<Manifest> {
  const planned = await planPackages(apt, KIT_PACKAGES);
  const packages = planned.filter((entry) => !KIT_LEFT_OUT.has(entry.name));
  const versions = Object.fromEntries(packages.map((entry) => [entry.name, entry.version]));
  const directory = `${name}-${hashOf([recipeHash(), JSON.stringify(versions)])}`;
  const target = path.join(cache, directory);
  // A folder of that name is complete, since it gets the name after all the rest.
  const unpacked = existsSync(target) ? target : await unpackRuntime(name, cache, apt, packages, log);
  const root = path.join(unpacked, 'root');
  const facts = await inspectNginx(nginxLayout(root), nginxArgv(root));
  if (unpacked !== target) renameSync(unpacked, target);
  return { recipe: recipeHash(), directory, dev: existsSync(path.join(target, 'dev')), packages: versions, facts };
}

async function unpackRuntime(
  name: KitName,
  cache: string,
  apt: PrivateApt,
  packages: readonly PlannedPackage[],
  log: (line: string) => void,
): Promise<string> {
  const partial = path.join(cache, `${PARTIAL_PREFIX}${name}`);
  const root = path.join(partial, 'root');
  await fetchAndUnpack(name, apt, packages, root, log);
  await checkLibraries(root, [
    path.join(root, 'usr/sbin/nginx'),
    path.join(root, 'usr/bin/njs'),
    ...readdirSync(path.join(root, 'usr/lib/nginx/modules')).map((file) =>
      path.join(root, 'usr/lib/nginx/modules', file),
    ),
  ]);
  return partial;
}

async function fetchDev(
  name: KitName,
  cache: string,
  apt: PrivateApt,
  manifest: Manifest,
  log: (line: string) => void,
): Promise<Manifest> {
  const target = path.join(cache, manifest.directory, 'dev');
  if (!existsSync(target)) {
    const packages: PlannedPackage[] = [];
    for (const wanted of DEV_PACKAGES) packages.push(await candidate(apt, wanted));
    const partial = path.join(cache, `${PARTIAL_PREFIX}${name}`, 'dev');
    await fetchAndUnpack(name, apt, packages, partial, log);
    renameSync(partial, target);
    removePartials(cache, name);
  }
  return { ...manifest, dev: true };
}

async function fetchAndUnpack(
  name: KitName,
  apt: PrivateApt,
  packages: readonly PlannedPackage[],
  root: string,
  log: (line: string) => void,
): Promise<void> {
  const sizeBytes = packages.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  log(`kit ${name}: downloading ${packages.length} packages, ${(sizeBytes / 1e6).toFixed(1)} MB`);
  const files = await downloadPackages(apt, packages);
  log(`kit ${name}: unpacking`);
  mkdirSync(root, { recursive: true });
  const queue = [...files];
  const workers = Array.from({ length: UNPACK_CONCURRENCY }, async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const result = await runCommand([...BOUND_TO_US, 'dpkg-deb', '--extract', file, root]);
      if (result.code !== 0) throw new KitError(`${path.basename(file)} cannot be unpacked: ${result.stderr.trim()}`);
    }
  });
  await Promise.all(workers);
  for (const folder of NEEDLESS_FOLDERS)
    rmSync(path.join(root, folder), { recursive: true, force: true, maxRetries: 5 });
}

/** argv of the NGINX that is unpacked in `root`: run by its own loader, on its own libraries. */
function nginxArgv(root: string): string[] {
  return [...findLoader(root), path.join(root, 'usr/sbin/nginx')];
}

function kitOf(name: KitName, cache: string, manifest: Manifest): Kit {
  const directory = path.join(cache, manifest.directory);
  const root = path.join(directory, 'root');
  const dev = path.join(directory, 'dev');
  return {
    ...describeKit(name, nginxLayout(root), manifest.facts),
    nginx: nginxArgv(root),
    njsCli: [...findLoader(root), path.join(root, 'usr/bin/njs')],
    ...(manifest.dev
      ? {
          dev: {
            tree: path.join(dev, 'usr/share/nginx/src'),
            includes: [path.join(dev, 'usr/include')],
            libraries: [path.dirname(findLoader(root)[0] ?? '').replace(root, dev)],
          },
        }
      : {}),
  };
}

/** The cached kit, or undefined when there is none, or one that another recipe made, or one that was tampered with. */
function readManifest(cache: string, name: KitName): Manifest | undefined {
  let manifest: unknown;
  try {
    manifest = JSON.parse(readFileSync(manifestFile(cache, name), 'utf8'));
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (!isManifest(manifest)) return undefined;
  const complete =
    existsSync(path.join(cache, manifest.directory, 'root/usr/sbin/nginx')) &&
    (!manifest.dev || existsSync(path.join(cache, manifest.directory, 'dev/usr/share/nginx/src/configure')));
  return complete ? manifest : undefined;
}

/** The recipe's hash stands for the shape too: this very code has written what carries it (see `LAYOUT`). */
function isManifest(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null && 'recipe' in value && value.recipe === recipeHash();
}

function manifestFile(cache: string, name: KitName): string {
  return path.join(cache, `${name}.json`);
}

/** Folders that an interrupted run has left; nobody else is at work, as the caller holds the lock. */
function removePartials(cache: string, name: KitName): void {
  rmSync(path.join(cache, `${PARTIAL_PREFIX}${name}`), { recursive: true, force: true, maxRetries: 5 });
}

/** Folders of former versions of the kit. An NGINX that still runs from one keeps running, but cannot be reloaded. */
function removeOtherFolders(cache: string, name: KitName, keep: string): void {
  for (const entry of readdirSync(cache)) {
    if (entry !== keep && new RegExp(`^${name}-[0-9a-f]{12}$`).test(entry)) {
      rmSync(path.join(cache, entry), { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

/** Identity of what this code would make; a cached kit of another recipe is made anew. */
function recipeHash(): string {
  return hashOf([LAYOUT, process.arch, KIT_SUITES, KIT_PACKAGES, [...KIT_LEFT_OUT], DEV_PACKAGES, NEEDLESS_FOLDERS]);
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);
}
