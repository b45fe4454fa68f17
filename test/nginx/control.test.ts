/**
 * The control API in a real NGINX, on every build: what it takes, what it refuses, and that a refusal changes nothing.
 */
import { statSync } from 'node:fs';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Site } from '../../scripts/site.ts';
import { controlClient } from '../../tools/src/control/control-client.ts';
import { builds, contentLocations, end, start } from './sources.ts';

interface Said {
  readonly status: number;
  readonly allow: string;
  readonly value: { readonly error?: string; readonly message?: string };
}

describe.each(builds.map((build) => [build.name, build] as const))('%s', (_name, build) => {
  let site: Site;

  beforeAll(async () => {
    site = await start(build, 'none', { workers: 2, locations: contentLocations });
  });

  afterAll(() => end(site));

  const send = (method: string, path: string, body?: string, type = 'application/json'): Promise<Said> =>
    new Promise((resolve, reject) => {
      const sent = request(
        {
          socketPath: site.files.controlSocket,
          method,
          path,
          headers: {
            Host: 'localhost',
            ...(body === undefined ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }),
          },
        },
        (response) => {
          let text = '';
          response.on('data', (data: Buffer) => (text += data.toString()));
          response.once('end', () => {
            const isJson = String(response.headers['content-type']).startsWith('application/json');
            resolve({
              status: response.statusCode ?? 0,
              allow: response.headers.allow ?? '',
              value: isJson ? (JSON.parse(text) as Said['value']) : {},
            });
          });
        },
      );
      sent.once('error', reject);
      sent.end(body);
    });

  const entries = (...rows: object[]): string => JSON.stringify({ entries: rows, author: 'test' });

  test.each([
    ['a path that is none', 'GET', '/v2/lists/deny', undefined, 404, 'unknown_path'],
    ['a list that is none', 'GET', '/v1/lists/black', undefined, 404, 'unknown_list'],
    ['something below a list', 'GET', '/v1/lists/deny/x', undefined, 404, 'unknown_path'],
    ['a limit of 0', 'GET', '/v1/lists/deny?limit=0', undefined, 422, 'bad_request'],
    ['a limit that is too high', 'GET', '/v1/history?limit=1001', undefined, 422, 'bad_request'],
    ['no JSON', 'POST', '/v1/lists/deny', '{', 400, 'bad_json'],
    ['an array', 'POST', '/v1/lists/deny', '[]', 422, 'bad_request'],
    ['no author', 'POST', '/v1/lists/deny', '{"entries":[{"address":"192.0.2.1"}]}', 422, 'bad_request'],
    ['no entries', 'POST', '/v1/lists/deny', '{"entries":[],"author":"test"}', 422, 'bad_request'],
    ['no address', 'POST', '/v1/lists/deny', entries({ address: '192.0.2.300' }), 422, 'bad_address'],
    ['a path for an address', 'POST', '/v1/lists/deny', entries({ address: '../../x' }), 422, 'bad_address'],
    ['a network', 'POST', '/v1/lists/deny', entries({ address: '192.0.2.0/24' }), 422, 'network'],
    ['a field too many', 'POST', '/v1/lists/deny', entries({ address: '192.0.2.1', period: 5 }), 422, 'bad_request'],
    ['a short period', 'POST', '/v1/lists/deny', entries({ address: '192.0.2.1', periodMs: 1000 }), 422, 'bad_request'],
    ['a period that is text', 'POST', '/v1/lists/deny', entries({ address: '192.0.2.1', periodMs: '1h' }), 422, 'bad_request'],
    ['an application that is text', 'POST', '/v1/lists/deny', entries({ address: '192.0.2.1', applications: ['shop'] }), 422, 'bad_request'],
    ['a line break in a reason', 'POST', '/v1/lists/deny', entries({ address: '192.0.2.1', reason: 'a\nb' }), 422, 'bad_request'],
    ['nobody to remove', 'DELETE', '/v1/lists/deny?address=192.0.2.9', '{"author":"test"}', 404, 'not_listed'],
    ['an unknown trigger', 'PUT', '/v1/triggers/none', '{}', 404, 'unknown_trigger'],
    ['a threshold of 0', 'PUT', '/v1/triggers/default', '{"threshold":0}', 422, 'bad_request'],
    ['a list that no trigger has', 'PUT', '/v1/triggers/default', '{"reaction":{"list":"allow","periodMs":0,"escalation":1,"longestPeriodMs":0}}', 422, 'bad_request'],
    ['a secret', 'PUT', '/v1/triggers/default', '{"webhook":null}', 422, 'bad_request'],
    ['explain nobody', 'GET', '/v1/explain?address=x', undefined, 422, 'bad_address'],
  ] as const)('refuses %s', async (_what, method, path, body, status, word) => {
    const said = await send(method, path, body);
    expect([said.status, said.value.error]).toEqual([status, word]);
    expect(said.value.message).not.toBe('');
    const client = controlClient(site.files.controlSocket);
    expect(await client.list('deny')).toEqual([]);
    expect(await client.triggers()).toMatchObject([{ origin: 'preconfigured', trigger: { threshold: 3 } }]);
  });

  test.each([
    ['PUT', '/v1/lists/deny', 'GET, POST, DELETE'],
    ['POST', '/v1/history', 'GET'],
    ['DELETE', '/v1/counters', 'GET'],
    ['POST', '/v1/triggers/default', 'PUT, DELETE'],
  ])('%s %s is not there; the answer says what is', async (method, path, allowed) => {
    const said = await send(method, path, '{}');
    expect([said.status, said.value.error, said.allow]).toEqual([405, 'bad_method', allowed]);
  });

  test('takes JSON only, and at most a megabyte', async () => {
    expect((await send('POST', '/v1/lists/deny', entries({ address: '192.0.2.1' }), 'text/plain')).status).toBe(415);
    expect((await send('POST', '/v1/lists/deny', ' '.repeat(1_048_577))).status).toBe(413);
    const padded = entries({ address: '192.0.2.1' }).padEnd(900_000);
    expect((await send('POST', '/v1/lists/deny', padded)).status).toBe(200);
    expect((await send('DELETE', '/v1/lists/deny?address=192.0.2.1', '{"author":"test"}')).status).toBe(200);
  });

  test('adds all or nothing', async () => {
    const rows = Array.from({ length: 17 }, (_, index) => ({ address: '192.0.2.2', applications: [index + 1] }));
    const said = await send('POST', '/v1/lists/deny', entries({ address: '192.0.2.3' }, ...rows));
    expect([said.status, said.value.error]).toEqual([507, 'full']);
    expect(await controlClient(site.files.controlSocket).list('deny')).toEqual([]);
  });

  test('gives lists in pages, each entry once', async () => {
    const client = controlClient(site.files.controlSocket);
    const addresses = Array.from({ length: 40 }, (_, index) => `198.51.100.${index + 1}`);
    await client.add('gray', [...addresses, '2001:db8::1', '2001:db8::2'].map((address) => ({ address })), 'test');
    const seen: string[] = [];
    let after = '';
    do {
      const page = (await send('GET', `/v1/lists/gray?limit=7&after=${encodeURIComponent(after)}`)).value as {
        entries: { address: string }[];
        next: string;
      };
      expect(page.entries.length).toBeLessThanOrEqual(7);
      seen.push(...page.entries.map(({ address }) => address));
      after = page.next;
    } while (after !== '');
    expect(seen.toSorted()).toEqual([...addresses, '2001:db8::1', '2001:db8::2'].toSorted());
    for (const address of seen) await client.remove('gray', address, { author: 'test' });
    expect(await client.list('gray')).toEqual([]);
    const [last] = await client.history(1);
    expect(last).toMatchObject({ operation: 'remove', author: 'test', entry: { list: 'gray', source: 'manual' } });
  });

  test('is a unix socket and nothing else', () => {
    expect(statSync(site.files.controlSocket).isSocket()).toBe(true);
  });

  test('two workers changing one address at once lose nothing', async () => {
    const client = controlClient(site.files.controlSocket);
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          client.add('deny', [{ address: '192.0.2.50', applications: [index + 1] }], 'test'),
        ),
      );
      expect(await client.list('deny')).toHaveLength(12);
      await client.remove('deny', '192.0.2.50', { author: 'test' });
    }
  });
});
