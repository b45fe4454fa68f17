/**
 * Where lines go and what is left out of them: several sinks at once, sampling, addresses.
 */
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { SiteOptions } from '../../scripts/site.ts';
import { nginxArguments, startSite, writeSite, type Site } from '../../scripts/site.ts';
import { allBuilds, eventually, siteDirectory, type Build } from './harness.ts';
import { metric, requestLines, validTexts } from './telemetry-lines.ts';

const builds = await allBuilds();
const hmacKey = 'a key of sixteen letters';
const hmac = (address: string) => createHmac('sha256', hmacKey).update(address).digest('hex');

type Telemetry = NonNullable<NonNullable<SiteOptions['settings']>['telemetry']>;

/** A site whose settings depend on where it lies. */
async function start(build: Build, telemetry: (log: string) => Telemetry, options: Partial<SiteOptions> = {}): Promise<Site> {
  const directory = siteDirectory();
  const site = await startSite({
    kit: build.kit,
    jsEngine: build.jsEngine,
    directory,
    ...options,
    settings: {
      ...options.settings,
      telemetry: { buffer: '4k', flush: '100ms', ...telemetry(path.join(directory, 'log')) },
    },
  });
  onTestFinished(async () => {
    await site.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  return site;
}

async function ask(url: string, times: number, headers: Record<string, string> = {}): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    await (await fetch(url, { headers })).arrayBuffer();
  }
}

/** Messages that arrive at a UDP port. */
async function syslog(): Promise<{ readonly port: number; readonly messages: Buffer[] }> {
  const socket: Socket = createSocket('udp4');
  const messages: Buffer[] = [];
  socket.on('message', (message) => messages.push(message));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  onTestFinished(() => void socket.close());
  return { port: socket.address().port, messages };
}

const withoutPrefix = (message: Buffer): Buffer => message.subarray(message.indexOf('{'));

describe.each(builds)('$name', (build) => {
  test('writes the same lines to several files and to syslog, one message each', async () => {
    const { port, messages } = await syslog();
    const site = await start(build, (log) => ({
      sinks: [
        { file: path.join(log, 'one.jsonl') },
        { file: path.join(log, 'two.jsonl') },
        { syslog: `127.0.0.1:${port}`, tag: 'edge', facility: 'local3' },
      ],
    }));
    const log = path.dirname(site.files.errorLog);
    await ask(`${site.urls.app}/a?x=1`, 5);
    await ask(`${site.urls.app}/wallarm-status`, 2);
    await ask(`${site.urls.app}/%22?token=SECRET`, 3);
    await eventually(() => (messages.length >= 10 ? true : undefined), '10 messages');
    const one = await eventually(() => {
      const lines = requestLines(path.join(log, 'one.jsonl'));
      return lines.length === 10 ? lines : undefined;
    }, '10 lines');
    expect(requestLines(path.join(log, 'two.jsonl'))).toEqual(one);
    for (const message of messages) {
      // Facility local3 (19), severity info (6): RFC 3164.
      expect(message.toString()).toMatch(/^<158>\w{3} [ \d]\d \d\d:\d\d:\d\d (?:\S+ )?edge: \{[^\n]*\}$/);
    }
    const told = messages.flatMap((message) => validTexts(Buffer.concat([withoutPrefix(message), Buffer.from('\n')])));
    const ids = (lines: readonly object[]): Set<unknown> =>
      new Set(lines.map((line) => (line as { 'http.request.id'?: string })['http.request.id']));
    expect(told).toHaveLength(one.length);
    expect(ids(told)).toEqual(ids(one));
    expect(Buffer.concat(messages).toString()).not.toContain('SECRET');
  });

  test('writes to standard output, where a container runtime takes it', async () => {
    const directory = siteDirectory();
    const site = await writeSite({
      kit: build.kit,
      jsEngine: build.jsEngine,
      directory,
      settings: { telemetry: { sinks: [{ stdout: true }], flush: '100ms', heads_file: path.join(directory, 'log', 'heads.jsonl') } },
    });
    // Node gives a child sockets, which /dev/stdout cannot open; cat makes it the pipe that a container runtime has.
    const command = [...build.kit.nginx, ...nginxArguments(directory), '-g', 'daemon off;'];
    const child = spawn('sh', ['-c', '"$@" | cat', 'sh', ...command], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    onTestFinished(async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      process.kill(-(child.pid ?? 0), 'SIGTERM');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    });
    await eventually(() => ask(`${site.urls.app}/first`, 1).then(() => true as const, () => undefined), 'NGINX answers');
    await ask(`${site.urls.app}/a`, 4);
    const lines = await eventually(() => {
      const all = validTexts(Buffer.concat(chunks));
      return all.length === 5 ? all : undefined;
    }, '5 lines');
    expect(lines.map((line) => line['event.name'])).toEqual(Array(5).fill('request'));
    await eventually(
      async () =>
        (await metric(site.urls.monitor, 'wallguard_requests_total'))['application="default",action="allowed"'] === 5
          ? true
          : undefined,
      'counters from the heads',
    );
  });

  test('samples clean requests, keeps blocks, and counts all of them', async () => {
    const site = await start(build, (log) => ({
      sinks: [{ file: path.join(log, 'sampled.jsonl') }],
      sample_clean: 0.25,
      heads_file: path.join(log, 'heads.jsonl'),
    }));
    const file = path.join(path.dirname(site.files.errorLog), 'sampled.jsonl');
    await Promise.all([
      ask(`${site.urls.app}/plain`, 150),
      ask(`${site.urls.app}/special"`, 150),
      ask(`${site.urls.app}/wallarm-status`, 20),
      ask(`${site.urls.app}/wallarm-status?"`, 20),
    ]);
    await eventually(async () => {
      const totals = await metric(site.urls.monitor, 'wallguard_requests_total');
      return totals['application="default",action="allowed"'] === 300 && totals['application="default",action="blocked"'] === 40
        ? true
        : undefined;
    }, 'every request counted');
    const lines = requestLines(file);
    const blocked = lines.filter((line) => line['wallguard.action'] === 'blocked');
    const clean = lines.filter((line) => line['wallguard.action'] === 'allowed');
    expect(blocked).toHaveLength(40);
    expect(new Set(blocked.map((line) => line['wallguard.sampled_count']))).toEqual(new Set([1]));
    // A quarter of 300, five standard deviations wide.
    for (const kind of ['plain', 'special']) {
      const kept = clean.filter((line) => line['url.path'].includes(kind));
      expect(kept.length, kind).toBeGreaterThan(10);
      expect(kept.length, kind).toBeLessThan(65);
      expect(new Set(kept.map((line) => line['wallguard.sampled_count']))).toEqual(new Set([4]));
    }
  });

  test('writes no clean request at all when told so', async () => {
    const site = await start(build, (log) => ({
      sinks: [{ file: path.join(log, 'blocks.jsonl') }],
      sample_clean: 0,
      heads_file: path.join(log, 'heads.jsonl'),
    }));
    await ask(`${site.urls.app}/a`, 10);
    await ask(`${site.urls.app}/a"`, 10);
    await ask(`${site.urls.app}/wallarm-status`, 1);
    const file = path.join(path.dirname(site.files.errorLog), 'blocks.jsonl');
    await eventually(() => (requestLines(file).length > 0 ? true : undefined), 'the block');
    await eventually(
      async () =>
        (await metric(site.urls.monitor, 'wallguard_requests_total'))['application="default",action="allowed"'] === 20
          ? true
          : undefined,
      'clean requests counted',
    );
    expect(requestLines(file)).toHaveLength(1);
  });

  test.each([
    ['truncate', '203.0.113.77', '203.0.113.0'],
    ['truncate', '2001:db8:1:2:3:4:5:6', '2001:db8:1::'],
    ['truncate', '2001:db8::5', '2001:db8::'],
    ['truncate', '::ffff:203.0.113.77', '203.0.113.0'],
    ['hmac', '203.0.113.77', 'a keyed hash'],
  ] as const)('address: %s makes %s %s', async (address, client, written) => {
    const site = await start(
      build,
      () => ({ redact: { address, hmac_key: hmacKey } }),
      { settings: { trusted_proxies: { from: ['127.0.0.1'] } } },
    );
    await ask(`${site.urls.app}/a`, 1, { 'X-Forwarded-For': client });
    await ask(`${site.urls.app}/a"`, 1, { 'X-Forwarded-For': client });
    await ask(`${site.urls.app}/wallarm-status`, 1, { 'X-Forwarded-For': client });
    const lines = await eventually(() => {
      const all = requestLines(site.files.telemetry);
      return all.length === 3 ? all : undefined;
    }, '3 lines');
    for (const line of lines) {
      if (address === 'hmac') {
        expect(line['client.address']).toBe(hmac(client));
        expect(line['network.peer.address']).toBe(hmac('127.0.0.1'));
      } else {
        expect(line['client.address'].replace('::ffff:', '')).toBe(written);
        expect(line['network.peer.address']).toBe('127.0.0.0');
      }
      expect(line['client.port']).toBe(0);
    }
    expect(site.errors()).not.toMatch(/js exception/);
  });
});
