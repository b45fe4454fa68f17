/**
 * What to check: which machine, and which configuration file of it.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { inspectBuild } from '../install/nginx-build.ts';
import { UserError } from '../io.ts';
import { filesOfDump, memoryFiles } from '../nginx-conf/config-files.ts';
import type { FileRead } from '../nginx-conf/config-files.ts';
import { defaultConfig, readBinary, usualBinaries } from './build.ts';
import type { NginxBinary } from './build.ts';
import type { Host } from './host.ts';
import { filesOnlyHost, folderHost, liveHost, rootedHost } from './live-host.ts';

/** A configuration to check. */
export interface Source {
  readonly host: Host;
  /** Absolute, as the machine names it. */
  readonly mainFile: string;
  /** As the user would name it. */
  readonly name: string;
  /** The NGINX that will load it; or why it is not known. */
  readonly binary: NginxBinary | { readonly unknown: string };
  /** Whether that NGINX may be run here, to test the configuration. */
  readonly runnable: boolean;
  /** Path of a file for people: as the machine names it, but relative when the user named the configuration so. */
  readonly shown: (file: string) => string;
  /** Path of a file for programs: where it lies on this machine, relative to where the command runs when below. */
  readonly uriOf: (file: string) => string;
}

export interface SourceOptions {
  readonly cwd: string;
  /** Folder that holds another machine's root directory. */
  readonly root: string | undefined;
  /** Path of the NGINX binary. */
  readonly nginx: string | undefined;
  readonly readInput: () => Promise<Buffer>;
}

/** Name of standard input where a path is needed. */
const INPUT_PATH = '/standard-input';
const FALLBACK_CONFIG = '/etc/nginx/nginx.conf';

/**
 * Finds what a path on the command line means: a main file, a directory that holds `nginx.conf`, a file that holds the
 * output of `nginx -T`, or `-` for one of these on standard input.
 *
 * @param given  undefined: the configuration of the machine
 * @throws UserError  there is nothing to read
 */
export async function findSource(given: string | undefined, options: SourceOptions): Promise<Source> {
  if (options.root !== undefined) return await rootedSource(given, options.root, options);
  if (given === '-') return textSource('standard input', INPUT_PATH, await options.readInput());
  const host = liveHost();
  const binary = await liveBinary(host, options);
  const own = binary === undefined ? FALLBACK_CONFIG : defaultConfig(binary.build);
  const mainFile = given === undefined ? own : await mainFileOf(path.resolve(options.cwd, given));
  const bytes = await readMain(host, mainFile, given ?? own);
  if (given !== undefined) {
    const dump = filesOfDump(bytes.toString('utf8'));
    if (dump !== undefined) return textSource(given, INPUT_PATH, bytes);
  }
  const name = given ?? mainFile;
  const uriOf = (file: string): string => relativeBelow(options.cwd, file);
  const shown = given === undefined || path.isAbsolute(given) ? (file: string): string => file : uriOf;
  if (mainFile === own || options.nginx !== undefined) {
    return {
      host,
      mainFile,
      name,
      shown,
      binary: binary ?? { unknown: 'no NGINX was found (--nginx PATH)' },
      runnable: true,
      uriOf,
    };
  }
  // It will be loaded somewhere else: this machine's directories, users and modules say nothing about it.
  return {
    host: folderHost(path.dirname(mainFile), name),
    mainFile,
    name,
    shown,
    binary: { unknown: `which NGINX will load ${name} is not known (--nginx PATH)` },
    runnable: false,
    uriOf,
  };
}

async function rootedSource(given: string | undefined, root: string, { cwd, nginx }: SourceOptions): Promise<Source> {
  const directory = path.resolve(cwd, root);
  const found = await stat(directory).catch(() => undefined);
  if (found?.isDirectory() !== true) throw new UserError(`--root ${root} is no directory`);
  const host = rootedHost(directory);
  const binary = await readBinary(host.files, nginx === undefined ? usualBinaries : [nginx]);
  const mainFile = given ?? (binary === undefined ? FALLBACK_CONFIG : defaultConfig(binary.build));
  if (!mainFile.startsWith('/')) {
    throw new UserError(`with --root a path is one of the copied machine and starts with /: /${mainFile}`, 2);
  }
  await readMain(host, mainFile, `${mainFile} in ${root}`);
  return {
    host,
    mainFile,
    name: mainFile,
    shown: (file) => file,
    binary: binary ?? { unknown: `no NGINX was found in ${root} (--nginx PATH)` },
    runnable: false,
    uriOf: (file) => relativeBelow(cwd, path.join(directory, file)),
  };
}

/** A dump as `nginx -T` prints it, or a single file. */
function textSource(name: string, mainPath: string, bytes: Buffer): Source {
  const dump = filesOfDump(bytes.toString('utf8'));
  const files = dump?.files ?? memoryFiles({ [mainPath]: bytes });
  return {
    host: filesOnlyHost(files, name),
    mainFile: dump?.main ?? mainPath,
    name,
    shown: (file) => file,
    binary: { unknown: `which NGINX will load ${name} is not known` },
    runnable: false,
    uriOf: (file) => file,
  };
}

/** @throws UserError  the user named one that is none */
async function liveBinary(host: Host, { nginx, cwd }: SourceOptions): Promise<NginxBinary | undefined> {
  if (nginx === undefined) return await readBinary(host.files, liveBinaries());
  const file = path.resolve(cwd, nginx);
  const binary = await readBinary(host.files, [file]);
  if (binary !== undefined) return binary;
  // A script that starts it, perhaps: it can be asked, but has no tables to read.
  return { path: file, build: await inspectBuild(file), table: { unknown: 'it is no NGINX binary' } };
}

function liveBinaries(): string[] {
  const directories = (process.env['PATH'] ?? '').split(':').filter((directory) => directory.startsWith('/'));
  return [...new Set([...directories.map((directory) => path.join(directory, 'nginx')), ...usualBinaries])];
}

async function mainFileOf(given: string): Promise<string> {
  const found = await stat(given).catch(() => undefined);
  return found?.isDirectory() === true ? path.join(given, 'nginx.conf') : given;
}

async function readMain(host: Host, mainFile: string, name: string): Promise<Buffer> {
  const read: FileRead = await host.files.read(mainFile);
  if (read.state === 'present') return Buffer.from(read.bytes);
  const why = read.state === 'absent' ? 'no such file' : read.reason;
  throw new UserError(
    `cannot read ${name}: ${why}; name the configuration, or use --root DIR for a copied machine, or - for a dump`,
  );
}

/** @param file  absolute */
function relativeBelow(cwd: string, file: string): string {
  const relative = path.relative(cwd, file);
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative;
}
