/** `wallguard find` as a command. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commands, runCli } from '../../../tools/src/cli.ts';
import { fakeIo } from '../cli/fake-io.ts';

const blocked = 'a79199bcea606040cc79f913325401fb';
const clean = '0123456789abcdef0123456789abcdef';
const old = 'ffffffffffffffffffffffffffffffff';
const hostile = '11111111111111111111111111111111';

const request = (id: string, changes: Record<string, unknown> = {}): string =>
  JSON.stringify({
    schema: 'wallguard/1',
    'event.name': 'request',
    application: 'shop',
    'wallguard.action': 'allowed',
    'wallguard.block.reason': '',
    'wallguard.attack.types': [],
    'http.response.status_code': 200,
    'http.server.request.duration': 0.153,
    'http.response.size': 1234,
    timestamp: 1_795_313_592.153,
    'http.request.id': id,
    'client.address': '192.0.2.7',
    'network.peer.address': '10.0.0.1',
    'network.protocol.version': 'HTTP/1.1',
    'server.address': 'shop.example.com',
    'url.scheme': 'https',
    'url.path': '/basket',
    'url.query': 'id=1',
    'http.request.method': 'GET',
    'user_agent.original': 'curl/8',
    'upstream.address': '10.0.0.2:80',
    'upstream.status': '200',
    'upstream.duration': '0.100',
    'wallguard.engine': 'modsecurity',
    'wallguard.mode': 'block',
    ...changes,
  });

const detection = JSON.stringify({
  schema: 'wallguard/1',
  'event.name': 'detection',
  timestamp: 1_795_313_592,
  'http.request.id': blocked,
  'client.address': '192.0.2.7',
  'wallguard.action': 'blocked',
  'wallguard.attack.types': ['sqli', 'xss'],
  'wallguard.attack.points': ['ARGS:id'],
  'security_rule.uuid': ['942100', '941100'],
  'security_rule.name': ['SQL Injection', 'XSS'],
});

let directory = '';
let file = '';

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'wallguard-find-'));
  file = path.join(directory, 'wallguard.jsonl');
  writeFileSync(
    file,
    [
      request(clean),
      'words of another service',
      request(blocked, {
        'wallguard.action': 'blocked',
        'wallguard.block.reason': 'attack',
        'http.response.status_code': 403,
      }),
      detection,
      request(hostile, { 'user_agent.original': '\u001b[2Jx\u202e', 'url.path': '/\u0007' }),
      '',
    ].join('\n'),
  );
  writeFileSync(`${file}.2.gz`, gzipSync(`${request(old)}\n`));
  writeFileSync(path.join(directory, 'page.html'), `<p>Request ID: <b>${blocked}</b></p>`);
  writeFileSync(path.join(directory, 'wallguard.yaml'), `telemetry:\n  sinks:\n    - file: ${file}\n`);
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function find(
  args: readonly string[],
  input = '',
  cwd = directory,
): Promise<{ code: number; out: string; err: string }> {
  const io = { ...fakeIo(cwd), readInput: () => Promise.resolve(Buffer.from(input)) };
  const code = await runCli(['find', ...args], io, commands);
  return { code, ...io.written };
}

describe('wallguard find', () => {
  test('says who, what, when, what blocked it, why, and where to look next', async () => {
    const { code, out } = await find([blocked]);
    expect(code).toBe(0);
    for (const words of [
      blocked,
      '2026-11-22T02:13:12.000Z',
      '192.0.2.7 by way of 10.0.0.1, curl/8',
      'GET https://shop.example.com/basket?id=1 HTTP/1.1',
      '403',
      'blocked: the engine found an attack',
      'sqli, xss',
      'ARGS:id',
      '942100 SQL Injection',
      'modsecurity, mode block, application shop',
      `attacks incidents request_id:${blocked}`,
      `incidents request_id:${blocked}`,
    ]) {
      expect(out).toContain(words);
    }
  });

  test.each<[string, readonly string[], string]>([
    ['the id as UUID', ['a79199bc-ea60-6040-cc79-f913325401fb'], ''],
    ['words around it', ['my', 'Request', 'ID:', blocked], ''],
    ['a file with the page', ['page.html'], ''],
    ['standard input', [], `X-Request-ID: ${blocked}\r\n`],
    ['standard input by name', ['-'], `UUID ${blocked}`],
  ])('takes %s', async (_, args, input) => {
    const { code, out } = await find([...args, '--format', 'json'], input);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject([
      { id: blocked, request: { 'http.response.status_code': 403 }, detections: [{}] },
    ]);
  });

  test('looks into rotated files', async () => {
    expect((await find([old])).code).toBe(0);
  });

  test('tells how many lines could not be read', async () => {
    expect((await find([clean])).err).toContain('1 of 6 lines are no telemetry');
  });

  test('does not let a value reach the terminal as it is', async () => {
    const { out } = await find([hostile]);
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
    expect(out).toContain('\\u{1b}[2Jx\\u{202e}');
  });

  test('an id that is not there: exit code 1 and where it was looked for', async () => {
    const { code, out, err } = await find(['0'.repeat(32)]);
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toContain(file);
  });

  test('prefers the running demo, unless settings are named', async () => {
    const demo = path.join(directory, 'demo');
    mkdirSync(path.join(demo, '.wallguard'), { recursive: true });
    writeFileSync(path.join(demo, 'demo.jsonl'), `${request('d'.repeat(32))}\n`);
    writeFileSync(
      path.join(demo, '.wallguard/run.json'),
      JSON.stringify({ files: { telemetry: path.join(demo, 'demo.jsonl') } }),
    );
    expect((await find(['d'.repeat(32)], '', demo)).code).toBe(0);
    expect((await find(['d'.repeat(32), '--settings', path.join(directory, 'wallguard.yaml')], '', demo)).code).toBe(1);
  });

  test.each<[string, readonly string[], number]>([
    ['no id in what was given', ['nothing here'], 2],
    ['an unknown format', [blocked, '--format', 'xml'], 2],
    ['an unknown option', [blocked, '--colour'], 2],
    ['a telemetry file that is missing', [blocked, '--telemetry', 'missing.jsonl'], 3],
    ['settings that are missing', [blocked, '--settings', 'missing.yaml'], 3],
  ])('%s is told', async (_, args, expected) => {
    const { code, err } = await find(args);
    expect(code).toBe(expected);
    expect(err).not.toBe('');
  });
});
