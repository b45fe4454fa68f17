import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { preparePrivateApt, removeAptState } from '../kits/apt.ts';
import { BOUND_TO_US, runCommand } from '../kits/command.ts';
import { repositoryRoot } from '../kits/repository.ts';
import { ContainerError } from './container-error.ts';
import { administratorPath, programFromPackage } from './debian-packages.ts';
import { hasImage, importImage, pullImage, type EngineHost } from './engine-api.ts';

const CACHE = path.join(repositoryRoot, '.cache/container');

/** What Debian's slim images leave out, too. */
const LEFT_OUT = ['/usr/share/man/*', '/usr/share/doc/*', '/usr/share/locale/*', '/usr/share/info/*'];

/** The base image of the Dockerfile when none is named. */
export function defaultBase(): string {
  const base = /^ARG BASE=(\S+)$/m.exec(readFileSync(path.join(repositoryRoot, 'Dockerfile'), 'utf8'))?.[1];
  if (base === undefined) throw new ContainerError('Dockerfile has no line "ARG BASE=…"');
  return base;
}

/** Sees to it that an engine has an image, by pulling it. @throws ContainerError when the registry does not give it */
export async function pullMissing(host: EngineHost, image: string, log: (line: string) => void): Promise<void> {
  if (await hasImage(host, image)) return;
  log(`pulling ${image}`);
  try {
    await pullImage(host, image);
  } catch (error) {
    throw new ContainerError(`${image} cannot be pulled: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * Gives an engine of our own a Debian base image: from the cache, from the registry, or built of Debian packages from
 * the mirror that this machine's apt uses. Not for an engine of somebody else, who would find our image under Debian's
 * name.
 *
 * @param image a Debian image such as `debian:trixie-slim`
 * @throws ContainerError, KitError when there is no way to it
 */
export async function provideBase(host: EngineHost, image: string, log: (line: string) => void): Promise<void> {
  const suite = /^debian:([a-z]+)-slim$/.exec(image)?.[1];
  if (suite === undefined) throw new ContainerError(`base ${image}: only debian:SUITE-slim can be built here`);
  mkdirSync(CACHE, { recursive: true });
  const state = mkdtempSync(path.join(tmpdir(), 'wallguard-base-'));
  try {
    // Writes the client's configuration and finds mirror and keyring; nothing is fetched with it.
    const apt = await preparePrivateApt(state, suite);
    const connection = readFileSync(apt.configFile, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('Acquire::'));
    const identity = JSON.stringify([suite, apt.mirrorUri, connection, LEFT_OUT]);
    const tarball = path.join(
      CACHE,
      `${suite}-${createHash('sha256').update(identity).digest('hex').slice(0, 12)}.tar`,
    );
    if (!existsSync(tarball)) {
      try {
        await pullMissing(host, image, log);
        return;
      } catch (error) {
        if (!(error instanceof ContainerError)) throw error;
        log(`${error.message}; building it of Debian packages instead, which takes half a minute`);
      }
      await bootstrap(suite, apt.mirrorUri, connection, tarball, log);
    }
    await importImage(host, tarball, image);
    removeAptState(apt);
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

async function bootstrap(
  suite: string,
  mirrorUri: string,
  aptOptions: readonly string[],
  tarball: string,
  log: (line: string) => void,
): Promise<void> {
  const mmdebstrap = await programFromPackage('mmdebstrap', 'mmdebstrap', log);
  const partial = `${tarball}.${process.pid}.tar`;
  try {
    const argv = [
      mmdebstrap,
      '--variant=minbase',
      '--components=main',
      ...aptOptions.map((line) => `--aptopt=${line.replace(/;$/, '')}`),
      ...LEFT_OUT.map((glob) => `--dpkgopt=path-exclude=${glob}`),
      ...(mirrorUri.startsWith('https:') ? ['--include=ca-certificates'] : []),
      suite,
      partial,
      mirrorUri,
    ];
    const result = await runCommand([...BOUND_TO_US, ...argv], { env: { PATH: administratorPath } });
    if (result.code !== 0) {
      const said = result.stderr.trim().split('\n').slice(-3).join(' | ');
      throw new ContainerError(`mmdebstrap cannot build ${suite}: ${said}`);
    }
    renameSync(partial, tarball);
  } finally {
    rmSync(partial, { force: true });
  }
}
