import { existsSync } from 'node:fs';
import path from 'node:path';
import { KitError } from '../kits/kit-error.ts';
import { defaultBase, provideBase, pullMissing } from './base-image.ts';
import { ContainerError } from './container-error.ts';
import { startDaemon } from './daemon.ts';
import { programFromPackage } from './debian-packages.ts';
import { answers, type EngineHost } from './engine-api.ts';

/** A Docker engine that has the Dockerfile's base image. */
export interface Engine {
  /** For `DOCKER_HOST`. */
  readonly host: EngineHost;
  /**
   * Where published ports are reached, if that is known: clients guess it, and take the gateway of the bridge network
   * on a machine that looks like a container (`/.dockerenv`).
   */
  readonly publishedOn?: string;
  /** Ends an engine that was started for us; leaves any other alone. */
  stop(): Promise<void>;
}

const ADVICE =
  'Start a Docker engine that has, or can pull, the base image (on Debian: apt-get install docker.io), or run this as root on Debian.';

/**
 * Gives a container engine for tests: one that answers on this machine and has or can pull the base image of the
 * Dockerfile; otherwise, as root on Debian, a daemon of our own (package `docker.io`) with a base image made of Debian
 * packages.
 *
 * @param options.log receives one line per step; standard error by default
 * @returns the engine, or why there is none
 */
export async function provideEngine(
  options: { readonly log?: (line: string) => void } = {},
): Promise<Engine | { readonly reason: string }> {
  const log = options.log ?? ((line: string): void => void process.stderr.write(`containers: ${line}\n`));
  const base = defaultBase();
  const unfit: string[] = [];
  for (const host of knownHosts()) {
    try {
      if (!(await answers(host))) continue;
      await pullMissing(host, base, log);
      return { host, stop: () => Promise.resolve() };
    } catch (error) {
      if (!(error instanceof ContainerError)) throw error;
      unfit.push(`the engine at ${host} does not serve, since ${error.message}`);
    }
  }
  const none = unfit.length === 0 ? ['no container engine answers on this machine'] : unfit;
  if (process.getuid?.() !== 0) return { reason: `${none.join('; ')}. ${ADVICE}` };
  try {
    return await ownEngine(base, log);
  } catch (error) {
    if (!(error instanceof ContainerError || error instanceof KitError)) throw error;
    return { reason: `${[...none, error.message].join('; ')}. ${ADVICE}` };
  }
}

/** Where clients look for an engine: what the user says, else the sockets of a system's and of a user's daemon. */
function knownHosts(): EngineHost[] {
  const said = process.env['DOCKER_HOST'];
  if (said !== undefined && said !== '') return [said];
  const runtime = process.env['XDG_RUNTIME_DIR'];
  const home = process.env['HOME'];
  return [
    '/var/run/docker.sock',
    ...(runtime === undefined ? [] : [path.join(runtime, 'docker.sock')]),
    ...(home === undefined ? [] : [path.join(home, '.docker/run/docker.sock')]),
  ]
    .filter((socket) => existsSync(socket))
    .map((socket) => `unix://${socket}`);
}

async function ownEngine(base: string, log: (line: string) => void): Promise<Engine> {
  const dockerd = await programFromPackage('dockerd', 'docker.io', log);
  log('starting a Docker daemon for the tests');
  const daemon = await startDaemon(dockerd);
  try {
    await provideBase(daemon.host, base, log);
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  return { ...daemon, publishedOn: 'localhost' };
}
