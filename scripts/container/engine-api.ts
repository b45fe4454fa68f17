/**
 * The few calls of the Docker Engine API that tests need (docs.docker.com/reference/api/engine). They go to the engine
 * itself, so that no command-line client has to be installed; paths carry no version, which means the engine's newest.
 */
import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ContainerError } from './container-error.ts';

/** An engine that says nothing for so long will not answer. */
const PING_TIMEOUT_MS = 3000;
/** A pull without progress for so long gets nowhere. */
const PULL_SILENCE_MS = 20_000;

/** What a client has to be told to reach an engine: `unix:///var/run/docker.sock`, `tcp://127.0.0.1:2375`. */
export type EngineHost = string;

/** Whether a Docker engine answers there. */
export async function answers(host: EngineHost): Promise<boolean> {
  try {
    const response = await call(host, 'GET', '/_ping', { timeoutMs: PING_TIMEOUT_MS });
    response.resume();
    return response.statusCode === 200;
  } catch {
    return false;
  }
}

export async function hasImage(host: EngineHost, image: string): Promise<boolean> {
  const response = await call(host, 'GET', `/images/${image}/json`);
  response.resume();
  return response.statusCode === 200;
}

/** Pulls an image from its registry. @throws ContainerError with the engine's or the registry's words */
export async function pullImage(host: EngineHost, image: string): Promise<void> {
  const { name, tag } = splitImage(image);
  const query = new URLSearchParams({ fromImage: name, tag });
  await follow(await call(host, 'POST', `/images/create?${query.toString()}`, { timeoutMs: PULL_SILENCE_MS }));
}

/** Makes an image of a root file system. @param tarball path of an uncompressed tar file */
export async function importImage(host: EngineHost, tarball: string, image: string): Promise<void> {
  const { name, tag } = splitImage(image);
  const query = new URLSearchParams({ fromSrc: '-', repo: name, tag });
  await follow(await call(host, 'POST', `/images/create?${query.toString()}`, { body: createReadStream(tarball) }));
}

export interface ImageBuild {
  readonly image: string;
  /** Directory of the Dockerfile. */
  readonly directory: string;
  /** What is sent of it, relative to it. */
  readonly context: readonly string[];
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** Stage to stop at. */
  readonly target?: string;
}

/**
 * Builds an image. `RUN` has the network of the machine, as an engine of the tests gives containers none of their own
 * and as a package mirror may be known to the machine alone.
 *
 * @throws ContainerError with the end of the build's output
 */
export async function buildImage(host: EngineHost, build: ImageBuild): Promise<void> {
  const query = new URLSearchParams({
    t: build.image,
    buildargs: JSON.stringify(build.buildArgs ?? {}),
    networkmode: 'host',
    forcerm: '1',
    ...(build.target === undefined ? {} : { target: build.target }),
  });
  const tar = spawn(
    'tar',
    ['--create', '--directory', build.directory, '--file', '-', 'Dockerfile', ...build.context],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let complaint = '';
  tar.stderr.setEncoding('utf8').on('data', (chunk: string) => (complaint += chunk));
  const packed = new Promise<void>((resolve, reject) => {
    tar.once('error', reject);
    tar.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new ContainerError(`the build context cannot be packed: ${complaint.trim()}`));
    });
  });
  const built = call(host, 'POST', `/build?${query.toString()}`, { body: tar.stdout }).then(follow);
  try {
    await Promise.all([packed, built]);
  } catch (error) {
    if (error instanceof ContainerError) throw new ContainerError(`image ${build.image}: ${error.message}`);
    throw error;
  }
}

function splitImage(image: string): { name: string; tag: string } {
  const colon = image.lastIndexOf(':');
  return image.includes('/', colon) || colon < 0
    ? { name: image, tag: 'latest' }
    : { name: image.slice(0, colon), tag: image.slice(colon + 1) };
}

async function call(
  host: EngineHost,
  method: 'GET' | 'POST',
  pathAndQuery: string,
  options: { readonly body?: Readable; readonly timeoutMs?: number } = {},
): Promise<IncomingMessage> {
  const { body, timeoutMs } = options;
  return await new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...address(host),
        method,
        path: pathAndQuery,
        ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
        ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/x-tar' } }),
      },
      resolve,
    );
    outgoing.once('error', reject);
    outgoing.once('timeout', () =>
      outgoing.destroy(new ContainerError(`the engine at ${host} said nothing for ${timeoutMs} ms`)),
    );
    if (body === undefined) outgoing.end();
    else pipeline(body, outgoing).catch(reject);
  });
}

function address(host: EngineHost): RequestOptions {
  const url = new URL(host);
  switch (url.protocol) {
    case 'unix:':
      return { socketPath: url.pathname };
    case 'tcp:':
    case 'http:':
      return { host: url.hostname, port: url.port === '' ? 2375 : url.port };
    default:
      throw new ContainerError(`DOCKER_HOST ${host}: only unix:// and tcp:// are understood here`);
  }
}

/** Reads a stream of JSON messages to its end. @throws ContainerError when one of them is an error */
async function follow(response: IncomingMessage): Promise<void> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  if (response.statusCode !== 200) {
    const { message } = JSON.parse(text) as { message: string };
    throw new ContainerError(message.trim());
  }
  const messages = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as { stream?: string; error?: string });
  const failure = messages.find(({ error }) => error !== undefined);
  if (failure !== undefined) {
    const output = messages.map(({ stream }) => stream ?? '').join('');
    throw new ContainerError([failure.error?.trim(), ...output.trim().split('\n').slice(-25)].join('\n'));
  }
}
