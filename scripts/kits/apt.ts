import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BOUND_TO_US, runCommand } from './command.ts';
import { KitError, SPACE_ADVICE } from './kit-error.ts';
import { debianMirror, readAptSources } from './sources.ts';

/** A package as apt has chosen it. */
export interface PlannedPackage {
  readonly name: string;
  /** Debian version, epoch included: `1:0.10.28-2`. */
  readonly version: string;
  readonly sizeBytes: number;
}

/** apt's client with its own state, for one suite; nothing of the machine's package state is read or changed. */
export interface PrivateApt {
  readonly suite: string;
  readonly mirrorUri: string;
  /** Holds all of the client's state. */
  readonly directory: string;
  /** Path of a configuration file for `APT_CONFIG`. */
  readonly configFile: string;
  /** Where downloaded packages are put. */
  readonly packageDirectory: string;
}

const APT_CONFIGURATION_DIRECTORY = '/etc/apt';
const ARCHIVE_KEYRINGS = [
  '/usr/share/keyrings/debian-archive-keyring.gpg',
  '/usr/share/keyrings/debian-archive-keyring.pgp',
];
const KEYRING_ADVICE =
  'Install a newer debian-archive-keyring package (apt-get install debian-archive-keyring) and try again.';

/**
 * Prepares a private apt client for a suite: mirror, proxy and time checks as the machine's own apt has them, everything
 * else its own (apt.conf(5), `Dir::*`).
 *
 * @param directory created when it is missing; holds lists and downloads
 * @throws KitError on a machine without apt or without a Debian mirror
 */
export async function preparePrivateApt(directory: string, suite: string): Promise<PrivateApt> {
  const architecture = await debianArchitecture();
  const mirror = debianMirror(readAptSources(APT_CONFIGURATION_DIRECTORY));
  if (mirror === undefined) {
    throw new KitError(
      `apt on this machine is configured with no Debian archive: ${APT_CONFIGURATION_DIRECTORY}/sources.list and ` +
        `sources.list.d name no "main" of a Debian suite. Add your Debian mirror there (any suite will do), or use a ` +
        `system NGINX with njs.`,
    );
  }
  const keyring = [mirror.signedBy, ...ARCHIVE_KEYRINGS].find((file) => file !== undefined && existsSync(file));
  if (keyring === undefined) {
    throw new KitError(
      `the Debian archive's keyring is not on this machine (${ARCHIVE_KEYRINGS[0]}). ${KEYRING_ADVICE}`,
    );
  }

  const at = (...parts: string[]): string => path.join(directory, ...parts);
  for (const folder of ['lists/partial', 'archives/partial', 'sources', 'packages'])
    mkdirSync(at(folder), { recursive: true });
  writeFileSync(at('status'), '');
  writeFileSync(
    at('sources/kit.sources'),
    `Types: deb\nURIs: ${mirror.uri}\nSuites: ${suite}\nComponents: main\nArchitectures: ${architecture}\nSigned-By: ${keyring}\n`,
  );
  const configFile = at('apt.conf');
  writeFileSync(
    configFile,
    [
      ...(await inheritedSettings()),
      // Read before anything else of apt's configuration, so that hooks and preferences of the machine stay out.
      'Dir::Etc::main "/dev/null";',
      'Dir::Etc::parts "/dev/null";',
      'Dir::Etc::sourcelist "/dev/null";',
      `Dir::Etc::sourceparts "${at('sources')}";`,
      'Dir::Etc::preferences "/dev/null";',
      'Dir::Etc::preferencesparts "/dev/null";',
      `Dir::State "${directory}";`,
      `Dir::State::lists "${at('lists')}";`,
      // An empty status file: dependencies are resolved as for a machine on which nothing is installed.
      `Dir::State::status "${at('status')}";`,
      `Dir::Cache "${directory}";`,
      // Half of the space for indexes, for a few hundred milliseconds.
      'Dir::Cache::srcpkgcache "";',
      `Dir::Cache::archives "${at('archives')}";`,
      `APT::Architecture "${architecture}";`,
      `APT::Architectures { "${architecture}"; };`,
      'APT::Install-Recommends "false";',
      'APT::Install-Suggests "false";',
      // apt drops to the user _apt for downloads, who may not read a directory of root's.
      'APT::Sandbox::User "root";',
      'APT::Update::Error-Mode "any";',
      'Acquire::Languages "none";',
      'Acquire::GzipIndexes "true";',
      'Acquire::Retries "3";',
      // Mirrors and caches of testing are often behind; the signature is checked all the same.
      'Acquire::Check-Valid-Until "false";',
      '',
    ].join('\n'),
  );
  return { suite, mirrorUri: mirror.uri, directory, configFile, packageDirectory: at('packages') };
}

/** Debian's name of this machine's architecture: `amd64`, `arm64`. */
async function debianArchitecture(): Promise<string> {
  try {
    await runCommand(['apt-get', '--version']);
    await runCommand(['dpkg-deb', '--version']);
    const result = await runCommand(['dpkg', '--print-architecture']);
    return result.stdout.trim();
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    throw new KitError(
      `kits are made of Debian packages with apt's own client, and ${error.message}. ` +
        `Use Debian, or a system NGINX with njs.`,
    );
  }
}

/** How the machine's apt reaches its mirrors (proxies, certificates, address family), as lines of apt.conf(5). */
async function inheritedSettings(): Promise<string[]> {
  const result = await runCommand(['apt-config', 'dump']);
  return result.stdout
    .split('\n')
    .filter((line) => /^Acquire::(?:https?|socks|Force|Proxy|Check-Date)[^ ]* ".+";$/.test(line));
}

/**
 * Fetches the suite's package lists and checks their signature.
 *
 * @throws KitError that names the cause: network, missing key, no such suite
 */
export async function updateLists(apt: PrivateApt): Promise<void> {
  const result = await aptGet(apt, ['update', '--quiet']);
  if (result.code !== 0) throw aptFailure(apt, 'the package lists cannot be fetched', result.stderr);
}

/**
 * Resolves packages and their dependencies.
 *
 * @returns what apt would install on an empty machine, sorted by name
 */
export async function planPackages(apt: PrivateApt, names: readonly string[]): Promise<PlannedPackage[]> {
  const result = await aptGet(apt, ['install', '--print-uris', '--quiet=2', '--yes', ...names]);
  if (result.code !== 0) throw aptFailure(apt, `${names.join(', ')} cannot be installed`, result.stderr);
  return parsePlan(result.stdout);
}

/** Parses `apt-get --print-uris`: `'uri' file size hash`, with `name_version_architecture.deb` as file. */
export function parsePlan(output: string): PlannedPackage[] {
  const packages: PlannedPackage[] = [];
  for (const line of output.split('\n')) {
    const match = /^'\S+' ([^_\s]+)_([^_\s]+)_[^_\s]+\.deb (\d+)/.exec(line);
    if (match === null) continue;
    const [, name = '', version = '', size = ''] = match;
    packages.push({ name, version: decodeURIComponent(version), sizeBytes: Number(size) });
  }
  return packages.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The version of one package that the fetched lists offer, without its dependencies. */
export async function candidate(apt: PrivateApt, name: string): Promise<PlannedPackage> {
  const result = await runCommand(['apt-cache', 'show', '--no-all-versions', name], {
    env: { APT_CONFIG: apt.configFile },
  });
  const version = /^Version: (\S+)$/m.exec(result.stdout)?.[1];
  if (version === undefined) throw new KitError(`suite ${apt.suite} of ${apt.mirrorUri} has no package ${name}`);
  return { name, version, sizeBytes: Number(/^Size: (\d+)$/m.exec(result.stdout)?.[1] ?? 0) };
}

/**
 * Downloads packages; those that an interrupted run has left are checked and kept. apt compares each file with the hash
 * in the signed lists.
 *
 * @returns paths of the `.deb` files
 */
export async function downloadPackages(apt: PrivateApt, packages: readonly PlannedPackage[]): Promise<string[]> {
  const wanted = packages.map((entry) => `${entry.name}=${entry.version}`);
  const result = await aptGet(apt, ['download', '--quiet', ...wanted], apt.packageDirectory);
  if (result.code !== 0) throw aptFailure(apt, 'packages cannot be downloaded', result.stderr);
  const files = readdirSync(apt.packageDirectory).filter((file) => file.endsWith('.deb'));
  return packages.map(({ name, version }) => {
    const prefix = `${name}_${version.replace(/:/g, '%3a')}_`;
    const file = files.find((entry) => entry.startsWith(prefix));
    if (file === undefined) throw new KitError(`apt-get download said it worked but left no ${prefix}*.deb`);
    return path.join(apt.packageDirectory, file);
  });
}

/** Removes lists, indexes and downloads: six times the size of what was made of them, and never wanted again. */
export function removeAptState(apt: PrivateApt): void {
  rmSync(apt.directory, { recursive: true, force: true });
}

async function aptGet(
  apt: PrivateApt,
  args: readonly string[],
  cwd?: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return await runCommand([...BOUND_TO_US, 'apt-get', ...args], {
    env: { APT_CONFIG: apt.configFile },
    ...(cwd === undefined ? {} : { cwd }),
  });
}

/** Turns apt's complaint into one message with the cause and what to do about it. */
export function aptFailure(apt: Pick<PrivateApt, 'suite' | 'mirrorUri'>, what: string, stderr: string): KitError {
  const complaints = stderr.split('\n').filter((line) => /^(?:E|W|Err)[: ]/.test(line));
  const said = [...new Set(complaints)].slice(0, 3).join(' | ') || stderr.trim().split('\n').slice(-1).join('');
  if (/No space left/.test(stderr)) {
    return new KitError(`${what}: the disk is full. ${SPACE_ADVICE} apt: ${said}`);
  }
  const where = `suite ${apt.suite} of ${apt.mirrorUri}`;
  if (/NO_PUBKEY|Missing key|is not signed|couldn't be verified|signature verification/i.test(stderr)) {
    return new KitError(
      `${what}: this machine's keyring cannot check the signature of ${where}. ${KEYRING_ADVICE} apt: ${said}`,
    );
  }
  if (/does not have a Release file|404 +Not Found/i.test(stderr)) {
    return new KitError(
      `${what}: ${where} is not there. Configure apt with a mirror that carries it (the full Debian archive does). apt: ${said}`,
    );
  }
  if (/resolv|connect|unreachable|timed? ?out|Could not handshake/i.test(stderr)) {
    return new KitError(
      `${what}: no connection to ${apt.mirrorUri}. Check the network and apt's proxy settings. apt: ${said}`,
    );
  }
  return new KitError(`${what} from ${where}. apt: ${said}`);
}
