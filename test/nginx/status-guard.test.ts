/** The guard on protected servers and the statistics service that wallguard serves itself, on every build. */
import { rmSync } from 'node:fs';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSite, type Site } from '../../scripts/site.ts';
import { allBuilds, eventually, jsonLines, siteDirectory, siteForTest, type Build } from './harness.ts';

const builds = await allBuilds();

/** GET with a path that is sent as it is written. */
function get(
  url: string,
  path: string,
  options: { headers?: Record<string, string>; method?: string; from?: string } = {},
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        hostname,
        port,
        path,
        method: options.method ?? 'GET',
        headers: options.headers ?? {},
        agent: false,
        ...(options.from === undefined ? {} : { localAddress: options.from }),
      },
      (answer) => {
        let body = '';
        answer.on('data', (data: Buffer) => (body += data.toString()));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      },
    );
    sent.once('error', reject);
    sent.end();
  });
}

describe.each(builds)('$name: guard', (build: Build) => {
  const directory = siteDirectory();
  let site: Site;

  beforeAll(async () => {
    site = await startSite({
      kit: build.kit,
      jsEngine: build.jsEngine,
      directory,
      settings: { engine: 'none' },
      locations: [
        // What the vendor documents for protected servers, answering to whoever gets there.
        'location /wallarm-status { return 200 "statistics\\n"; }',
        'location ~/wallarm-status$ { return 200 "statistics\\n"; }',
        'location ~ ^/(wallarm-metrics|metrics) { return 200 "statistics\\n"; }',
        'location / { return 200 "clean\\n"; }',
      ],
    });
  });
  afterAll(async () => {
    await site.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test.each([
    '/wallarm-status',
    '/wallarm-status/',
    '/wallarm-status?format=prometheus',
    '/wallarm-status-prometheus',
    '/wallarm-status.json',
    '/wallarm-metrics',
    '/any/where/wallarm-status',
    '/%77allarm-status',
    '/wallarm%2dstatus',
    '/wallarm%2Dstatus-prometheus',
    '//wallarm-status',
    '///wallarm-metrics',
    '/./wallarm-status',
    '/shop/../wallarm-status',
    '/shop/%2e%2e/wallarm-status',
    '/wallarm-status%0a',
    '/a/wallarm-status%0A',
    '/wallarm-status;x',
    '/wallarm-status%23x',
  ])('refuses %s', async (path) => {
    const answer = await get(site.urls.app, path);
    expect(answer.status).toBe(403);
    expect(answer.body).not.toContain('statistics');
  });

  test.each(['HEAD', 'POST', 'OPTIONS', 'PROPFIND'])('refuses the method %s', async (method) => {
    expect((await get(site.urls.app, '/wallarm-status', { method })).status).toBe(403);
  });

  test.each(['/', '/status', '/docs/wallarm-status-explained', '/shop/wallarm-metrics', '/wallarm', '/xwallarm-status', '/?path=/wallarm-status'])(
    'leaves %s alone',
    async (path) => {
      expect(await get(site.urls.app, path)).toMatchObject({ status: 200, body: 'clean\n' });
    },
  );

  test('loopback is an outsider like any other', async () => {
    for (const from of ['127.0.0.1', '127.0.0.8', '127.1.2.3']) {
      expect((await get(site.urls.app, '/wallarm-status', { from })).status).toBe(403);
    }
  });

  test('an attempt becomes one telemetry event with its reason', async () => {
    const answer = await get(site.urls.app, '/wallarm-status-prometheus?probe=1');
    const id = answer.headers['x-request-id'];
    const lines = await eventually(() => {
      const found = jsonLines(site.files.telemetry).filter((line) => line['http.request.id'] === id);
      return found.length > 0 ? found : undefined;
    }, `line of ${String(id)}`);
    expect(lines).toMatchObject([
      {
        'event.name': 'request',
        'wallguard.action': 'blocked',
        'wallguard.block.reason': 'status_guard',
        'url.path': '/wallarm-status-prometheus',
      },
    ]);
  });
});

describe.each(builds)('$name: exposed to named networks', (build: Build) => {
  test('insiders read it, others and whoever comes through an unknown proxy do not', async () => {
    const site = await siteForTest(build, {
      settings: { engine: 'none', status_service: { expose_to: ['127.0.0.2', '127.9.0.0/16'] } },
    });
    const insider = await get(site.urls.app, '/wallarm-status', { from: '127.0.0.2' });
    expect(insider.status).toBe(200);
    expect(JSON.parse(insider.body)).toMatchObject({ requests: expect.any(Number) as number });
    const metrics = await get(site.urls.app, '/wallarm-status-prometheus', { from: '127.9.8.7' });
    expect(metrics).toMatchObject({ status: 200 });
    expect(metrics.body).toMatch(/^wallarm_requests \d+$/m);

    expect((await get(site.urls.app, '/wallarm-status', { from: '127.0.0.1' })).status).toBe(403);
    for (const header of ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'Via']) {
      const headers = { [header]: '127.0.0.2' };
      expect((await get(site.urls.app, '/wallarm-status', { from: '127.0.0.2', headers })).status).toBe(403);
    }
    // Only what the statistics service serves is served; the application never sees the rest.
    expect((await get(site.urls.app, '/shop/wallarm-status', { from: '127.0.0.2' })).body).toBe('clean\n');
  });

  test('behind a trusted proxy the client counts, not the proxy', async () => {
    const site = await siteForTest(build, {
      settings: {
        engine: 'none',
        trusted_proxies: { from: ['127.0.0.1'] },
        status_service: { expose_to: ['10.0.0.0/8', '127.0.0.1'] },
      },
    });
    const through = async (client: string): Promise<number> =>
      (await get(site.urls.app, '/wallarm-status', { headers: { 'X-Forwarded-For': client } })).status;
    expect(await through('10.1.2.3')).toBe(200);
    expect(await through('192.0.2.1')).toBe(403);
    expect(await through('10.1.2.3, 192.0.2.1')).toBe(403);
    // A client that claims to be the proxy itself: the address is not replaced by one that proves anything.
    expect(await through('127.0.0.1')).toBe(403);
    expect((await get(site.urls.app, '/wallarm-status')).status).toBe(200);
  });
});

describe.each(builds)('$name: statistics service of wallguard', (build: Build) => {
  const directory = siteDirectory();
  let site: Site;
  const statusBase = (): string => site.urls.status.replace('/wallarm-status', '');

  beforeAll(async () => {
    site = await startSite({ kit: build.kit, jsEngine: build.jsEngine, directory, settings: { engine: 'none' } });
  });
  afterAll(async () => {
    await site.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test('answers JSON and, as the node does, Prometheus text by path and by argument', async () => {
    const json = await get(statusBase(), '/wallarm-status');
    expect(json).toMatchObject({ status: 200, headers: { 'content-type': 'application/json', 'cache-control': 'no-store' } });
    expect(JSON.parse(json.body)).toMatchObject({ blocked_by_acl: 0, split: { clients: [{ client_id: null }] } });
    for (const path of ['/wallarm-status?format=prometheus', '/wallarm-status-prometheus']) {
      const text = await get(statusBase(), path);
      expect(text).toMatchObject({ status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } });
      expect(text.body).toMatch(/^# TYPE wallarm_requests gauge\nwallarm_requests \d+$/m);
    }
    expect((await get(statusBase(), '/wallarm-status?format=json')).body).toMatch(/^\{/);
  });

  test('startid needs more than 53 bits, stays over a reload and is the same in every worker', async () => {
    const startid = async (): Promise<string> => /"startid":(\d+)/.exec((await get(statusBase(), '/wallarm-status')).body)?.[1] ?? '';
    const first = await startid();
    expect(first).toMatch(/^1\d{18}$/);
    site.reload();
    for (let i = 0; i < 10; i++) {
      expect(await startid()).toBe(first);
    }
    expect(/^wallarm_startid (\d+)$/m.exec((await get(statusBase(), '/wallarm-status-prometheus')).body)?.[1]).toBe(first);
  });

  test('is guarded by method, forwarded headers and path', async () => {
    expect(await get(statusBase(), '/wallarm-status', { method: 'POST' })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    expect(await get(statusBase(), '/wallarm-status', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    for (const header of ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'Via']) {
      expect((await get(statusBase(), '/wallarm-status', { headers: { [header]: 'x' } })).status).toBe(403);
    }
    expect((await get(statusBase(), '/')).status).toBe(404);
  });

  test('never counts its own polls, nor those of the monitor', async () => {
    const requests = async (): Promise<number> =>
      (JSON.parse((await get(statusBase(), '/wallarm-status')).body) as { requests: number }).requests;
    const before = await requests();
    for (let i = 0; i < 5; i++) {
      await get(statusBase(), '/wallarm-status');
      for (const path of ['/status', '/metrics', '/health', '/nothing']) await get(site.urls.monitor, path);
    }
    await get(site.urls.app, '/one');
    expect(await eventually(async () => ((await requests()) > before ? await requests() : undefined), 'one request counted')).toBe(before + 1);
    const paths = jsonLines(site.files.telemetry).map((line) => line['url.path']);
    expect(paths.filter((path) => path !== '/one')).toEqual([]);
  });
});

describe.each(builds)('$name: addresses', (build: Build) => {
  test('an address that is not allowed reads neither the statistics nor the monitor', async () => {
    const site = await siteForTest(build, {
      settings: { engine: 'none', monitor: { allow: ['127.0.0.5'] } },
      ports: {},
    });
    for (const path of ['/status', '/metrics', '/health']) {
      expect((await get(site.urls.monitor, path)).status).toBe(403);
      expect((await get(site.urls.monitor, path, { from: '127.0.0.5' })).status).not.toBe(403);
    }
  });
});
