/**
 * Triggers in a real NGINX, on every build and with every engine that finds attacks.
 */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { ListEntry } from '../../schema/lists.ts';
import type { Engine, Mode } from '../../schema/settings.ts';
import type { Site } from '../../scripts/site.ts';
import { controlClient } from '../../tools/src/control/control-client.ts';
import { eventually, jsonLines } from './harness.ts';
import { ask, builds, contentLocations, directoryOf, end, engines, lineOf, start, type Answer } from './sources.ts';

const inspecting = engines.filter((engine) => engine !== 'none');

/** The vendor's own test: three requests with four payloads (wallarm-node.md 6.1). */
const seedRequests = [
  {
    target: '/?id=1%27%20UNION%20SELECT%20username,%20password%20FROM%20users--%3Cscript%3Eprompt(1)%3C/script%3E',
    double: 'types=sqli|xss; points=[get][id]|[get][id]; stamps=1|2',
  },
  // The same point and stamp as the first one: only the value tells them apart.
  { target: '/?id=1%27%20select%20version();', double: 'types=sqli; points=[get][id]; stamps=1' },
  { target: '/instructions.php/etc/passwd', double: 'types=ptrav; points=[uri]; stamps=7' },
] as const;

function sendSeed(site: Site, engine: Engine, from: string, index: 0 | 1 | 2): Promise<Answer> {
  const { target, double } = seedRequests[index];
  return ask(site, from, target, engine === 'wallarm' ? { 'X-Wallarm-Double': double } : {});
}

/** Waits until so many attacks of this client were counted. */
async function counted(site: Site, from: string, requests: number): Promise<void> {
  await eventually(() => {
    const lines = jsonLines(site.files.telemetry).filter(
      (line) => line['client.address'] === from && (line['wallguard.payloads'] as string[] | undefined)?.length,
    );
    return lines.length >= requests ? true : undefined;
  }, `${requests} counted requests of ${from}`);
}

const cases = builds.flatMap((build) => inspecting.map((engine) => [build.name, engine, build] as const));

describe.each(cases)("the vendor's test: %s, %s", (_name, engine, build) => {
  test.each(['off', 'monitoring', 'safe_blocking', 'block'] satisfies Mode[])('mode %s', async (mode) => {
    const site = await start(build, engine, { workers: 2, locations: contentLocations, settings: { mode } });
    const client = controlClient(site.files.controlSocket);
    try {
      const passes = mode === 'block' ? 403 : 404;
      const answers = [
        await sendSeed(site, engine, '127.0.2.1', 0),
        await sendSeed(site, engine, '127.0.2.1', 1),
      ];
      if (mode !== 'off') await counted(site, '127.0.2.1', 2);
      expect(await client.list('gray')).toEqual([]);
      answers.push(await sendSeed(site, engine, '127.0.2.1', 2));
      expect(answers.map(({ status }) => status)).toEqual([passes, passes, passes].map((status) => (status === 404 ? 204 : 403)));
      if (mode === 'off') {
        await new Promise((resolve) => setTimeout(resolve, 500));
        expect(await client.list('gray')).toEqual([]);
        return;
      }
      const [entry] = await eventually(async () => {
        const entries = await client.list('gray');
        return entries.length > 0 ? entries : undefined;
      }, 'an entry on the graylist');
      expect(entry).toMatchObject({ address: '127.0.2.1', source: 'default', author: 'wallguard', applications: [] });
      expect((entry?.expiresMs ?? 0) - (entry?.createdMs ?? 0)).toBe(3_600_000);

      const fired = await lineOf(site, (line) => line['event.name'] === 'trigger', 'trigger event');
      expect(fired).toMatchObject({
        'client.address': '127.0.2.1',
        'wallguard.trigger.id': 'default',
        'wallguard.trigger.outcome': 'fired',
        'wallguard.trigger.payloads': 4,
        'wallguard.attack.types': ['vectors'],
      });
      const third = jsonLines(site.files.telemetry).filter(
        (line) => line['event.name'] === 'request' && line['url.path'] === seedRequests[2].target,
      );
      expect(fired['http.request.id']).toBe(third[0]?.['http.request.id']);

      const again = await ask(site, '127.0.2.1', '/?q=1%27%20or%201=1%20--%20-', engine === 'wallarm' ? { 'X-Wallarm-Double': 'types=sqli; points=[get][q]; stamps=9' } : {});
      expect(again.status).toBe(mode === 'monitoring' ? 204 : 403);
      if (mode === 'safe_blocking') expect(again.body).toContain(again.id);
      expect((await ask(site, '127.0.2.1', '/basket?item=7')).status).toBe(204);
      const other = await sendSeed(site, engine, '127.0.2.2', 0);
      expect(other.status).toBe(mode === 'block' ? 403 : 204);
      await counted(site, '127.0.2.2', 1);

      const story = await client.explain('127.0.2.1');
      expect(story.listed).toEqual(entry);
      expect(story.triggers).toMatchObject([{ id: 'default', threshold: 3, payloads: 0, firedMs: entry?.createdMs }]);
      expect(story.hits.map(({ type }) => type)).toEqual(expect.arrayContaining(['sqli', 'xss', 'ptrav']));
      const counters = await client.counters();
      expect(counters['wallguard_trigger_fired_total{trigger="default",outcome="fired"}']).toBe(1);
      expect(counters['wallguard_list_changes_total{list="gray",op="add",source="default"}']).toBe(1);
      expect(await client.history(10)).toMatchObject([{ operation: 'add', author: 'wallguard', entry: { address: '127.0.2.1' } }]);
    } finally {
      await end(site);
    }
  });
});

/** An attack as the double reports it; a payload is what stands in the query. */
function shows(site: Site, from: string, payload: string, headers: Record<string, string> = {}): Promise<Answer> {
  return ask(site, from, `/?id=${payload}`, {
    'X-Wallarm-Double': 'types=sqli; points=[get][id]; stamps=1',
    ...headers,
  });
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function firings(site: Site): string[] {
  return jsonLines(site.files.telemetry)
    .filter((line) => line['event.name'] === 'trigger')
    .map((line) => String(line['client.address']));
}

/** The only entry of the graylist. An attack is counted when its answer has been sent already. */
async function listedEntry(site: Site): Promise<ListEntry> {
  const client = controlClient(site.files.controlSocket);
  const [entry, ...others] = await eventually(async () => {
    const entries = await client.list('gray');
    return entries.length > 0 ? entries : undefined;
  }, 'an entry on the graylist');
  expect(others).toEqual([]);
  return entry as ListEntry;
}

async function payloadsOf(site: Site, address: string): Promise<number> {
  return (await controlClient(site.files.controlSocket).explain(address)).triggers[0]?.payloads ?? -1;
}

describe.runIf(engines.includes('wallarm')).each(builds.map((build) => [build.name, build] as const))('counting: %s', (_name, build) => {
  test('no firing is missed, none is false, none happens twice, whatever worker sees which request', async () => {
    const site = await start(build, 'wallarm', { workers: 4, locations: contentLocations, settings: { mode: 'monitoring' } });
    try {
      const requests: [string, string][] = [];
      const perpetrators: string[] = [];
      for (let source = 0; source < 60; source += 1) {
        const address = `127.1.0.${source + 1}`;
        const payloads = source % 2 === 0 ? ['a', 'b', 'c', 'd'] : ['a', 'b', 'c', 'c'];
        if (source % 2 === 0) perpetrators.push(address);
        for (const payload of [...payloads, ...payloads]) requests.push([address, payload]);
      }
      requests.sort(() => Math.random() - 0.5);
      for (let at = 0; at < requests.length; at += 48) {
        await Promise.all(requests.slice(at, at + 48).map(([address, payload]) => shows(site, address, payload)));
      }
      await eventually(() => (firings(site).length >= perpetrators.length ? true : undefined), 'all firings');
      await sleep(1500);
      expect(firings(site).toSorted()).toEqual(perpetrators.toSorted());
      const entries = await controlClient(site.files.controlSocket).list('gray');
      expect(entries.map(({ address }) => address).toSorted()).toEqual(perpetrators.toSorted());
    } finally {
      await end(site);
    }
  });

  test('simultaneous last payloads: at least one of the writers sees them all', async () => {
    const site = await start(build, 'wallarm', { workers: 4, locations: contentLocations, settings: { mode: 'monitoring' } });
    try {
      const sources = Array.from({ length: 40 }, (_, index) => `127.1.1.${index + 1}`);
      for (const source of sources) {
        await Promise.all(['a', 'b', 'c', 'd'].map((payload) => shows(site, source, payload)));
      }
      await eventually(() => (firings(site).length >= sources.length ? true : undefined), 'all firings');
      expect(firings(site).toSorted()).toEqual(sources.toSorted());
    } finally {
      await end(site);
    }
  });

  test('the window slides: a payload counts from its last sighting, and a drip never adds up', async () => {
    const site = await start(build, 'wallarm', {
      workers: 4,
      locations: contentLocations,
      settings: { mode: 'monitoring', triggers: [{ id: 'fast', window: '2s', reaction: { list: 'deny' } }] },
    });
    try {
      const began = Date.now();
      for (const payload of ['a', 'b', 'c']) await shows(site, '127.1.2.1', payload);
      await eventually(async () => ((await payloadsOf(site, '127.1.2.1')) === 3 ? true : undefined), 'three payloads', 1000);
      await sleep(began + 1300 - Date.now());
      await shows(site, '127.1.2.1', 'a');
      await sleep(began + 2500 - Date.now());
      await shows(site, '127.1.2.1', 'd');
      expect(await payloadsOf(site, '127.1.2.1')).toBe(2);
      for (let payload = 0; payload < 7; payload += 1) {
        await shows(site, '127.1.2.2', `p${payload}`);
        await sleep(800);
      }
      expect(firings(site)).toEqual([]);
    } finally {
      await end(site);
    }
  });

  test('a restart forgets neither who is listed nor that the trigger has fired', async () => {
    const options = { workers: 2, locations: contentLocations, settings: { mode: 'safe_blocking' as const } };
    const first = await start(build, 'wallarm', options);
    const address = '127.1.3.1';
    let site = first;
    try {
      for (const payload of ['a', 'b', 'c', 'd']) await shows(site, address, payload);
      const before = await listedEntry(site);
      expect(before).toMatchObject({ address });
      await site.stop();
      site = await start(build, 'wallarm', { ...options, directory: directoryOf(first) });
      expect((await shows(site, address, 'e')).status).toBe(403);
      for (const payload of ['f', 'g', 'h', 'i', 'j', 'k', 'l', 'm']) await shows(site, address, payload);
      const client = controlClient(site.files.controlSocket);
      expect(await client.list('gray')).toEqual([before]);
      expect(await client.history(10)).toHaveLength(1);
      expect((await client.explain(address)).triggers[0]).toMatchObject({ firedMs: before?.createdMs });
    } finally {
      await end(site);
    }
  });

  test('a flood of four times what the zone holds lists nobody, and the window says that it shrank', async () => {
    const site = await start(build, 'wallarm', {
      workers: 2,
      locations: contentLocations,
      settings: {
        mode: 'monitoring',
        trigger_zone: '1m',
        hits_zone: '1m',
        triggers: [{ id: 'flooded', window: '60s' }],
        trusted_proxies: { from: ['127.0.0.1'] },
      },
      httpLines: ['keepalive_requests 1000000;'],
    });
    try {
      const client = controlClient(site.files.controlSocket);
      await sleep(1200);
      await flood(site, 32_000);
      expect(await client.list('gray')).toEqual([]);
      const counters = await client.counters();
      expect(counters['wallguard_trigger_window_effective_seconds{trigger="flooded"}']).toBeLessThan(60);
      expect(counters['wallguard_trigger_fired_total{trigger="flooded",outcome="fired"}']).toBe(0);
      // Who shows its payloads at once is found in the flood.
      for (const payload of ['a', 'b', 'c', 'd']) await shows(site, '127.0.0.1', payload, { 'X-Forwarded-For': '192.0.2.77' });
      expect((await listedEntry(site)).address).toBe('192.0.2.77');
    } finally {
      await end(site);
    }
  });

  test('what an operator removed is not listed again at once; what is not counted does not count', async () => {
    const site = await start(build, 'wallarm', {
      workers: 2,
      locations: contentLocations,
      settings: {
        mode: 'monitoring',
        lists: { protected: ['127.1.5.3'] },
        triggers: [
          { id: 'one', filters: { types: ['sqli'] } },
          { id: 'watch', threshold: 1, reaction: { list: 'observe' } },
        ],
      },
    });
    try {
      const client = controlClient(site.files.controlSocket);
      await client.add('allow', [{ address: '127.1.5.2' }], 'test');
      for (const address of ['127.1.5.1', '127.1.5.2', '127.1.5.3']) {
        for (const payload of ['a', 'b', 'c', 'd']) await shows(site, address, payload);
      }
      expect((await listedEntry(site)).address).toBe('127.1.5.1');
      expect(await client.remove('gray', '127.1.5.1', { author: 'test', reason: 'a mistake' })).toBe(true);
      for (const payload of ['e', 'f', 'g', 'h']) await shows(site, '127.1.5.1', payload);
      expect(await client.list('gray')).toEqual([]);
      const counters = await client.counters();
      expect(counters['wallguard_trigger_fired_total{trigger="watch",outcome="observed"}']).toBe(1);
      expect((await client.history(10)).map(({ operation }) => operation)).toEqual(['remove', 'add', 'add']);

      // What the API changes holds from the next attack on.
      await client.changeTrigger('one', { threshold: 1 });
      for (const payload of ['a', 'b']) await shows(site, '127.1.5.4', payload);
      expect((await listedEntry(site)).address).toBe('127.1.5.4');
      await client.changeTrigger('one', { enabled: false });
      for (const payload of ['a', 'b', 'c', 'd']) await shows(site, '127.1.5.5', payload);
      expect(await client.list('gray')).toHaveLength(1);
      expect((await client.triggers()).map(({ origin, trigger }) => [origin, trigger.threshold, trigger.enabled])).toEqual([
        ['overlay', 1, false],
        ['settings', 1, true],
      ]);
      await client.resetTrigger('one');
      expect((await client.triggers())[0]).toMatchObject({ origin: 'settings', trigger: { threshold: 3, enabled: true } });
    } finally {
      await end(site);
    }
  });

  test('a webhook says it, signed, and is tried again', async () => {
    const received: { body: string; signature: string }[] = [];
    const receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (data: Buffer) => (body += data.toString()));
      request.once('end', () => {
        received.push({ body, signature: String(request.headers['x-wallguard-signature']) });
        response.writeHead(received.length === 1 ? 503 : 204).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const secret = 'a secret for tests'.replace(/ /g, '-');
    const site = await start(build, 'wallarm', {
      locations: contentLocations,
      settings: {
        mode: 'monitoring',
        triggers: [
          {
            id: 'told',
            threshold: 1,
            webhook: { url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`, secret },
          },
        ],
      },
    });
    try {
      for (const payload of ['a', 'b']) await shows(site, '127.1.6.1', payload);
      await eventually(() => (received.length >= 2 ? true : undefined), 'the second attempt');
      expect(received[1]?.body).toBe(received[0]?.body);
      expect(JSON.parse(received[1]?.body ?? '')).toMatchObject({ 'event.name': 'trigger', 'client.address': '127.1.6.1' });
      expect(received[1]?.signature).toBe(
        `sha256=${createHmac('sha256', secret).update(received[1]?.body ?? '').digest('hex')}`,
      );
      const counters = await controlClient(site.files.controlSocket).counters();
      expect(counters['wallguard_webhooks_total{outcome="failed"}']).toBe(1);
    } finally {
      await end(site);
      receiver.closeAllConnections();
      receiver.close();
    }
  });
});

/** One payload from each of so many sources, over a few connections. */
async function flood(site: Site, sources: number): Promise<void> {
  const connections = 4;
  await Promise.all(
    Array.from({ length: connections }, (_, connection) =>
      new Promise<void>((resolve, reject) => {
        const mine = sources / connections;
        let sent = 0;
        let answered = 0;
        const socket = connect(site.ports.app, '127.0.0.1', () => more());
        const more = (): void => {
          let text = '';
          for (const stop = Math.min(mine, sent + 100); sent < stop; sent += 1) {
            const source = connection * mine + sent;
            text +=
              `GET /?id=${source} HTTP/1.1\r\nHost: a\r\nX-Wallarm-Double: types=sqli; points=[get][id]; stamps=1\r\n` +
              `X-Forwarded-For: 10.${source >> 16}.${(source >> 8) & 255}.${source & 255}\r\n\r\n`;
          }
          socket.write(text);
        };
        let rest = '';
        socket.on('data', (data) => {
          const parts = (rest + data.toString('latin1')).split('HTTP/1.1 204');
          answered += parts.length - 1;
          rest = (parts.at(-1) ?? '').slice(-11);
          if (answered >= mine) {
            socket.end();
            resolve();
          } else if (answered >= sent) {
            more();
          }
        });
        socket.once('error', reject);
        socket.once('close', () => reject(new Error(`closed after ${answered} answers`)));
      }),
    ),
  );
}
