import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assemble, linesOf, readEvents, type EventLine } from '../../../tools/src/telemetry/read-events.ts';

let directory = '';

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'wallguard-read-'));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

let files = 0;

function file(content: string | Buffer, extension = '.jsonl'): string {
  const name = path.join(directory, `${(files += 1)}${extension}`);
  writeFileSync(name, content);
  return name;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function read(
  content: string | Buffer,
  extension?: string,
): Promise<{ ids: unknown[]; lines: number; unreadable: number }> {
  const tally = { lines: 0, unreadable: 0 };
  const events = await all(readEvents([file(content, extension)], [''], tally));
  return { ids: events.map((event) => event['http.request.id']), ...tally };
}

const line = (id: string, rest = ''): string =>
  `{"schema":"wallguard/1","event.name":"request","http.request.id":"${id}"${rest}}`;

describe('readEvents', () => {
  test('whole lines, in order', async () => {
    expect(await read(`${line('a')}\n${line('b')}\n`)).toEqual({ ids: ['a', 'b'], lines: 2, unreadable: 0 });
  });

  test('a last line without newline', async () => {
    expect(await read(`${line('a')}\n${line('b')}`)).toMatchObject({ ids: ['a', 'b'] });
  });

  test('foreign, torn and empty lines are passed over and counted', async () => {
    const text = ['', 'Nov 22 kernel: words', '{"level":"info"}', line('a').slice(0, 40), line('b'), '[]', 'null'].join(
      '\n',
    );
    expect(await read(text)).toEqual({ ids: ['b'], lines: 6, unreadable: 5 });
  });

  test('a line right behind one that was cut short', async () => {
    expect(await read(`${line('a').slice(0, 60)}${line('b')}\n${line('c')}\n`)).toEqual({
      ids: ['b', 'c'],
      lines: 2,
      unreadable: 0,
    });
  });

  test('bytes that are no UTF-8, and characters that some take for the end of a line', async () => {
    const odd = Buffer.concat([
      Buffer.from(line('a', ',"x":"\u2028\u2029\u0085').slice(0, -1)),
      Buffer.from([0xff]),
      Buffer.from('"}\n'),
    ]);
    expect(await read(odd)).toEqual({ ids: ['a'], lines: 1, unreadable: 0 });
  });

  test('a file rotated into .gz, and one that is still being written', async () => {
    const text = Array.from({ length: 20_000 }, (_, index) => line(String(index), `,"x":${Math.sin(index)}`)).join(
      '\n',
    );
    const whole = gzipSync(text);
    expect((await read(whole, '.gz')).ids).toHaveLength(20_000);
    const { ids } = await read(whole.subarray(0, whole.length / 2), '.gz');
    expect(ids.length).toBeGreaterThan(1000);
    expect(ids[0]).toBe('0');
  });

  test('two gzip members in one file', async () => {
    const text = Buffer.concat([gzipSync(`${line('a')}\n`), gzipSync(`${line('b')}\n`)]);
    expect(await read(text, '.gz')).toMatchObject({ ids: ['a', 'b'] });
  });

  test('keys of a newer wallguard are kept', async () => {
    const events = await all(
      readEvents([file(`${line('a', ',"wallguard.new":7').replace('/1', '/2')}\n`)], ['"a"'], {
        lines: 0,
        unreadable: 0,
      }),
    );
    expect(events).toMatchObject([{ 'wallguard.new': 7 }]);
  });

  test('only lines that hold one of the texts', async () => {
    const name = file(`${line('a')}\n${line('b')}\n${line('c')}\n`);
    expect(await all(readEvents([name], ['"c"', '"a"'], { lines: 0, unreadable: 0 }))).toHaveLength(2);
  });

  test.each([
    ['a missing file', () => path.join(directory, 'missing.jsonl'), 'ENOENT'],
    ['a directory', () => directory, 'EISDIR'],
    ['a .gz that is none', () => file('words', '.gz'), 'incorrect header check'],
  ])('%s is an error that says so', async (_, name, message) => {
    await expect(all(linesOf(name()))).rejects.toThrow(message);
  });
});

describe('assemble', () => {
  const request: EventLine = {
    'event.name': 'request',
    timestamp: 1_795_313_592.153,
    'http.server.request.duration': 0.153,
    'upstream.address': '10.0.0.1:80, 10.0.0.2:80 : unix:/run/a',
    'upstream.status': '502, 200 : 200',
    'upstream.duration': '0.010, 0.020 : 0.001',
    'network.protocol.version': 'HTTP/2.0',
  };

  test('gives plain forms of what NGINX wrote', () => {
    expect(assemble('x', [request])).toMatchObject({
      started: '2026-11-22T02:13:12.000Z',
      ended: '2026-11-22T02:13:12.153Z',
      durationSeconds: 0.153,
      upstream: {
        addresses: ['10.0.0.1:80', '10.0.0.2:80', 'unix:/run/a'],
        statuses: ['502', '200', '200'],
        seconds: ['0.010', '0.020', '0.001'],
      },
      protocolVersion: '2.0',
    });
  });

  test('puts request and detection together, in whatever order they came', () => {
    const detection: EventLine = { 'event.name': 'detection', timestamp: 1_795_313_592 };
    const found = assemble('x', [detection, request]);
    expect(found.request).toBe(request);
    expect(found.detections).toEqual([detection]);
    expect(assemble('x', [detection])).toMatchObject({ request: undefined, ended: '2026-11-22T02:13:12.000Z' });
  });

  test('a line without its fields does no harm', () => {
    expect(assemble('x', [{ 'event.name': 'request', timestamp: 'soon' }])).toMatchObject({
      durationSeconds: 0,
      upstream: { addresses: [] },
    });
  });
});
