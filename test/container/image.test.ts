/**
 * The image as an operator runs it: the services of `compose.yaml`, so read-only, without capabilities, as an ordinary
 * user.
 */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { PORT, endOf, startDemo, standardOutput, type Demo } from './containers.ts';
import { images } from './images.ts';

const browser = { Accept: 'text/html,*/*;q=0.8', 'Accept-Language': 'en' };
const injection = '/?id=1%27%20UNION%20SELECT%20username,%20password%20FROM%20users--<script>prompt(1)</script>';

/** Polls until `probe` gives a value. @throws after 15 s */
async function eventually<T>(probe: () => Promise<T | undefined>, what: string): Promise<T> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`not within 15 s: ${what}`);
    await sleep(100);
  }
}

/** Lines of telemetry so far; whatever else stood on standard output would not parse. */
async function telemetry(demo: Demo): Promise<Record<string, unknown>[]> {
  const text = await standardOutput(demo.wallguard);
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function lineOf(demo: Demo, id: string, event: string): Promise<Record<string, unknown>> {
  return eventually(
    async () => (await telemetry(demo)).find((line) => line['http.request.id'] === id && line['event.name'] === event),
    `${event} line of ${id}`,
  );
}

async function output(demo: Demo, command: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await demo.wallguard.exec([...command]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
}

/** What a monitor inside the image answers; the image holds no HTTP client, so bash speaks for it. */
async function monitor(demo: Demo, path: string): Promise<{ head: string; body: string }> {
  const script = `exec 3<>/dev/tcp/127.0.0.1/9913; printf 'GET ${path} HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3; cat <&3`;
  const answer = await output(demo, ['bash', '-c', script]);
  const end = answer.indexOf('\r\n\r\n');
  return { head: answer.slice(0, end), body: answer.slice(end + 4) };
}

describe.skipIf(inject('noContainerEngine') !== '')('the image', () => {
  let demo: Demo;

  beforeAll(async () => {
    demo = await startDemo(images.default);
  });

  afterAll(async () => {
    await demo.stop();
  });

  test('lets a clean request through to the application, with one line of telemetry', async () => {
    const answer = await fetch(`${demo.url}/basket?item=7`, { headers: browser });
    const body = await answer.text();
    expect(answer.status).toBe(200);
    expect(body).toContain('demo application\nmethod GET\npath /basket\n');
    const id = /^request id ([0-9a-f]{32})$/m.exec(body)?.[1] ?? '';
    expect(await lineOf(demo, id, 'request')).toMatchObject({
      'wallguard.action': 'allowed',
      'wallguard.engine': 'modsecurity',
      'wallguard.mode': 'block',
      'url.path': '/basket',
    });
  });

  test('blocks the documented attack; the same id stands in page, header, telemetry and audit log', async () => {
    const answer = await fetch(demo.url + injection, { headers: browser });
    const page = await answer.text();
    expect(answer.status).toBe(403);
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
    const id = answer.headers.get('x-request-id') ?? '';
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(page).toContain(id);
    expect(page).not.toContain('demo application');
    expect(await lineOf(demo, id, 'request')).toMatchObject({
      'wallguard.action': 'blocked',
      'wallguard.block.reason': 'attack',
      'http.response.status_code': 403,
    });
    expect((await lineOf(demo, id, 'detection'))['wallguard.attack.types']).toEqual(
      expect.arrayContaining(['sqli', 'xss']),
    );
    const audit = await output(demo, ['cat', '/var/lib/wallguard/log/modsec_audit.json']);
    expect(audit).toContain(`"unique_id":"block--1-${id}"`);
  });

  test('is healthy, says the monitor', async () => {
    const status = await monitor(demo, '/status');
    expect(status.head).toMatch(/^HTTP\/1\.1 200 /);
    expect(JSON.parse(status.body)).toMatchObject({ verdict: 'ok' });
  });

  test('counts what it blocked', async () => {
    const answer = await fetch(demo.url + injection, { headers: browser });
    await answer.text();
    await lineOf(demo, answer.headers.get('x-request-id') ?? '', 'request');
    const lines = (await telemetry(demo)).filter(
      (line) => line['event.name'] === 'request' && line['wallguard.action'] === 'blocked',
    ).length;
    expect(lines).toBeGreaterThan(0);
    const counted = await eventually(async () => {
      const metrics = (await monitor(demo, '/metrics')).body;
      const total = [...metrics.matchAll(/^wallguard_blocked_total\{[^}]*\} (\d+)/gm)]
        .map(([, value]) => Number(value))
        .reduce((sum, value) => sum + value, 0);
      return total === lines ? total : undefined;
    }, `${lines} blocks counted`);
    expect(counted).toBe(lines);
  });

  test('keeps lines whole that several workers write at once', async () => {
    const total = 3000;
    const path = `/crowd/${'x'.repeat(400)}`;
    let sent = 0;
    const clients = Array.from({ length: 32 }, async () => {
      while (sent++ < total) await (await fetch(demo.url + path)).text();
    });
    await Promise.all(clients);
    const lines = await eventually(async () => {
      const found = (await telemetry(demo)).filter((line) => line['url.path'] === path);
      return found.length >= total ? found.length : undefined;
    }, `${total} lines`);
    expect(lines).toBe(total);
  });

  test('runs as an ordinary user, on a read-only root', async () => {
    expect(await output(demo, ['id', '-u'])).toBe('10001\n');
    expect(await output(demo, ['sed', '-n', '/^CapEff/p', '/proc/1/status'])).toBe('CapEff:\t0000000000000000\n');
    const attempt = await demo.wallguard.exec(['touch', '/etc/nginx/proof']);
    expect(attempt.stderr).toContain('Read-only file system');
  });

  test('holds neither Node nor npm', async () => {
    expect(await output(demo, ['sh', '-c', 'command -v node npm || echo none'])).toBe('none\n');
  });

  test('lets a file upload pass to the application', async () => {
    const form = new FormData();
    form.set('comment', 'the receipt');
    form.set('file', new Blob(['x'.repeat(300_000)]), 'receipt.txt');
    const answer = await fetch(`${demo.url}/upload`, { method: 'POST', body: form });
    expect(await answer.text()).toContain('method POST\npath /upload\n');
  });

  test.each([
    ['http://app:3000', 'proxy_pass http://app:3000;\n'],
    ['https://shop.example.com', 'proxy_pass https://shop.example.com;\n'],
    ['http://[::1]:3000', 'proxy_pass http://[::1]:3000;\n'],
  ])('takes UPSTREAM=%s', async (upstream, line) => {
    const script = 'wallguard-entrypoint cat /var/lib/wallguard/run/upstream.conf';
    const { exitCode, stdout } = await demo.app.exec(['sh', '-c', script], { env: { UPSTREAM: upstream } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: line });
  });

  test.each([
    'app:3000',
    'ftp://app',
    'http://app/shop',
    'http://app; return 200',
    'http://app\nhttp://b',
    'http://$host',
  ])('refuses UPSTREAM=%s', async (upstream) => {
    const { exitCode, stderr } = await demo.app.exec(['wallguard-entrypoint', 'true'], { env: { UPSTREAM: upstream } });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 64,
      stderr: `wallguard: UPSTREAM=${upstream} is not http:// or https:// with a host and an optional port, without a path\n`,
    });
  });

  test('rotates the files that wallguard reads back before they fill the tmpfs', async () => {
    const run = '/var/lib/wallguard/run';
    const audit = '/var/lib/wallguard/log/modsec_audit.json';
    const script = [
      `mkdir -p ${run} /var/lib/wallguard/log`,
      "trap 'echo reopened' USR1",
      `echo $$ > ${run}/nginx.pid`,
      `truncate -s 33M ${run}/heads.jsonl ${audit}`,
      'timeout 6 wallguard-rotate',
      `stat -c '%n %s' ${run}/heads* ${audit}`,
    ].join('\n');
    // In the application's container, where the shell can play NGINX: the tools are the same.
    const { stdout } = await demo.app.exec(['sh', '-c', script]);
    expect(stdout).toBe(`reopened\n${run}/heads.jsonl.1 34603008\n${audit} 0\n`);
  });

  // The last one, since it ends the container that the others use.
  test('finishes what it has accepted when it is stopped, within the ten seconds that engines give', async () => {
    const { hostname, port } = new URL(demo.url);
    const answered = new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': 4 };
      const upload = request({ hostname, port, method: 'POST', path: '/', headers });
      upload.once('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      upload.once('error', reject);
      upload.write('a=');
      setTimeout(() => upload.end('bc'), 1500);
    });
    await sleep(500);
    const startedAt = Date.now();
    const end = await endOf(demo.wallguard);
    expect(await answered).toBe(200);
    expect(end.exitCode).toBe(0);
    expect(Date.now() - startedAt).toBeLessThan(10_000);
  });
});

describe.skipIf(inject('noContainerEngine') !== '')('the image on a base that brings its own NGINX', () => {
  let demo: Demo;

  beforeAll(async () => {
    demo = await startDemo(images.onNginxBase);
  });

  afterAll(async () => {
    await demo.stop();
  });

  test('serves wallguard alone: a clean request passes, the statistics service is refused with the page', async () => {
    const clean = await fetch(`${demo.url}/`, { headers: browser });
    expect(await clean.text()).toContain('demo application');
    const refused = await fetch(`${demo.url}/wallarm-status`, { headers: browser });
    const page = await refused.text();
    const id = refused.headers.get('x-request-id') ?? '';
    expect(refused.status).toBe(403);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(page).toContain(id);
    expect(await lineOf(demo, id, 'request')).toMatchObject({
      'wallguard.engine': 'none',
      'wallguard.block.reason': 'status_guard',
    });
  });

  test('does not bring the site of the base along', async () => {
    expect(await output(demo, ['sh', '-c', 'ls /etc/nginx/conf.d'])).toBe('wallguard.conf\n');
    expect(demo.wallguard.getMappedPort(PORT)).toBeGreaterThan(0);
  });
});
