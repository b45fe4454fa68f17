import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addHeadCounts,
  countHeads,
  emptyHeadCounts,
  type Bytes,
  type HeadVocabulary,
} from '../../../njs/src/core/telemetry/heads.ts';
import { headsBudget } from '../../../njs/src/core/telemetry/heads-budget.ts';
import { durationBoundsMs } from '../../../njs/src/core/telemetry/counter-names.ts';

interface Head {
  readonly application: string;
  readonly action: 'allowed' | 'detected' | 'blocked';
  readonly reason: string;
  readonly types: readonly string[];
  readonly status: number;
  readonly durationMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

const clean: Head = {
  application: 'default',
  action: 'allowed',
  reason: '',
  types: [],
  status: 200,
  durationMs: 3,
  bytesIn: 100,
  bytesOut: 1000,
};

const line = (changes: Partial<Head> = {}, timestamp = '1795313592.153', rest = ',"url.path":"/"}'): string => {
  const head = { ...clean, ...changes };
  return (
    `{"schema":"wallguard/1","event.name":"request","application":"${head.application}",` +
    `"wallguard.action":"${head.action}","wallguard.block.reason":"${head.reason}",` +
    `"wallguard.attack.types":${JSON.stringify(head.types)},"http.response.status_code":${head.status},` +
    `"http.server.request.duration":${(head.durationMs / 1000).toFixed(3)},"http.request.size":${head.bytesIn},` +
    `"http.response.size":${head.bytesOut},"timestamp":${timestamp}${rest}\n`
  );
};

const vocabulary: HeadVocabulary = {
  applications: ['default', 'shop'],
  sinceMs: 0,
  bytes: (text) => Buffer.from(text) as unknown as Bytes,
};

/** Counters after reading a text, in chunks of some size. */
function read(text: string | Buffer, changes: Partial<HeadVocabulary> = {}, chunkBytes = 1 << 20) {
  const bytes = Buffer.from(text);
  const counts = emptyHeadCounts();
  let offset = 0;
  while (offset < bytes.length) {
    const chunk = bytes.subarray(offset, offset + chunkBytes);
    const used = countHeads(chunk as unknown as Bytes, chunk.length, counts, { ...vocabulary, ...changes });
    if (used === 0) break;
    offset += used;
  }
  const counters: Record<string, number> = {};
  addHeadCounts(counts, (name, by) => (counters[name] = (counters[name] ?? 0) + by));
  return { counters, unread: bytes.length - offset };
}

describe('countHeads', () => {
  test('counts one clean request', () => {
    expect(read(line()).counters).toEqual({
      'requests|default|allowed|': 1,
      'responses|default|2': 1,
      'duration|0': 1,
      'duration|sum': 3,
      'bytes|in': 100,
      'bytes|out': 1000,
      'lines|request': 1,
      'lines|any': 1,
    });
  });

  test('a request with two attack types is one attacked request', () => {
    expect(
      read(line({ action: 'blocked', reason: 'attack', types: ['xss', 'bit49'], status: 403 })).counters,
    ).toMatchObject({
      'requests|default|blocked|attack': 1,
      'attacked|default|blocked': 1,
      'attacks|default|xss': 1,
      'attacks|default|bit49': 1,
      'responses|default|4': 1,
    });
  });

  test.each(durationBoundsMs().map((bound, index) => [bound, index] as const))(
    '%d ms belongs to bound %d',
    (bound, index) => {
      expect(read(line({ durationMs: bound })).counters).toHaveProperty([`duration|${index}`], 1);
      expect(read(line({ durationMs: bound + 1 })).counters).toHaveProperty([`duration|${index + 1}`], 1);
    },
  );

  test.each<[string, string]>([
    ['another application', line({ application: 'unknown' })],
    ['another action', line().replace('"allowed"', '"forged"')],
    ['another schema', line().replace('wallguard/1', 'wallguard/2')],
    ['a head that is no JSON', line().replace('"default"', '"default')],
    ['a duration that is no number', line().replace('0.003', '0.0x3')],
    ['a size that is no number', line().replace(':100,', ':1a0,')],
    ['a line that ends in the head', `${line().slice(0, 200)}\n`],
    ['words', 'hello\n'],
    ['an empty line', '\n'],
    ['bytes that are no text', `${Buffer.from([0xff, 0xfe, 0x00]).toString('latin1')}\n`],
    ['a line of another service', '{"level":"info","msg":"http.server.request.duration"}\n'],
  ])('does not count %s, but what stands around it', (_, odd) => {
    const { counters } = read(line() + odd + line());
    expect(counters['lines|request']).toBe(2);
    expect(counters['requests|default|allowed|']).toBe(2);
  });

  test('takes events of njs for signs of life, not for requests', () => {
    const { counters } = read('{"schema":"wallguard/1","event.name":"detection","timestamp":1}\n');
    expect(counters).toEqual({ 'lines|any': 1 });
  });

  test('leaves a torn last line for the next time', () => {
    const text = line() + line().slice(0, 250);
    const { counters, unread } = read(text);
    expect(counters['lines|request']).toBe(1);
    expect(unread).toBe(250);
  });

  test('does not look past the bytes that were read', () => {
    const chunk = Buffer.from(line() + line());
    const counts = emptyHeadCounts();
    expect(countHeads(chunk as unknown as Bytes, line().length + 10, counts, vocabulary)).toBe(line().length);
    expect(counts.requests).toBe(1);
  });

  test('skips lines of an earlier life of NGINX', () => {
    const text = line({}, '1795313590.000') + line({}, '1795313600.000');
    expect(read(text, { sinceMs: 1_795_313_595_000 }).counters['lines|request']).toBe(1);
  });

  test('any mix of heads, read in chunks of any size, adds up', () => {
    const head = fc.record({
      application: fc.constantFrom('default', 'shop'),
      action: fc.constantFrom('allowed' as const, 'detected' as const, 'blocked' as const),
      reason: fc.constantFrom('', 'attack', 'denylist'),
      types: fc.subarray(['xss', 'sqli', 'rce']),
      status: fc.constantFrom(0, 101, 200, 204, 301, 304, 403, 404, 500, 502),
      durationMs: fc.nat(20_000),
      bytesIn: fc.nat(1_000_000),
      bytesOut: fc.nat(1_000_000_000),
    });
    const sum = <T>(items: readonly T[], value: (item: T) => number): number =>
      items.reduce((all, item) => all + value(item), 0);
    fc.assert(
      fc.property(fc.array(head, { maxLength: 60 }), fc.integer({ min: 600, max: 4000 }), (heads, chunkBytes) => {
        const { counters, unread } = read(heads.map((item) => line(item)).join(''), {}, chunkBytes);
        const total = (prefix: string): number =>
          sum(Object.entries(counters), ([name, value]) => (name.startsWith(prefix) ? value : 0));
        expect(unread).toBe(0);
        expect(total('requests|')).toBe(heads.length);
        expect(total('responses|')).toBe(heads.length);
        expect(total('duration|') - total('duration|sum')).toBe(heads.length);
        expect(total('duration|sum')).toBe(sum(heads, (item) => item.durationMs));
        expect(total('bytes|in')).toBe(sum(heads, (item) => item.bytesIn));
        expect(total('bytes|out')).toBe(sum(heads, (item) => item.bytesOut));
        expect(total('attacked|')).toBe(heads.filter((item) => item.types.length > 0).length);
        expect(total('attacks|')).toBe(sum(heads, (item) => item.types.length));
        expect(counters['requests|shop|blocked|attack'] ?? 0).toBe(
          heads.filter((item) => item.application === 'shop' && item.action === 'blocked' && item.reason === 'attack')
            .length,
        );
      }),
    );
  });
});

test('a tick reads little while requests pour in, more when it falls far behind, most when they pause', () => {
  const megabyte = 1 << 20;
  expect(headsBudget(10 * megabyte, 5 * megabyte)).toBe(megabyte);
  expect(headsBudget(100 * megabyte, 5 * megabyte)).toBe(4 * megabyte);
  expect(headsBudget(100 * megabyte, 0)).toBe(8 * megabyte);
});
