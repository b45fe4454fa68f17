/** Sites and clients for the tests of lists, triggers and the control API. */
import { rmSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import type { Engine } from '../../schema/settings.ts';
import { startSite, type Site, type SiteOptions } from '../../scripts/site.ts';
import { ensureDouble } from '../double/build.ts';
import { has } from '../requirement.ts';
import { allBuilds, eventually, jsonLines, siteDirectory, type Build } from './harness.ts';

const compiles = has('compiler');
export const builds = await allBuilds({ dev: compiles });
export const engines: readonly Engine[] = [...(compiles ? (['wallarm'] as const) : []), 'modsecurity', 'none'];

export interface Answer {
  readonly status: number;
  readonly id: string;
  readonly body: string;
}

/** One request from an address of this machine's loopback network. */
export function ask(site: Site, from: string, target: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port: site.ports.app, localAddress: from, path: target, headers, agent: false },
      (response) => {
        let body = '';
        response.on('data', (data: Buffer) => (body += data.toString()));
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, id: String(response.headers['x-request-id'] ?? ''), body }),
        );
      },
    );
    sent.once('error', reject);
    sent.end();
  });
}

/** A request that this engine takes for an attack. */
export function attack(engine: Engine): { target: string; headers: Record<string, string> } {
  return engine === 'wallarm'
    ? { target: '/?id=1', headers: { 'X-Wallarm-Double': 'types=sqli; points=[get][id]; stamps=1' } }
    : { target: '/?id=1%27%20UNION%20SELECT%20username,%20password%20FROM%20users--', headers: {} };
}

export async function start(build: Build, engine: Engine, options: Partial<SiteOptions>): Promise<Site> {
  return startSite({
    kit: build.kit,
    jsEngine: build.jsEngine,
    directory: siteDirectory(),
    ...(engine === 'wallarm' ? { wallarmModule: await ensureDouble(build.kit, '6.13.0') } : {}),
    ...options,
    settings: { engine, ...options.settings },
  });
}

export function directoryOf(site: Site): string {
  return path.dirname(site.files.settings);
}

export async function end(site: Site): Promise<void> {
  await site.stop();
  rmSync(directoryOf(site), { recursive: true, force: true });
}

export function lineOf(site: Site, check: (line: Record<string, unknown>) => boolean, what: string): Promise<Record<string, unknown>> {
  return eventually(() => jsonLines(site.files.telemetry).find(check), what);
}

export function hostFile(site: Site, address: string): string {
  return path.join(site.settings.lists.directory, 'lists/hosts', address);
}

/**
 * Locations that answer in the content phase: ModSecurity and the Wallarm module come after the rewrite phase, which
 * `return` ends.
 */
export const contentLocations: readonly string[] = ['location / {', '    try_files /none =204;', '}'];
