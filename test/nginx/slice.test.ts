/**
 * The whole slice on every build and engine: one suite, so that no combination is tested less than another.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine, Mode } from '../../schema/settings.ts';
import { demoApp } from '../../scripts/demo-app.ts';
import { nginxArguments, startSite, type Site } from '../../scripts/site.ts';
import { ensureDouble } from '../double/build.ts';
import { has } from '../requirement.ts';
import { allBuilds, eventually, jsonLines, rawRequest, siteDirectory, type Build } from './harness.ts';

const compiles = has('compiler');
const builds = await allBuilds({ dev: compiles });
const engines: readonly Engine[] = [...(compiles ? (['wallarm'] as const) : []), 'modsecurity', 'none'];
const browser = { Accept: 'text/html,*/*;q=0.8', 'Accept-Language': 'en' };

interface Case {
  readonly build: Build;
  readonly engine: Engine;
  /** The Wallarm node; of no meaning to other engines. */
  readonly node: string;
  readonly name: string;
}

const cases: Case[] = builds.flatMap((build) =>
  engines.flatMap((engine) =>
    (engine === 'wallarm' ? ['5.3.0', '6.13.0', '7.1.0'] : ['6.13.0']).map((node) => ({
      build,
      engine,
      node,
      name: `${build.name}, ${engine === 'wallarm' ? `wallarm ${node}` : engine}`,
    })),
  ),
);

/** A request that this engine takes for an attack; without an engine, the guard of the statistics service refuses. */
function attack(engine: Engine): { path: string; headers: Record<string, string> } {
  switch (engine) {
    case 'modsecurity':
      return {
        path: '/?id=1%27%20UNION%20SELECT%20username,%20password%20FROM%20users--<script>prompt(1)</script>',
        headers: {},
      };
    case 'wallarm':
      return { path: '/?id=1', headers: { 'X-Wallarm-Double': 'types=sqli|xss; points=[get][id]|[get][id]; stamps=1|2' } };
    case 'none':
      return { path: '/wallarm-status', headers: {} };
  }
}

async function start({ build, engine, node }: Case, mode: Mode, upstream: string, directory: string): Promise<Site> {
  return startSite({
    kit: build.kit,
    jsEngine: build.jsEngine,
    directory,
    upstream,
    workers: 2,
    settings: { engine, mode, node: { version: node } },
    ...(engine === 'wallarm' ? { wallarmModule: await ensureDouble(build.kit, node) } : {}),
  });
}

describe.each(cases.map((current) => [current.name, current] as const))('%s', (_name, current) => {
  const { build, engine } = current;
  const app: Server = demoApp();
  const directory = siteDirectory();
  let site: Site;

  beforeAll(async () => {
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    site = await start(current, 'block', `http://127.0.0.1:${(app.address() as AddressInfo).port}`, directory);
  });

  afterAll(async () => {
    await site.stop();
    app.closeAllConnections();
    app.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const telemetryOf = (id: string, name = 'request') =>
    eventually(
      () => jsonLines(site.files.telemetry).find((line) => line['http.request.id'] === id && line['event.name'] === name),
      `${name} line of ${id}`,
    );

  test('passes nginx -t', () => {
    const [command, ...args] = [...build.kit.nginx, ...nginxArguments(directory), '-t'];
    const run = spawnSync(command, args, { encoding: 'utf8' });
    expect(run.stderr).toContain('test is successful');
    expect(run.status).toBe(0);
  });

  test('lets a clean request through to the application, with one line of telemetry', async () => {
    const answer = await fetch(`${site.urls.app}/basket?item=7`, { headers: browser });
    expect(answer.status).toBe(200);
    const body = (await answer.json()) as { request_id: string; path: string };
    expect(body.path).toBe('/basket');
    expect(body.request_id).toMatch(/^[0-9a-f]{32}$/);
    expect(await telemetryOf(body.request_id)).toMatchObject({
      'wallguard.action': 'allowed',
      'wallguard.block.reason': '',
      'wallguard.engine': engine,
      'wallguard.mode': 'block',
      'http.response.status_code': 200,
      'url.path': '/basket',
      'url.query': 'item=7',
    });
  });

  test('answers an attack with the page; the same id stands in page, header and logs', async () => {
    const { path, headers } = attack(engine);
    const answer = await fetch(site.urls.app + path, { headers: { ...browser, ...headers } });
    const page = await answer.text();
    expect(answer.status).toBe(403);
    const id = answer.headers.get('x-request-id') ?? '';
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
    expect(/(?:UUID|Request ID:)\s+([0-9a-f]{32})/.exec(page.replace(/<[^>]*>/g, ' '))?.[1]).toBe(id);
    expect(page).toContain('127.0.0.1');
    expect(await telemetryOf(id)).toMatchObject({
      'wallguard.action': 'blocked',
      'wallguard.block.reason': engine === 'none' ? 'status_guard' : 'attack',
      'http.response.status_code': 403,
    });
  });

  const logsToAudit = () => test('ModSecurity logs the block under that id, and NGINX reads it back', async () => {
    const answer = await fetch(site.urls.app + attack(engine).path, { headers: browser });
    await answer.text();
    const id = answer.headers.get('x-request-id') ?? '';
    const records = await eventually(() => {
      const text = existsSync(site.files.auditLog) ? readFileSync(site.files.auditLog, 'utf8') : '';
      return text.includes(id) ? text : undefined;
    }, 'audit record');
    expect(records).toContain(`"unique_id":"block--1-${id}"`);
    expect((await telemetryOf(id, 'detection'))['wallguard.attack.types']).toEqual(expect.arrayContaining(['sqli', 'xss']));
  });

  const namesTypes = () => test('the line names the attack types of the module', async () => {
    const { path, headers } = attack(engine);
    const answer = await fetch(site.urls.app + path, { headers: { ...browser, ...headers } });
    await answer.text();
    expect(await telemetryOf(answer.headers.get('x-request-id') ?? '')).toMatchObject({
      'wallguard.attack.types': ['xss', 'sqli'],
    });
  });

  // Not skipped elsewhere: there is nothing to test.
  if (engine === 'modsecurity') logsToAudit();
  if (engine === 'wallarm') namesTypes();

  test('gives a program a problem document with the same id', async () => {
    const { path, headers } = attack(engine);
    const answer = await fetch(site.urls.app + path, { headers: { Accept: 'application/json', ...headers } });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await answer.json()).toMatchObject({ status: 403, request_id: answer.headers.get('x-request-id') });
  });

  test('a block has exactly one request line and one count', async () => {
    const { path, headers } = attack(engine);
    const answer = await fetch(site.urls.app + path, { headers: { ...browser, ...headers } });
    await answer.text();
    const id = answer.headers.get('x-request-id') ?? '';
    await telemetryOf(id);
    const blocked = () =>
      jsonLines(site.files.telemetry).filter((line) => line['event.name'] === 'request' && line['wallguard.action'] === 'blocked');
    expect(blocked().filter((line) => line['http.request.id'] === id)).toHaveLength(1);
    const counted = await eventually(async () => {
      const text = await (await fetch(`${site.urls.monitor}/metrics`)).text();
      const total = [...text.matchAll(/^wallguard_blocked_total\{[^}]*\} (\d+)/gm)].reduce((sum, match) => sum + Number(match[1]), 0);
      return total === blocked().length ? total : undefined;
    }, 'counter equals lines');
    expect(counted).toBe(blocked().length);
  });

  test('refuses the statistics service to outsiders on a protected server', async () => {
    const answer = await fetch(`${site.urls.app}/wallarm-status`, { headers: browser });
    await answer.text();
    expect(answer.status).toBe(403);
    expect(await telemetryOf(answer.headers.get('x-request-id') ?? '')).toMatchObject({
      'wallguard.block.reason': 'status_guard',
    });
  });

  test('the statistics service answers where collectors look for it', async () => {
    const answer = await fetch(site.urls.status);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ requests: expect.any(Number), attacks: expect.any(Number), blocked: expect.any(Number) });
  });

  test('the monitor says that the statistics service is whole', async () => {
    const answer = await fetch(`${site.urls.monitor}/status`);
    expect(await answer.json()).toMatchObject({ verdict: 'ok' });
    expect((await fetch(`${site.urls.monitor}/health`)).status).toBe(200);
  });

  test('writes nothing to the error log that an operator would have to look at', () => {
    const lines = site.errors().split('\n').filter((line) => /\[(?:warn|error|crit|alert|emerg)\]/.test(line));
    const expected = [
      // Each block is reported by the engine itself.
      'ModSecurity: Access denied',
      // The vendor writes its default file so (wallarm-node.md 1.2).
      'low address bits of 127.0.0.8/8 are meaningless',
    ];
    expect(lines.filter((line) => !expected.some((text) => line.includes(text)))).toEqual([]);
  });

  test('keeps its counters over a reload', async () => {
    // A worker that ends after the reload may close a kept connection just when it is used again.
    const requests = async () => {
      const text = await fetch(`${site.urls.monitor}/metrics`).then(
        (answer) => answer.text(),
        () => '',
      );
      return [...text.matchAll(/^wallguard_requests_total\{[^}]*\} (\d+)/gm)].reduce((sum, match) => sum + Number(match[1]), 0);
    };
    const lines = () => jsonLines(site.files.telemetry).filter((line) => line['event.name'] === 'request').length;
    const before = await eventually(async () => ((await requests()) === lines() ? lines() : undefined), 'all lines counted');
    site.reload();
    await rawRequest(site.ports.app, 'GET /after-reload HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect(await eventually(async () => ((await requests()) === before + 1 ? before + 1 : undefined), 'one more')).toBe(before + 1);
  });
});

const inspecting = cases.filter(({ engine }) => engine !== 'none');

describe.each(inspecting.map((current) => [current.name, current] as const))('%s, mode monitoring', (_name, current) => {
  test('lets an attack through and records it', async () => {
    const app = demoApp();
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    const directory = siteDirectory();
    const site = await start(current, 'monitoring', `http://127.0.0.1:${(app.address() as AddressInfo).port}`, directory);
    try {
      const { path, headers } = attack(current.engine);
      const answer = await fetch(site.urls.app + path, { headers: { ...browser, ...headers } });
      expect(answer.status).toBe(200);
      const { request_id: id } = (await answer.json()) as { request_id: string };
      const line = await eventually(
        () =>
          jsonLines(site.files.telemetry).find(
            (event) => event['http.request.id'] === id && event['wallguard.action'] === 'detected',
          ),
        'detected line',
      );
      expect(line['wallguard.attack.types']).toEqual(expect.arrayContaining(['sqli', 'xss']));
    } finally {
      await site.stop();
      app.closeAllConnections();
      app.close();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
