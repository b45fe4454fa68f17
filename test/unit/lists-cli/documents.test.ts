/**
 * Each `console` block of the documents is carried out, in order, and what the commands print is what the document says.
 * The control API is a fake that knows one listed address; lists.geo is written without NGINX, which has a test of its
 * own (test/nginx/lists-geo.test.ts).
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { commands, runCli } from '../../../tools/src/cli.ts';
import { listCommands } from '../../../tools/src/commands/list-commands.ts';
import { geoFile, readGeoFile } from '../../../tools/src/lists/geo-file.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { fakeControlServer, type FakeControlServer } from '../control/fake-control-server.ts';

vi.mock(import('../../../tools/src/lists/geo-store.ts'), async (original) => ({
  ...(await original()),
  changeGeoEntries: async ({ configPrefix }, _nowMs, change) => {
    const file = path.join(configPrefix, 'wallguard/lists.geo');
    const present = await readFile(file, 'utf8').catch(() => '');
    await writeFile(file, geoFile(change(readGeoFile(present))));
  },
}));

const document = await readFile(new URL('../../../docs/lists.md', import.meta.url), 'utf8');
/** Files that the document shows: a fence whose information is `text file=NAME`. */
const files = [...document.matchAll(/^```\w+ file=(\S+)\n([\s\S]*?)^```$/gm)].map(([, name = '', text = '']) => ({
  name,
  text,
}));
/** Commands of `console` fences, each with what follows it up to the next. */
const examples = [...document.matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((example) => {
      const [command = '', ...output] = example.split('\n');
      return { command, output: output.join('\n') };
    }),
);

let cwd = '';
let fake: FakeControlServer;

beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'wallguard-documents-'));
  await mkdir(path.join(cwd, 'etc/wallguard'), { recursive: true });
  await mkdir(path.join(cwd, '.wallguard'));
  fake = await fakeControlServer(path.join(cwd, 'control.sock'));
  for (const { name, text } of files) await writeFile(path.join(cwd, name), text);
  await writeFile(
    path.join(cwd, '.wallguard/run.json'),
    JSON.stringify({
      files: {
        controlSocket: path.join(cwd, 'control.sock'),
        nginxConf: path.join(cwd, 'etc/nginx.conf'),
        settings: 'wallguard.yaml',
      },
    }),
  );
  const now = Date.now();
  const lines = [
    ['sqli:3141592653589793', 'xss:2718281828459045'],
    ['sqli:1414213562373095'],
    ['ptrav:1732050807568877'],
  ].map((payloads, index) => line(now / 1000 - 30 + 10 * index, index + 1, payloads));
  await writeFile(path.join(cwd, 'wallguard.jsonl'), lines.join(''));
  listByTrigger(now - 10_000);
});

afterAll(async () => {
  await fake.close();
  await rm(cwd, { recursive: true, force: true });
});

/** What the fake knows: an address that the pre-configured trigger listed, and the request that did it. */
function listByTrigger(atMs: number): void {
  const entry = {
    list: 'gray' as const,
    address: '192.0.2.66',
    applications: [],
    expiresMs: atMs + 3_600_000,
    createdMs: atMs,
    reason: '4 different malicious payloads within 3600 s',
    source: 'default',
    author: 'wallguard',
  };
  fake.entries.push(entry);
  fake.explanations.set('192.0.2.66', {
    triggers: [
      { id: 'default', enabled: true, payloads: 0, threshold: 3, windowMs: 3_600_000, missing: 4, firedMs: atMs },
    ],
    hits: ['ptrav', 'sqli', 'xss', 'sqli'].map((type, index) => ({
      atMs: atMs - 1000 * index,
      requestId: String([3, 2, 1, 1][index]).repeat(32),
      trigger: 'default',
      type,
      point: type === 'ptrav' ? 'uri' : 'get,id',
      payloads: 4 - index,
    })),
  });
}

function line(timestamp: number, id: number, payloads: readonly string[]): string {
  return `${JSON.stringify({
    schema: 'wallguard/1',
    'event.name': 'request',
    application: 'shop',
    'http.response.status_code': 200,
    timestamp,
    'http.request.id': String(id).repeat(32),
    'client.address': '192.0.2.66',
    'server.address': 'shop.example',
    'wallguard.block.reason': '',
    'wallguard.list': '',
    'wallguard.payloads': payloads,
  })}\n`;
}

/** Times, the user's name and the width of columns are not the document's. */
function comparable(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/"(expiresMs|createdMs|atMs)":\d{13}/g, '"$1":0')
    .replaceAll('\r', '')
    .replaceAll(/ +/g, ' ')
    .trimEnd();
}

/** Words of a command as a shell splits them; the examples need no more than quotes. */
function words(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? '',
  );
}

describe('docs/lists.md', () => {
  test.each(examples)('$command', async ({ command, output }) => {
    const [name, ...rest] = words(command.replace(/^sudo /, ''));
    expect(name).toBe('wallguard');
    const redirect = rest.indexOf('>');
    const args = redirect === -1 ? rest : rest.slice(0, redirect);
    const adds = ['add', 'remove', 'import'].includes(args[1] ?? '') && args[0] === 'lists';
    const io = fakeIo(cwd);
    const code = await runCli(adds ? [...args, '--author', 'ann'] : args, io, { ...commands, ...listCommands });
    expect({ code, printed: comparable(io.written.err + (redirect === -1 ? io.written.out : '')) }).toEqual({
      code: 0,
      printed: comparable(output),
    });
    if (redirect !== -1) await writeFile(path.join(cwd, rest[redirect + 1] ?? ''), io.written.out);
  });

  test('shows each command', () => {
    const shown = new Set(
      examples.map(({ command }) =>
        words(command.replace(/^sudo /, ''))
          .slice(1, 3)
          .join(' '),
      ),
    );
    const wanted = [
      ...['show', 'add', 'remove', 'import', 'export', 'history'].map((action) => `lists ${action}`),
      ...['show', 'enable', 'disable', 'set', 'reset', 'test'].map((action) => `triggers ${action}`),
      'explain ip',
    ];
    expect(wanted.filter((name) => !shown.has(name))).toEqual([]);
    expect([...shown].some((name) => name.startsWith('mode '))).toBe(true);
    expect([...shown].some((name) => name.startsWith('replay '))).toBe(true);
  });
});
