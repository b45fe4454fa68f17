/**
 * Real NGINX for tests: the matrix of builds and njs engines, sites that end with their test, raw requests.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { ensureKit, KIT_NAMES, type JsEngine, type Kit } from '../../scripts/kits/kit.ts';
import { startSite, type Site, type SiteOptions } from '../../scripts/site.ts';

export interface Build {
  /** `nginx 1.26.3, njs 0.8.9, engine njs`: for test names. */
  readonly name: string;
  readonly kit: Kit;
  readonly jsEngine: JsEngine;
}

/**
 * Every NGINX build of the kits with every engine of njs that it was compiled with.
 *
 * @param options.dev  also fetch headers, which the Wallarm double is compiled against
 */
export async function allBuilds(options: { dev?: boolean } = {}): Promise<Build[]> {
  const builds: Build[] = [];
  for (const kitName of KIT_NAMES) {
    const kit = await ensureKit(kitName, options);
    for (const jsEngine of kit.engines) {
      builds.push({ name: `nginx ${kit.nginxVersion}, njs ${kit.njsVersion}, engine ${jsEngine}`, kit, jsEngine });
    }
  }
  return builds;
}

/** A directory that an NGINX worker can reach. */
export function siteDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'wallguard-site-'));
  chmodSync(directory, 0o755);
  return directory;
}

/**
 * Starts a site that is stopped and removed when the running test ends.
 * For a site shared by several tests call `startSite` in `beforeAll` and `stop` in `afterAll`.
 */
export async function siteForTest(build: Build, options: Omit<SiteOptions, 'kit' | 'jsEngine' | 'directory'>): Promise<Site> {
  const directory = siteDirectory();
  const site = await startSite({ ...options, kit: build.kit, jsEngine: build.jsEngine, directory });
  onTestFinished(async () => {
    await site.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  return site;
}

/** Polls until `probe` gives a value. @throws after the deadline, with the last state */
export async function eventually<T>(probe: () => T | undefined | Promise<T | undefined>, what: string, deadlineMs = 10_000): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`not within ${deadlineMs} ms: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Lines of a JSON log so far; a torn last line is left out. */
export function jsonLines(file: string): Record<string, unknown>[] {
  const text = readFileSync(file, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Sends raw bytes and returns everything that came back until the server closed or `waitMs` passed without data. */
export function rawRequest(port: number, bytes: string | Buffer, waitMs = 1000): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setTimeout(waitMs, () => socket.destroy());
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.once('close', () => resolve(Buffer.concat(chunks)));
  });
}
