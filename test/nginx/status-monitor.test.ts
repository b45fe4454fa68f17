/**
 * The monitor's verdict on a statistics service that really breaks, on every build: a server of our own in the place of
 * the node's, and a node (the test double) whose configuration is changed.
 */
import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startSite, freePort, type Site } from '../../scripts/site.ts';
import type { FindingCode, StatusReport } from '../../schema/status.ts';
import { ensureDouble } from '../double/build.ts';
import { sample } from '../unit/status/samples.ts';
import { body, bytes, fakeHost, fakeStatusService, type FakeService } from './fake-status-service.ts';
import { allBuilds, siteDirectory, type Build } from './harness.ts';

const builds = await allBuilds();
const pollTimeoutMs = 300;

async function startMonitored(
  build: Build,
  port: number,
  directory: string,
  more: { httpLines?: string[]; settings?: object } = {},
): Promise<Site> {
  return startSite({
    kit: build.kit,
    jsEngine: build.jsEngine,
    directory,
    workers: 2,
    wallarmModule: await ensureDouble(build.kit, '6.13.0'),
    ports: { status: port },
    settings: {
      engine: 'wallarm',
      mode: 'monitoring',
      // No vendor file: the place of the statistics service is the test's.
      node: { version: '6.13.0', flavour: 'ingress' },
      ...more.settings,
      status_service: { listen: `${fakeHost}:${port}`, poll_timeout: `${pollTimeoutMs}ms`, cache: '1ms' },
    },
    ...(more.httpLines === undefined ? {} : { httpLines: more.httpLines }),
  });
}

async function verdictOf(site: Site): Promise<{ status: number; report: StatusReport }> {
  // Longer than the cache, so that the service is asked anew.
  await new Promise((resolve) => setTimeout(resolve, 5));
  const answer = await fetch(`${site.urls.monitor}/status`);
  expect(answer.headers.get('content-type')).toBe('application/json');
  return { status: answer.status, report: (await answer.json()) as StatusReport };
}

describe.each(builds)('$name', (build) => {
  const directory = siteDirectory();
  let service: FakeService;
  let site: Site;

  beforeAll(async () => {
    service = await fakeStatusService(body(sample('6.13.0')));
    site = await startMonitored(build, service.port, directory);
  });

  afterEach(() => {
    service.behave(body(sample('6.13.0')));
  });

  afterAll(async () => {
    await site.stop();
    await service.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test('an intact service is ok', async () => {
    const { status, report } = await verdictOf(site);
    expect(report).toMatchObject({
      schema: 'wallguard-status/1',
      verdict: 'ok',
      engine: 'wallarm',
      service: { url: site.urls.status, http_status: 200, startid: '10590889219338959872' },
      findings: [],
    });
    expect(report.service.polled_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(status).toBe(200);
  });

  test('asks for what the uploader of the node asks for', async () => {
    service.asked.length = 0;
    await verdictOf(site);
    expect(service.asked).toHaveLength(1);
    expect(service.asked[0]).toMatch(/^GET \/wallarm-status HTTP\/1\.1\r\n/);
    expect(service.asked[0]).toContain(`Host: ${fakeHost}:${service.port}\r\n`);
  });

  const nginxPage = (code: string): string =>
    `HTTP/1.1 ${code}\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html>\r\n<head><title>${code}</title></head>\r\n</html>\r\n`;
  const big = 'x'.repeat(1_100_000);
  const half = sample('6.13.0').slice(0, 800);

  const rows: [string, Parameters<FakeService['behave']>[0], FindingCode, number][] = [
    ['no answer', () => undefined, 'status-timeout', 0],
    ['an answer that stops coming', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"req'), 'status-timeout', 0],
    [
      'an answer that comes byte by byte',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n');
        const timer = setInterval(() => socket.write('{'), 100);
        socket.on('close', () => clearInterval(timer));
      },
      'status-timeout',
      0,
    ],
    ['a connection that is closed', (socket) => socket.destroy(), 'status-truncated', 0],
    ['another protocol', bytes('SSH-2.0-OpenSSH_9.2\r\n'), 'status-unreadable', 0],
    ['an endless body', bytes(`HTTP/1.1 200 OK\r\nContent-Length: ${big.length}\r\n\r\n${big}`), 'status-unreadable', 0],
    ['404', bytes(nginxPage('404 Not Found')), 'status-not-found', 404],
    ['403', bytes(nginxPage('403 Forbidden')), 'status-forbidden', 403],
    ['502', bytes(nginxPage('502 Bad Gateway')), 'status-unexpected-code', 502],
    ['a redirect', bytes('HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'), 'status-unexpected-code', 301],
    ['Prometheus text', body(sample('prometheus'), 'text/plain'), 'status-prometheus', 200],
    ['HTML', body('<!doctype html><title>Shop</title>', 'text/html'), 'status-html', 200],
    ['truncated JSON without a length', bytes(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${half}`), 'status-truncated', 200],
    ['truncated JSON with a length', bytes(`HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n${half}`), 'status-truncated', 0],
    ['truncated chunks', bytes('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"request\r\n40\r\ns":'), 'status-truncated', 0],
    ['an empty body', body(''), 'status-truncated', 200],
    ['JSON with a mistake', body('{"requests": 1,, "attacks": 0}'), 'status-invalid-json', 200],
    ['bytes that are no text', (socket) => socket.end(Buffer.from('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n\xff\xfe\x00{', 'latin1')), 'status-invalid-json', 200],
    ['JSON without the keys of a node', body('{"status":"up"}'), 'status-keys-missing', 200],
    ['rulesets that failed', body(sample('6.13.0').replace('"failed": 0', '"failed": 1')), 'rulesets-failed', 200],
  ];

  test.each(rows)('%s', async (_name, behaviour, code, httpStatus) => {
    service.behave(behaviour);
    const begun = Date.now();
    const { status, report } = await verdictOf(site);
    expect(Date.now() - begun).toBeLessThan(pollTimeoutMs + 2000);
    expect(report.findings.map((found) => found.code)).toEqual([code]);
    expect(report).toMatchObject({ verdict: 'broken', service: { http_status: httpStatus } });
    expect(report.findings[0]?.evidence).toMatch(/^[\x20-\x7e]{1,200}$/);
    expect(report.findings[0]?.remedy).not.toBe('');
    expect(status).toBe(503);
  });

  test('refused, and well again when the service is back', async () => {
    await service.close();
    try {
      expect((await verdictOf(site)).report.findings).toMatchObject([{ code: 'status-refused', severity: 'error' }]);
    } finally {
      await service.reopen();
    }
    expect((await verdictOf(site)).report).toMatchObject({ verdict: 'ok', findings: [] });
  });

  test('a node of another version is named, and is no breakage', async () => {
    service.behave(body(sample('5.3.19')));
    const { status, report } = await verdictOf(site);
    expect(report.findings.map((found) => found.code)).toContain('status-keys-differ');
    expect(report.verdict).toBe('ok');
    expect(status).toBe(200);
  });
});

describe.each(builds)('$name, restart and faults', (build) => {
  test('a new startid is told, one unit apart beyond what a double can hold', async () => {
    const directory = siteDirectory();
    const service = await fakeStatusService(body(sample('6.13.0')));
    const site = await startMonitored(build, service.port, directory);
    try {
      expect((await verdictOf(site)).report.findings).toEqual([]);
      service.behave(body(sample('6.13.0').replace('10590889219338959872', '10590889219338959873')));
      const { report } = await verdictOf(site);
      expect(report.findings).toMatchObject([
        {
          code: 'status-restarted',
          severity: 'info',
          evidence: 'startid 10590889219338959872 became 10590889219338959873',
        },
      ]);
      expect(report.verdict).toBe('ok');

      service.behave(
        body(
          sample('6.13.0')
            .replace('10590889219338959872', '10590889219338959873')
            .replace('"tnt_errors": 0', '"tnt_errors": 9')
            .replace('"segfaults": 0', '"segfaults": 2')
            .replace('"requests": 88012', '"requests": 88013'),
        ),
      );
      const grown = (await verdictOf(site)).report;
      expect(grown.findings.map((found) => found.code)).toEqual([
        // The sample's last request lies days before the poll before.
        'status-stale',
        'segfaults',
        'postanalytics-errors',
        'status-restarted',
      ]);
      expect(grown.findings.find((found) => found.code === 'postanalytics-errors')).toMatchObject({
        severity: 'warning',
        evidence: expect.stringMatching(/^tnt_errors grew by 9 to 9/) as string,
      });
    } finally {
      await site.stop();
      await service.close();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe.each(builds)('$name, polls are shared', (build) => {
  test('many scrapes at once in several workers are one poll, and the cache spares the next', async () => {
    const directory = siteDirectory();
    const service = await fakeStatusService((socket) => {
      setTimeout(() => body(sample('6.13.0'))(socket), 150);
    });
    const site = await startSite({
      kit: build.kit,
      jsEngine: build.jsEngine,
      directory,
      workers: 3,
      wallarmModule: await ensureDouble(build.kit, '6.13.0'),
      settings: {
        engine: 'wallarm',
        node: { flavour: 'ingress' },
        status_service: { listen: `${fakeHost}:${service.port}`, poll_timeout: '2s', cache: '1m' },
      },
    });
    try {
      const answers = await Promise.all(Array.from({ length: 24 }, () => verdictOf(site)));
      expect(answers.map(({ report }) => report.verdict)).toEqual(Array.from({ length: 24 }, () => 'ok'));
      expect(new Set(answers.map(({ report }) => report.service.polled_at)).size).toBe(1);
      await verdictOf(site);
      expect(service.asked).toHaveLength(1);
    } finally {
      await site.stop();
      await service.close();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe.each(builds)("$name, the node's own service", (build) => {
  const server = (port: number, lines: string): string[] => [
    `server { listen ${fakeHost}:${port}; server_name localhost; ${lines} wallarm_mode off; disable_acl "on"; access_log off; }`,
  ];
  const allowed = 'allow 127.0.0.0/8; deny all;';
  test.each<[string, (port: number) => string[], FindingCode | undefined]>([
    ['the default', (port) => server(port, `${allowed} location /wallarm-status { wallarm_status on; }`), undefined],
    ['the Docker default', (port) => server(port, `${allowed} location ~/wallarm-status$ { wallarm_status on; }`), undefined],
    ['the format altered', (port) => server(port, `${allowed} location /wallarm-status { wallarm_status on format=prometheus; }`), 'status-prometheus'],
    ['the location removed', (port) => server(port, allowed), 'status-not-found'],
    ['access narrowed', (port) => server(port, 'allow 10.0.0.1; deny all; location /wallarm-status { wallarm_status on; }'), 'status-forbidden'],
    ['the listener moved', () => [], 'status-refused'],
    [
      'another server shadowing it',
      (port) => [
        `server { listen ${fakeHost}:${port} default_server; location / { default_type text/html; return 200 "<html>shop</html>"; } }`,
        ...server(port, `${allowed} location /wallarm-status { wallarm_status on; }`),
      ],
      'status-html',
    ],
  ])('%s', async (_name, lines, code) => {
    const directory = siteDirectory();
    const port = await freePort(fakeHost);
    const site = await startMonitored(build, port, directory, { httpLines: lines(port) });
    try {
      const { status, report } = await verdictOf(site);
      expect(report.findings.map((found) => found.code)).toEqual(code === undefined ? [] : [code]);
      expect(status).toBe(code === undefined ? 200 : 503);
    } finally {
      await site.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
