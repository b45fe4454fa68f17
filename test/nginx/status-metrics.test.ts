/** What the monitor counts and how it writes it, and counters of a node that stand still, on every build. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rmSync } from 'node:fs';
import { startSite, type Site } from '../../scripts/site.ts';
import type { StatusReport } from '../../schema/status.ts';
import { ensureDouble } from '../double/build.ts';
import { checkExposition } from '../unit/status/check-exposition.ts';
import { sample } from '../unit/status/samples.ts';
import { body, fakeHost, fakeStatusService } from './fake-status-service.ts';
import { allBuilds, eventually, siteDirectory, siteForTest } from './harness.ts';

const builds = await allBuilds();

async function metrics(site: Site, query = '', accept = ''): Promise<{ status: number; type: string | null; text: string }> {
  const answer = await fetch(`${site.urls.monitor}/metrics${query}`, accept === '' ? {} : { headers: { Accept: accept } });
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
}

/** The value of one series. */
function valueOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

async function send(site: Site, path: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await (await fetch(site.urls.app + path)).arrayBuffer();
  }
}

describe.each(builds)('$name', (build) => {
  const directory = siteDirectory();
  let site: Site;

  beforeAll(async () => {
    site = await startSite({
      kit: build.kit,
      jsEngine: build.jsEngine,
      directory,
      workers: 2,
      settings: { engine: 'none', applications: [{ id: 4, name: 'shop', paths: ['/shop'] }], status_service: { cache: '1ms' } },
    });
  });
  afterAll(async () => {
    await site.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test('counts each request once, by application and by what was done with it', async () => {
    await send(site, '/', 5);
    await send(site, '/shop/basket', 3);
    await send(site, '/wallarm-status', 2);
    const text = await eventually(async () => {
      const { text: now } = await metrics(site);
      return valueOf(now, 'wallguard_request_duration_seconds_count') === 10 ? now : undefined;
    }, 'ten requests counted');
    expect(valueOf(text, 'wallguard_requests_total{application="default",action="allowed"}')).toBe(5);
    expect(valueOf(text, 'wallguard_requests_total{application="shop",action="allowed"}')).toBe(3);
    expect(valueOf(text, 'wallguard_requests_total{application="default",action="blocked"}')).toBe(2);
    expect(valueOf(text, 'wallguard_blocked_total{application="default",reason="status_guard"}')).toBe(2);
    expect(valueOf(text, 'wallguard_responses_total{application="shop",class="2xx"}')).toBe(3);
    expect(valueOf(text, 'wallguard_responses_total{application="default",class="4xx"}')).toBe(2);
    expect(valueOf(text, 'wallguard_request_bytes_total{direction="in"}')).toBeGreaterThan(500);
    expect(valueOf(text, 'wallguard_request_bytes_total{direction="out"}')).toBeGreaterThan(500);
    expect(valueOf(text, 'wallguard_events_dropped_total{stage="file"}')).toBe(0);

    const statistics = (await (await fetch(site.urls.status)).json()) as Record<string, unknown>;
    expect(statistics).toMatchObject({ requests: 10, blocked: 2, attacks: 0, requests_lost: 0 });
    expect(statistics['timestamp']).toBeGreaterThan(Date.now() / 1000 - 30);
    expect(statistics['split']).toMatchObject({
      clients: [{ client_id: null, requests: 10, applications: [{ app_id: -1, requests: 7 }, { app_id: 4, requests: 3 }] }],
    });
  });

  test('writes text that Prometheus reads, and OpenMetrics when asked', async () => {
    const plain = await metrics(site);
    expect(plain).toMatchObject({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
    expect(checkExposition(plain.text, 'prometheus')).toEqual([]);

    const open = await metrics(site, '', 'application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5');
    expect(open).toMatchObject({ status: 200, type: 'application/openmetrics-text; version=1.0.0; charset=utf-8' });
    expect(checkExposition(open.text, 'openmetrics')).toEqual([]);
    expect(open.text).toContain('# TYPE wallguard_request_bytes counter\n# UNIT wallguard_request_bytes bytes\n');
    expect(open.text).toMatch(/\n# EOF\n$/);
  });

  test('tells of itself', async () => {
    const { text } = await metrics(site);
    expect(text).toContain(`nginx="${build.kit.nginxVersion}",njs="${build.kit.njsVersion}",js_engine="${build.jsEngine === 'qjs' ? 'QuickJS' : 'njs'}"} 1\n`);
    expect(valueOf(text, 'wallguard_status_service_up')).toBe(1);
    expect(valueOf(text, 'wallguard_handler_errors_total{handler="note"}')).toBe(0);
    for (const zone of ['wallguard_counters', 'wallguard_state', 'wallguard_outbox']) {
      expect(valueOf(text, `wallguard_dict_free_bytes{zone="${zone}"}`)).toBeGreaterThan(500_000);
    }
  });

  test("has the vendor's form of the same statistics", async () => {
    const { status, type, text } = await metrics(site, '?compat=wallarm', 'application/openmetrics-text');
    expect({ status, type }).toEqual({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
    expect(checkExposition(text, 'prometheus')).toEqual([]);
    const statistics = await (await fetch(site.urls.status)).text();
    expect(valueOf(text, 'wallarm_requests')).toBe((JSON.parse(statistics) as { requests: number }).requests);
    expect(text).toContain(`\nwallarm_startid ${/"startid":(\d+)/.exec(statistics)?.[1]}\n`);
    expect(text).not.toContain('wallguard_');
  });
});

describe.each(builds)('$name, in front of a node', (build) => {
  test('metrics of the node under its own names; a broken service is up 0 with its finding, and counts go on', async () => {
    const service = await fakeStatusService(body(sample('7.1.0')));
    const site = await siteForTest(build, {
      wallarmModule: await ensureDouble(build.kit, '7.1.0'),
      settings: {
        engine: 'wallarm',
        node: { version: '7.1.0', flavour: 'ingress' },
        status_service: { listen: `${fakeHost}:${service.port}`, cache: '1ms' },
      },
    });
    const compat = await metrics(site, '?compat=wallarm');
    expect(compat.text).toContain('\nwallarm_requests 88012\n');
    expect(compat.text).toContain('\nwallarm_startid 12345678901234567891\n');
    await service.close();
    const broken = await eventually(async () => {
      const seen = await metrics(site);
      return valueOf(seen.text, 'wallguard_status_service_up') === 0 ? seen : undefined;
    }, 'the service is down');
    expect(broken.status).toBe(200);
    expect(broken.text).toContain('\nwallguard_status_finding{code="status-refused",severity="error"} 1\n');
    expect(broken.text).toContain('\nwallguard_requests_total{application="default",action="allowed"} ');
    expect(await metrics(site, '?compat=wallarm')).toMatchObject({ status: 503, text: '# no statistics: see /status\n' });
  });

  test('a node that counts nothing while NGINX serves is found out, and no idle one', async () => {
    const service = await fakeStatusService(body(sample('6.13.0')));
    const site = await siteForTest(build, {
      wallarmModule: await ensureDouble(build.kit, '6.13.0'),
      settings: {
        engine: 'wallarm',
        mode: 'monitoring',
        node: { version: '6.13.0', flavour: 'ingress' },
        telemetry: { flush: '100ms' },
        status_service: { listen: `${fakeHost}:${service.port}`, cache: '1ms' },
      },
    });
    try {
      const codes = async (): Promise<string[]> => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        const report = (await (await fetch(`${site.urls.monitor}/status`)).json()) as StatusReport;
        return report.findings.map((found) => found.code);
      };
      // Served before the first poll: the log may tell of it later than the node did.
      await send(site, '/', 30);
      expect(await codes()).toEqual([]);
      // The time that the log may lag behind: flush and a second.
      await new Promise((resolve) => setTimeout(resolve, 1300));
      expect(await codes()).toEqual([]);
      expect(await codes()).toEqual([]);

      await send(site, '/', 30);
      expect(await eventually(async () => ((await codes()).length > 0 ? await codes() : undefined), 'frozen')).toEqual(['status-frozen']);

      service.behave(body(sample('6.13.0').replace('"requests": 88012', '"requests": 88042').replace(/"timestamp": [\d.]+/, `"timestamp": ${Date.now() / 1000}`)));
      expect(await codes()).toEqual([]);
    } finally {
      await service.close();
    }
  });

  test('where the mode is off nothing is frozen', async () => {
    const service = await fakeStatusService(body(sample('6.13.0')));
    const site = await siteForTest(build, {
      wallarmModule: await ensureDouble(build.kit, '6.13.0'),
      settings: {
        engine: 'wallarm',
        mode: 'off',
        node: { version: '6.13.0', flavour: 'ingress' },
        telemetry: { flush: '100ms' },
        status_service: { listen: `${fakeHost}:${service.port}`, cache: '1ms' },
      },
    });
    try {
      const counted = async (): Promise<number | undefined> =>
        valueOf((await metrics(site)).text, 'wallguard_request_duration_seconds_count');
      await counted();
      await new Promise((resolve) => setTimeout(resolve, 1300));
      await counted();
      await send(site, '/', 40);
      await eventually(async () => (await counted()) === 40 || undefined, 'all counted');
      await new Promise((resolve) => setTimeout(resolve, 5));
      const report = (await (await fetch(`${site.urls.monitor}/status`)).json()) as StatusReport;
      expect(report).toMatchObject({ verdict: 'ok', findings: [] });
    } finally {
      await service.close();
    }
  });
});
