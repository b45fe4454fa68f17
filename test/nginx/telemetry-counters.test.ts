/**
 * Counters come from the lines read back: they must be exact through rotation, reload and truncation, and what NGINX
 * could not write must be found missing, and nothing else.
 */
import { appendFileSync, copyFileSync, existsSync, renameSync, truncateSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { SiteOptions } from '../../scripts/site.ts';
import { allBuilds, eventually, siteForTest, type Build } from './harness.ts';
import { metric, metricSum, requestLines } from './telemetry-lines.ts';

const builds = await allBuilds();
const allowed = 'application="default",action="allowed"';

/** Sends `count` requests over a few connections; resolves when all were answered. */
async function send(url: string, count: number): Promise<void> {
  // A worker that ends after a reload may close a kept connection just when it is used again.
  const agent = new Agent({ keepAlive: false, maxSockets: 4 });
  const one = (index: number): Promise<void> =>
    new Promise((resolve, reject) => {
      get(`${url}?n=${index}`, { agent }, (answer) => {
        answer.resume();
        answer.once('end', () => resolve());
      }).once('error', reject);
    });
  await Promise.all(Array.from({ length: count }, (_, index) => one(index)));
  agent.destroy();
}

const start = (build: Build, options: Partial<SiteOptions> = {}) =>
  siteForTest(build, { workers: 2, ...options, settings: { telemetry: { buffer: '4k', flush: '200ms' }, ...options.settings } });

const counted = (monitor: string, count: number) =>
  eventually(async () => {
    const total = (await metric(monitor, 'wallguard_requests_total'))[allowed] ?? 0;
    expect(total).toBeLessThanOrEqual(count);
    return total === count ? total : undefined;
  }, `${count} requests counted`);

const lost = async (monitor: string): Promise<number> =>
  (await metric(monitor, 'wallguard_events_dropped_total'))['stage="file"'] ?? 0;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.each(builds)('$name', (build) => {
  test('counts every request once: from the first on, by outcome, class, duration and bytes', async () => {
    const site = await start(build);
    await Promise.all([
      send(`${site.urls.app}/a`, 300),
      send(`${site.urls.app}/wallarm-status`, 20),
      send(`${site.urls.app}/%c3%a4"`, 30),
    ]);
    await counted(site.urls.monitor, 330);
    const lines = requestLines(site.files.telemetry);
    const monitor = site.urls.monitor;
    const sum = (key: 'http.request.size' | 'http.response.size' | 'http.server.request.duration'): number =>
      lines.reduce((all, line) => all + line[key], 0);
    expect(lines).toHaveLength(350);
    expect(await metric(monitor, 'wallguard_blocked_total')).toMatchObject({ 'application="default",reason="status_guard"': 20 });
    expect(await metric(monitor, 'wallguard_responses_total')).toMatchObject({
      'application="default",class="2xx"': 330,
      'application="default",class="4xx"': 20,
    });
    expect(await metric(monitor, 'wallguard_request_duration_seconds_count')).toEqual({ '': 350 });
    expect((await metric(monitor, 'wallguard_request_duration_seconds_sum'))['']).toBeCloseTo(sum('http.server.request.duration'), 3);
    expect(await metric(monitor, 'wallguard_request_bytes_total')).toEqual({
      'direction="in"': sum('http.request.size'),
      'direction="out"': sum('http.response.size'),
    });
    expect(site.errors()).not.toMatch(/js exception|wallguard (?:tick|deliver)/);
  });

  test('counts nothing twice and misses nothing when the log is rotated and NGINX reloaded under load', async () => {
    const site = await start(build);
    const file = site.files.telemetry;
    let sent = 0;
    const disturbances: readonly (() => void | Promise<unknown>)[] = [
      () => renameSync(file, `${file}.1`),
      () => process.kill(site.pid, 'SIGUSR1'),
      () => site.reload(),
      () => pause(1500),
      () => {
        renameSync(`${file}.1`, `${file}.2`);
        renameSync(file, `${file}.1`);
        process.kill(site.pid, 'SIGUSR1');
      },
      () => site.reload(),
    ];
    for (const disturb of disturbances) {
      const load = send(`${site.urls.app}/rotate`, 400);
      await pause(30);
      await disturb();
      await load;
      sent += 400;
    }
    await counted(site.urls.monitor, sent);
    const lines = [file, `${file}.1`, `${file}.2`].reduce((all, one) => all + requestLines(one).length, 0);
    expect(lines).toBe(sent);
    expect(await lost(site.urls.monitor)).toBe(0);
  });

  test('goes on after copytruncate, and over foreign and torn lines', async () => {
    const site = await start(build);
    await send(`${site.urls.app}/a`, 100);
    await counted(site.urls.monitor, 100);
    copyFileSync(site.files.telemetry, `${site.files.telemetry}.1`);
    truncateSync(site.files.telemetry, 0);
    await send(`${site.urls.app}/a`, 50);
    await counted(site.urls.monitor, 150);
    appendFileSync(site.files.telemetry, '{"level":"info"}\n\n{"schema":"wallguard/1","event.name":"request","appl\n\xff\n');
    await send(`${site.urls.app}/a`, 50);
    expect(await counted(site.urls.monitor, 200)).toBe(200);
  });

  test('finds lines that could not be read back, exactly, and goes on when they come again', async () => {
    const site = await start(build);
    await send(`${site.urls.app}/a`, 40);
    await counted(site.urls.monitor, 40);
    renameSync(site.files.telemetry, `${site.files.telemetry}.elsewhere`);
    await send(`${site.urls.app}/a`, 25);
    await eventually(async () => ((await lost(site.urls.monitor)) === 25 ? true : undefined), '25 lost', 30_000);
    process.kill(site.pid, 'SIGUSR1');
    await eventually(() => (existsSync(site.files.telemetry) ? true : undefined), 'reopened log');
    await send(`${site.urls.app}/a`, 10);
    await counted(site.urls.monitor, 50);
    await pause(4000);
    expect(await lost(site.urls.monitor)).toBe(25);
    expect(await metric(site.urls.monitor, 'wallguard_requests_without_event_total')).toEqual({ '': 25 });
  });

  test('a full disk loses lines and is told, requests are served', async () => {
    const site = await start(build, { settings: { telemetry: { sinks: [{ file: '/dev/full' }], buffer: '4k', flush: '200ms' } } });
    await send(`${site.urls.app}/a`, 30);
    await eventually(async () => ((await lost(site.urls.monitor)) === 30 ? true : undefined), '30 lost', 30_000);
    expect(site.errors()).toContain('No space left on device');
  });

  test('requests that never have a line are not lost', async () => {
    const site = await start(build, {
      locations: ['location / { return 200 "clean\\n"; }', 'location /unlogged { access_log off; return 200 "x\\n"; }'],
    });
    let unlogged = 0;
    // First beside requests with a line, then alone, when only a heartbeat can tell.
    for (const beside of [20, 20, 0, 0, 0, 0]) {
      await send(`${site.urls.app}/unlogged`, 15);
      await send(`${site.urls.app}/a`, beside);
      unlogged += 15;
      await pause(700);
    }
    await eventually(
      async () =>
        (await metricSum(site.urls.monitor, 'wallguard_requests_without_event_total')) === unlogged ? true : undefined,
      'requests without a line are seen',
      30_000,
    );
    await pause(2000);
    expect(await lost(site.urls.monitor)).toBe(0);
  });
});
