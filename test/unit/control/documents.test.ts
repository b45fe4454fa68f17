/**
 * `docs/control-api.md` against the fake of the API: each request that it shows gets an answer of the shape that it
 * shows. The fake keeps to `schema/control.ts`, so the document does.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fakeControlServer, type FakeControlServer } from './fake-control-server.ts';

const document = await readFile(new URL('../../../docs/control-api.md', import.meta.url), 'utf8');
const examples = [...document.matchAll(/^```http\n(\S+) (\S+)\n([\s\S]*?)```\n+```json\n([\s\S]*?)```$/gm)].map(
  ([, method = '', target = '', body = '', answer = '']) => ({ method, target, body: body.trim(), answer }),
);

let directory = '';
let fake: FakeControlServer;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'wallguard-control-'));
  fake = await fakeControlServer(path.join(directory, 'control.sock'));
});

afterAll(async () => {
  await fake.close();
  await rm(directory, { recursive: true, force: true });
});

function ask(method: string, target: string, body: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath: path.join(directory, 'control.sock'),
        method,
        path: target,
        headers: { 'Content-Length': Buffer.byteLength(body) },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.once('end', () => resolve(JSON.parse(text)));
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}

/** The same but for the times. */
function withoutTimes(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, item: unknown) => (/^(?:atMs|expiresMs|createdMs)$/.test(key) ? typeof item : item)),
  );
}

test('the document has examples', () => {
  expect(examples.length).toBeGreaterThan(6);
});

test.each(examples)('$method $target', async ({ method, target, body, answer }) => {
  expect(withoutTimes(await ask(method, target, body))).toEqual(withoutTimes(JSON.parse(answer)));
});
