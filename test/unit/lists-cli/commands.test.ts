import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ListEntry } from '../../../schema/lists.ts';
import { commands, runCli } from '../../../tools/src/cli.ts';
import { listCommands } from '../../../tools/src/commands/list-commands.ts';
import { geoFile } from '../../../tools/src/lists/geo-file.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { fakeControlServer, type FakeControlServer } from '../control/fake-control-server.ts';

const hour = 3_600_000;

let cwd = '';
let socket = '';
let fake: FakeControlServer;

beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'wallguard-lists-'));
  socket = path.join(cwd, 'control.sock');
  fake = await fakeControlServer(socket);
  await mkdir(path.join(cwd, 'etc/wallguard'), { recursive: true });
});

afterEach(async () => {
  await fake.close();
  await rm(cwd, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(args: readonly string[], input = ''): Promise<Ran> {
  const io = { ...fakeIo(cwd), readInput: async () => await Promise.resolve(Buffer.from(input)) };
  const code = await runCli(args, io, { ...commands, ...listCommands });
  return { code, ...io.written };
}

function wallguard(command: string, ...args: string[]): Promise<Ran> {
  const withPrefix = ['lists', 'explain'].includes(command) ? ['--prefix', 'etc'] : [];
  return run([command, ...args, '--socket', socket, ...withPrefix]);
}

function entry(changes: Partial<ListEntry> & { address: string }): ListEntry {
  return {
    list: 'deny',
    applications: [],
    expiresMs: 0,
    createdMs: Date.parse('2026-01-31T12:00:00Z'),
    reason: '',
    source: 'manual',
    author: 'ann',
    ...changes,
  };
}

async function writeGeo(...entries: ListEntry[]): Promise<void> {
  await writeFile(path.join(cwd, 'etc/wallguard/lists.geo'), geoFile(entries));
}

describe('wallguard lists', () => {
  test('add: defaults, normal form, and who did it', async () => {
    const before = Date.now();
    const { code, out, err } = await wallguard('lists', 'add', 'deny', '2001:DB8:0::1', '192.0.2.1');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^added to deny: 2 entries, until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z\n$/);
    expect(fake.entries.map(({ address }) => address)).toEqual(['2001:db8::1', '192.0.2.1']);
    const [added] = fake.entries;
    expect(added).toMatchObject({ list: 'deny', source: 'manual', applications: [], reason: '' });
    expect(added?.author).toBe(process.env['SUDO_USER'] ?? userInfo().username);
    expect(added?.expiresMs).toBeGreaterThanOrEqual(before + hour);
    expect(added?.expiresMs).toBeLessThan(before + hour + 5000);
    expect(fake.asked).toHaveLength(1);
  });

  test('add: everything said', async () => {
    const args = [
      '--period',
      'forever',
      '--reason',
      'scan',
      '--author',
      'ann',
      '--application',
      '7',
      '--application=-1',
    ];
    const { out } = await wallguard('lists', 'add', 'gray', '192.0.2.1', ...args);
    expect(out).toBe('added to gray: 1 entry, for ever\n');
    expect(fake.entries[0]).toMatchObject({
      list: 'gray',
      expiresMs: 0,
      reason: 'scan',
      author: 'ann',
      applications: [7, -1],
    });
  });

  test.each([
    [['add', 'deny', '192.0.2.1', '--period', '4m'], 2, /^--period 4m: the shortest time on a list is 5 minutes/],
    [['add', 'deny', '192.0.2.1', '--period', 'soon'], 2, /^--period "soon": a duration such as/],
    [['add', 'deny', '192.0.2.1', '--application', 'shop'], 2, /--application "shop": the number of an application/],
    [
      ['add', 'deny', '10.0.0.0/8'],
      1,
      /^10\.0\.0\.0\/8: address: the largest network on a list is \/12\nnothing was added\n$/,
    ],
    [['add', 'deny', '192.0.2.1', '--reason', 'a\u001b[2J'], 1, /^192\.0\.2\.1: reason: no control characters\n/],
    [['add', 'deny', 'example.com'], 2, /"example\.com" is neither an IP address nor a network/],
    [['add', 'deny'], 2, /ADDRESS… is missing/],
    [['add', 'black', '192.0.2.1'], 2, /there is no list "black": allow, deny, gray/],
    [['ad', 'deny', '192.0.2.1'], 2, /there is no "lists ad": .*; did you mean "add"\?/],
    [['show', 'deny', '--format', 'xml'], 2, /there is no format "xml"; formats: human, json, csv/],
    [['history', '--limit', '0'], 2, /--limit "0": a number from 1 to 1000/],
  ])('%j is refused, and nothing is added', async (args, code, message) => {
    const ran = await wallguard('lists', ...args);
    expect(ran).toMatchObject({ code, out: '', err: expect.stringMatching(message) });
    expect(fake.entries).toEqual([]);
  });

  test('add: a refusal of the API is the message', async () => {
    fake.full = true;
    expect(await wallguard('lists', 'add', 'deny', '192.0.2.1')).toEqual({
      code: 1,
      out: '',
      err: 'the zone of the lists is full; enlarge lists.zone\n',
    });
  });

  test('show: both places as one list, in three formats, hostile texts as escapes', async () => {
    fake.entries.push(entry({ address: '192.0.2.9', reason: '\u001b[2Jx\u202ey', expiresMs: Date.now() + hour }));
    fake.entries.push(entry({ address: '192.0.2.8', list: 'gray' }));
    await writeGeo(entry({ address: '10.16.0.0/12', source: 'settings', author: 'wallguard', createdMs: 0 }));
    const human = await wallguard('lists', 'show', 'deny');
    expect(human.out.split('\n').map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
      ['list', 'address'],
      ['deny', '10.16.0.0/12'],
      ['deny', '192.0.2.9'],
      [''],
    ]);
    expect(human.out).toContain('\\u{1b}[2Jx\\u{202e}y');
    const json = await wallguard('lists', 'show', 'deny', '--format', 'json');
    expect(json.out).toMatch(/^\[\n\{[^\n]*\},\n\{[^\n]*\}\n\]\n$/);
    expect(json.out).toMatch(/^[\x20-\x7e\n]*$/);
    expect((JSON.parse(json.out) as ListEntry[]).map(({ address }) => address)).toEqual(['10.16.0.0/12', '192.0.2.9']);
    const csv = await wallguard('lists', 'show', '--format', 'csv');
    expect(csv.out.trim().split('\r\n')).toHaveLength(4);
    expect(csv.out).toMatch(/^[\x20-\x7e\r\n]*$/);
  });

  test('show: an empty list', async () => {
    expect(await wallguard('lists', 'show', 'gray')).toEqual({
      code: 0,
      out: '',
      err: 'nothing is on the list gray\n',
    });
    expect((await wallguard('lists', 'show', 'gray', '--format', 'json')).out).toBe('[]\n');
  });

  test('remove: what is not listed is named, and nothing is removed', async () => {
    fake.entries.push(entry({ address: '192.0.2.1' }));
    await writeGeo(
      entry({ address: '198.51.100.0/24' }),
      entry({ address: '203.0.113.0/24', source: 'settings', author: 'wallguard' }),
    );
    expect(
      await wallguard('lists', 'remove', 'deny', '192.0.2.1', '192.0.2.2', '198.51.100.7', '203.0.113.0/24'),
    ).toEqual({
      code: 1,
      out: '',
      err: [
        '192.0.2.2 is not on the list deny',
        '198.51.100.7 is not on the list deny by itself; 198.51.100.0/24, which contains it, is',
        '203.0.113.0/24: the settings list it; remove it from lists.deny there and run "wallguard install"',
        'nothing was removed',
        '',
      ].join('\n'),
    });
    expect(fake.entries).toHaveLength(1);
    expect(await wallguard('lists', 'remove', 'deny', '192.0.2.1', '--reason', 'mistake', '--author', 'bob')).toEqual({
      code: 0,
      out: 'removed from deny: 192.0.2.1\n',
      err: '',
    });
    expect(fake.entries).toEqual([]);
    expect(fake.changes[0]).toMatchObject({ operation: 'remove', author: 'bob', reason: 'mistake' });
  });

  test('import: the file says how long and why, the command line says it better', async () => {
    await writeFile(
      path.join(cwd, 'bad.csv'),
      'address,reason,period\n192.0.2.1,scanner,2h\n192.0.2.2,,\n192.0.2.1,scanner again,2h\n',
    );
    const { code, out } = await wallguard('lists', 'import', 'deny', 'bad.csv');
    expect({ code, out }).toEqual({ code: 0, out: 'added to deny: 2 entries\n' });
    expect(
      fake.entries.map(({ address, reason, expiresMs, createdMs }) => [
        address,
        reason,
        Math.round((expiresMs - createdMs) / hour),
      ]),
    ).toEqual([
      ['192.0.2.1', 'scanner again', 2],
      ['192.0.2.2', '', 1],
    ]);
    await wallguard('lists', 'import', 'deny', 'bad.csv', '--reason', 'feed', '--period', 'forever');
    expect(fake.entries.map(({ reason, expiresMs }) => [reason, expiresMs])).toEqual([
      ['feed', 0],
      ['feed', 0],
    ]);
  });

  test('import: each bad line with its place, and nothing is added', async () => {
    await writeFile(path.join(cwd, 'bad.txt'), '192.0.2.1\nfoo\n\nbar/8\n');
    expect(await wallguard('lists', 'import', 'deny', 'bad.txt')).toEqual({
      code: 3,
      out: '',
      err:
        'bad.txt:2: "foo" is neither an IP address nor a network such as 192.0.2.0/24\n' +
        'bad.txt:4: "bar/8" is neither an IP address nor a network such as 192.0.2.0/24\n' +
        '2 lines are wrong (read as plain); nothing was added\n',
    });
    expect(fake.asked).toEqual([]);
    expect(await wallguard('lists', 'import', 'deny', 'none.txt')).toMatchObject({
      code: 3,
      err: expect.stringMatching(/^cannot read none\.txt: ENOENT/),
    });
  });

  test('import: standard input, and what has ended is left out', async () => {
    const text = `[{"address":"192.0.2.1","expiresMs":1},{"address":"192.0.2.2","expiresMs":${Date.now() + 60_000}},"192.0.2.3"]`;
    const ran = await run(['lists', 'import', 'deny', '-', '--socket', socket, '--prefix', 'etc'], text);
    expect(ran).toEqual({
      code: 0,
      out: 'added to deny: 1 entry\n',
      err: '2 entries end within 5 minutes or have ended; they were left out\n',
    });
    expect(fake.entries.map(({ address }) => address)).toEqual(['192.0.2.3']);
  });

  test('import: exactly 1000 addresses are one request', async () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `10.0.${index >> 8}.${index & 255}\n`);
    await writeFile(path.join(cwd, 'list.txt'), lines.join(''));
    expect((await wallguard('lists', 'import', 'deny', 'list.txt')).out).toBe('added to deny: 1000 entries\n');
    expect(fake.asked.map((asked) => asked.replace(/\d+$/, 'N'))).toEqual(['POST /v1/lists/deny N']);
    expect(fake.entries).toHaveLength(1000);
  });

  test('networks need a configuration that is installed', async () => {
    expect(await run(['lists', 'add', 'deny', '192.0.2.0/24', '--socket', socket, '--prefix', 'none'])).toMatchObject({
      code: 3,
      out: '',
      err: expect.stringMatching(/none\/wallguard is not there: .*install wallguard first, or name .* --prefix DIR/),
    });
    expect(fake.entries).toEqual([]);
  });

  test('a geo file that somebody edited is not read over', async () => {
    await writeFile(path.join(cwd, 'etc/wallguard/lists.geo'), '192.0.2.0/24 deny;\n');
    expect(await wallguard('lists', 'show', 'deny')).toMatchObject({
      code: 3,
      out: '',
      err: expect.stringMatching(/etc\/wallguard\/lists\.geo:1: not a line that wallguard wrote; remove/),
    });
  });

  test('export: only CSV and JSON can say applications', async () => {
    fake.entries.push(entry({ address: '192.0.2.1' }), entry({ address: '192.0.2.2', applications: [7] }));
    expect(await wallguard('lists', 'export', 'deny', '--format', 'nginx')).toEqual({
      code: 0,
      out: 'deny 192.0.2.1;\n',
      err: '1 entries hold for some applications only, which nginx cannot say; they were left out\n',
    });
    const { out } = await wallguard('lists', 'export', 'deny', '--format', 'csv');
    fake.entries.splice(0);
    await writeFile(path.join(cwd, 'saved.csv'), out);
    await wallguard('lists', 'import', 'deny', 'saved.csv');
    expect(fake.entries.map(({ address, applications, expiresMs }) => [address, applications, expiresMs])).toEqual([
      ['192.0.2.1', [], 0],
      ['192.0.2.2', [7], 0],
    ]);
  });

  test('history: newest first, of the lists that are asked for', async () => {
    await wallguard('lists', 'add', 'deny', '192.0.2.1', '--author', 'ann', '--reason', 'scan');
    await wallguard('lists', 'add', 'gray', '192.0.2.2', '--author', 'ann');
    await wallguard('lists', 'remove', 'deny', '192.0.2.1', '--author', 'bob', '--reason', 'mistake');
    const { out } = await wallguard('lists', 'history', 'deny', '--format', 'json');
    expect(
      (JSON.parse(out) as { operation: string; author: string; reason: string }[]).map(
        ({ operation, author, reason }) => [operation, author, reason],
      ),
    ).toEqual([
      ['remove', 'bob', 'mistake'],
      ['add', 'ann', 'scan'],
    ]);
    const human = await wallguard('lists', 'history', '--limit', '1');
    expect(human.out.split('\n')).toHaveLength(3);
    expect(human.out).toMatch(/remove {2}deny {2}192\.0\.2\.1/);
  });

  test('without NGINX the message says so', async () => {
    await fake.close();
    expect(await wallguard('lists', 'show', 'deny')).toMatchObject({
      code: 3,
      out: '',
      err: expect.stringMatching(/^there is no control socket .*control\.sock: NGINX does not run/),
    });
  });

  test('in a checkout the socket is the one of the run', async () => {
    await fake.close();
    fake = await fakeControlServer(path.join(cwd, 'run.sock'));
    fake.entries.push(entry({ address: '192.0.2.77' }));
    await mkdir(path.join(cwd, '.wallguard'));
    await writeFile(path.join(cwd, 'site.yaml'), 'mode: block\n');
    await writeFile(
      path.join(cwd, '.wallguard/run.json'),
      JSON.stringify({
        files: {
          controlSocket: path.join(cwd, 'run.sock'),
          nginxConf: path.join(cwd, 'etc/nginx.conf'),
          settings: path.join(cwd, 'site.yaml'),
        },
      }),
    );
    await writeGeo(entry({ address: '10.16.0.0/12' }));
    expect((await run(['lists', 'export', 'deny'])).out).toBe('10.16.0.0/12\n192.0.2.77\n');
    expect(JSON.parse((await run(['mode', 'http://a/', '--format', 'json'])).out)).toMatchObject({
      mode: 'block',
      place: `${path.join(cwd, 'site.yaml')}:1:7`,
    });
  });
});

describe('wallguard triggers', () => {
  test('show', async () => {
    expect((await wallguard('triggers', 'show')).out.split('\n')).toEqual([
      'id       enabled  threshold  window  list  period  filters  fired  from',
      'default  yes      3          1h      gray  1h               2      preconfigured',
      '',
    ]);
    const [shown] = JSON.parse((await wallguard('triggers', 'show', '--format', 'json')).out) as [object];
    expect(shown).toMatchObject({ id: 'default', threshold: 3, windowMs: hour, origin: 'preconfigured', fired: 2 });
  });

  test('set, disable, enable, reset', async () => {
    expect(
      (await wallguard('triggers', 'set', 'default', '--threshold', '5', '--window', '30m', '--list', 'deny')).out,
    ).toBe(
      'default: more than 5 different payloads within 30m put a source on the list deny for 1h (changed; "reset" undoes it)\n',
    );
    expect(fake.overlays.get('default')).toEqual({
      threshold: 5,
      windowMs: hour / 2,
      reaction: { list: 'deny', periodMs: hour, escalation: 1, longestPeriodMs: 2_592_000_000 },
    });
    expect((await wallguard('triggers', 'disable', 'default')).out).toMatch(/^default \(disabled\): more than 5 /);
    expect((await wallguard('triggers', 'enable', 'default')).out).toMatch(/^default: more than 5 /);
    expect((await wallguard('triggers', 'reset', 'default')).out).toBe(
      'default: more than 3 different payloads within 1h put a source on the list gray for 1h (preconfigured)\n',
    );
    expect(fake.overlays.size).toBe(0);
  });

  test.each([
    [['set', 'default'], 2, /say what to set/],
    [['set', 'default', '--threshold', '101'], 2, /--threshold "101": a number from 1 to 100/],
    [['set', 'default', '--window', 'forever'], 2, /--window "forever": a duration/],
    [['set', 'default', '--list', 'allow'], 2, /--list "allow": deny, gray, observe/],
    [
      ['set', 'defalt', '--threshold', '2'],
      2,
      /there is no trigger "defalt"; there is: default; did you mean "default"\?/,
    ],
    [['enable', 'other'], 1, /^there is no trigger other; there is: default/],
    [['enable'], 2, /ID is missing/],
    [['reset', 'default'], 1, /default is as the settings have it/],
  ])('%j is refused', async (args, code, message) => {
    expect(await wallguard('triggers', ...args)).toMatchObject({ code, out: '', err: expect.stringMatching(message) });
    expect(fake.overlays.size).toBe(0);
  });

  test('test: what was recorded within the last window, through the trigger as it is now', async () => {
    const at = Date.now() / 1000;
    const lines = [at - 4000, at - 30, at - 20, at - 10].map((timestamp, index) =>
      requestLine({ timestamp, id: index, payloads: [`sqli:${index + 1}`] }),
    );
    await writeFile(path.join(cwd, 'log.jsonl'), lines.join('\n'));
    const nobody = await wallguard('triggers', 'test', 'default', '--file', 'log.jsonl');
    expect(nobody.out).toMatch(/^nobody would have been listed; 3 malicious requests in 4 lines/);
    expect(nobody.out).toContain('near: 192.0.2.1 with 3 different payloads');
    const fired = await wallguard('triggers', 'test', 'default', '--file', 'log.jsonl', '--threshold', '2');
    expect(fired.out).toMatch(/192\.0\.2\.1 would have been on the list gray until/);
  });
});

describe('wallguard explain ip', () => {
  test('tells the story', async () => {
    const createdMs = Date.parse('2026-01-31T12:00:00Z');
    fake.explanations.set('192.0.2.7', {
      listed: entry({
        address: '192.0.2.7',
        list: 'gray',
        createdMs,
        expiresMs: createdMs + hour,
        source: 'default',
        author: 'wallguard',
        reason: '4 different malicious payloads within 3600 s',
      }),
      triggers: [
        { id: 'default', enabled: true, payloads: 0, threshold: 3, windowMs: hour, missing: 4, firedMs: createdMs },
        { id: 'sql', enabled: false, payloads: 2, threshold: 5, windowMs: hour, missing: 4, firedMs: 0 },
      ],
      hits: [
        {
          atMs: createdMs,
          requestId: 'ab'.repeat(16),
          trigger: 'default',
          type: 'ptrav',
          point: 'uri\u001b[1m',
          payloads: 4,
        },
      ],
    });
    expect((await wallguard('explain', 'ip', '192.0.2.7')).out).toBe(
      [
        '192.0.2.7',
        '  is on the list gray (192.0.2.7) since 2026-01-31T12:00:00Z until 2026-01-31T13:00:00Z by wallguard, trigger default: 4 different malicious payloads within 3600 s',
        '  in safe_blocking its malicious requests are blocked; other modes pass over this list',
        '  trigger default: 0 of 4 different payloads within 1h; fired 2026-01-31T12:00:00Z',
        '  trigger sql (disabled): 2 of 6 different payloads within 1h, 4 missing',
        '  last malicious requests:',
        `    2026-01-31T12:00:00Z  ptrav      uri\\u{1b}[1m         payload 4 for default, request ${'ab'.repeat(16)}`,
        '',
      ].join('\n'),
    );
    const json = JSON.parse((await wallguard('explain', 'ip', '192.0.2.7', '--format', 'json')).out) as object;
    expect(json).toMatchObject({ address: '192.0.2.7', listed: { list: 'gray' }, others: [] });
    const rows = (await wallguard('explain', 'ip', '192.0.2.7', '--format', 'csv')).out.trim().split('\r\n');
    expect(rows.map((row) => row.split(',')[0])).toEqual(['about', 'listed', 'trigger', 'trigger', 'hit']);
  });

  test('a network that covers the address counts, in the order of the lists', async () => {
    fake.entries.push(entry({ address: '192.0.2.7', list: 'gray' }));
    await writeGeo(
      entry({ address: '192.0.2.0/24', reason: 'feed' }),
      entry({ address: '192.0.0.0/16', list: 'allow', source: 'settings', author: 'wallguard', createdMs: 0 }),
      entry({ address: '198.51.100.0/24' }),
    );
    const { out } = await wallguard('explain', 'ip', '192.0.2.7');
    expect(out.split('\n').slice(0, 5)).toEqual([
      '192.0.2.7',
      '  is on the list allow (192.0.0.0/16) for ever by wallguard in the settings',
      '  nothing of it is blocked or counted',
      '  is also on the list gray (192.0.2.7) since 2026-01-31T12:00:00Z for ever by ann',
      '  is also on the list deny (192.0.2.0/24) since 2026-01-31T12:00:00Z for ever by ann: feed',
    ]);
  });

  test('an address that is on no list', async () => {
    expect((await wallguard('explain', 'ip', '::1')).out).toBe(
      '::1\n  is on no list\n  no malicious requests are remembered\n',
    );
    expect((await wallguard('explain', 'ip', '192.0.2.0/24')).err).toMatch(/"192\.0\.2\.0\/24" is not an IP address/);
    expect((await wallguard('explain', '192.0.2.1')).err).toMatch(/say "explain ip ADDRESS"/);
  });
});

interface LineFields {
  readonly timestamp: number;
  readonly id: number;
  readonly payloads?: readonly string[];
  readonly address?: string;
  readonly detection?: boolean;
  readonly more?: Readonly<Record<string, unknown>>;
}

function requestLine({
  timestamp,
  id,
  payloads,
  address = '192.0.2.1',
  detection = false,
  more = {},
}: LineFields): string {
  return JSON.stringify({
    schema: 'wallguard/1',
    'event.name': detection ? 'detection' : 'request',
    application: 'default',
    ...(detection
      ? {}
      : {
          'http.response.status_code': 200,
          'server.address': 'shop.example',
          'wallguard.block.reason': '',
          'wallguard.list': '',
        }),
    timestamp,
    'http.request.id': id.toString(16).padStart(32, '0'),
    'client.address': address,
    ...(payloads === undefined ? {} : { 'wallguard.payloads': payloads }),
    ...more,
  });
}

describe('wallguard replay', () => {
  const start = Date.parse('2026-01-31T12:00:00Z') / 1000;

  async function recorded(name: string, lines: readonly string[]): Promise<string> {
    const text = lines.map((line) => `${line}\n`).join('');
    await writeFile(path.join(cwd, name), name.endsWith('.gz') ? gzipSync(text) : text);
    return name;
  }

  test('three requests with four payloads fire at the third, whatever the order of the files', async () => {
    const newer = await recorded('log.jsonl', [
      requestLine({ timestamp: start + 10, id: 2, payloads: ['sqli:22'] }),
      requestLine({ timestamp: start + 15, id: 9 }),
      requestLine({ timestamp: start + 20, id: 3, payloads: ['ptrav:33'] }),
    ]);
    const older = await recorded('log.jsonl.1.gz', [
      requestLine({ timestamp: start, id: 1, payloads: ['sqli:11', 'xss:12'] }),
      requestLine({ timestamp: start + 10, id: 2, payloads: ['sqli:22'] }),
    ]);
    const { code, out, err } = await run(['replay', newer, older]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(
      [
        '2026-01-31T12:00:20Z 192.0.2.1 would have been on the list gray until 2026-01-31T13:00:20Z (trigger default)',
        '  4 different malicious payloads within 3600 s:',
        `  2026-01-31T12:00:00Z  sqli          request ${'1'.padStart(32, '0')}`,
        `  2026-01-31T12:00:00Z  xss           request ${'1'.padStart(32, '0')}`,
        `  2026-01-31T12:00:10Z  sqli          request ${'2'.padStart(32, '0')}`,
        `  2026-01-31T12:00:20Z  ptrav         request ${'3'.padStart(32, '0')}`,
        '',
        '1 source would have been listed; 3 malicious requests in 5 lines, 2026-01-31T12:00:00Z to 2026-01-31T12:00:20Z',
        '  default: more than 3 different payloads within 1h put a source on the list gray for 1h',
        '',
      ].join('\n'),
    );
    expect((await run(['replay', newer, older, '--threshold', '4'])).out).toMatch(/^nobody would have been listed/);
    expect((await run(['replay', newer, older, '--window', '15s'])).out).toMatch(/^nobody would have been listed/);
    const [firing] = JSON.parse((await run(['replay', newer, older, '--format', 'json', '--threshold', '2'])).out) as [
      object,
    ];
    expect(firing).toMatchObject({ time: '2026-01-31T12:00:10Z', source: '192.0.2.1', reaction: 'gray', payloads: 3 });
    expect((await run(['replay', newer, older, '--format', 'csv'])).out).toBe(
      `time,trigger,source,reaction,until,payloads,request\r\n2026-01-31T12:00:20Z,default,192.0.2.1,gray,2026-01-31T13:00:20Z,4,${'3'.padStart(32, '0')}\r\n`,
    );
  });

  test('a payload seen again is one payload, and a listed source does not fire again', async () => {
    const lines = Array.from({ length: 40 }, (_, id) =>
      requestLine({ timestamp: start + id, id, payloads: [`sqli:${1 + (id % 3)}`] }),
    );
    expect((await run(['replay', await recorded('same.jsonl', lines)])).out).toMatch(/^nobody would have been listed/);
    const many = Array.from({ length: 40 }, (_, id) =>
      requestLine({ timestamp: start + id, id, payloads: [`sqli:${id + 1}`] }),
    );
    const { out } = await run(['replay', await recorded('many.jsonl', many), '--format', 'json']);
    expect(JSON.parse(out)).toHaveLength(1);
  });

  test('detections take host, status and list from their request', async () => {
    await writeFile(path.join(cwd, 'wallguard.yaml'), 'mode: monitoring\n');
    const both = (id: number, payload: string, more: Readonly<Record<string, unknown>> = {}): string[] => [
      requestLine({ timestamp: start + id, id, more }),
      requestLine({ timestamp: start + id, id, detection: true, payloads: [payload] }),
    ];
    const plain = await recorded(
      'a.jsonl',
      [1, 2, 3, 4].flatMap((id) => both(id, `sqli:${id}`)),
    );
    expect((await run(['replay', plain])).out).toMatch(/^2026-01-31T12:00:04Z 192\.0\.2\.1 would have been/);
    const refused = await recorded(
      'b.jsonl',
      [1, 2, 3, 4].flatMap((id) => both(id, `sqli:${id}`, { 'wallguard.block.reason': 'denylist' })),
    );
    expect((await run(['replay', refused])).out).toMatch(/^nobody would have been listed; 4 malicious requests/);
    const allowed = await recorded(
      'c.jsonl',
      [1, 2, 3, 4].flatMap((id) => both(id, `sqli:${id}`, { 'wallguard.list': 'allow' })),
    );
    expect((await run(['replay', allowed])).out).toMatch(/^nobody would have been listed; 4 malicious requests/);
  });

  test('what makes the answer less than it seems is said', async () => {
    const name = await recorded('log.jsonl', [
      'torn {"schema":"wallguard/1","wall',
      requestLine({
        timestamp: start,
        id: 1,
        detection: true,
        payloads: ['sqli:1', 'bad', 'sqli:0', 'sqli:99999999999999999999'],
      }),
      requestLine({ timestamp: start, id: 2, payloads: ['sqli:2'], more: { application: 'gone\u001b[2J' } }),
    ]);
    const { out, err } = await run(['replay', name]);
    expect(err).toBe(
      [
        'note: 1 of 3 lines are no telemetry; they were passed over',
        'note: 1 detections lack their request line: their host and status are not known',
        'note: the settings have no application gone\\u{1b}[2J: counted as the default one',
        '',
      ].join('\n'),
    );
    expect(out).toMatch(/near: 192\.0\.2\.1 with 2 different payloads \(default\)/);
    const empty = await recorded('empty.jsonl', [requestLine({ timestamp: start, id: 1 })]);
    expect((await run(['replay', empty])).err).toMatch(/^note: no line names payloads: /);
  });

  test('IPv6 sources are networks, and hashed addresses are sources', async () => {
    const v6 = await recorded(
      'v6.jsonl',
      [1, 2, 3, 4].map((id) =>
        requestLine({ timestamp: start + id, id, payloads: [`sqli:${id}`], address: `2001:db8::${id}` }),
      ),
    );
    expect((await run(['replay', v6])).out).toMatch(/2001:db8::\/64 would have been on the list gray/);
    const hashed = await recorded(
      'hash.jsonl',
      [1, 2, 3, 4].map((id) =>
        requestLine({ timestamp: start + id, id, payloads: [`sqli:${id}`], address: '0123456789abcdef' }),
      ),
    );
    expect((await run(['replay', hashed])).out).toMatch(/0123456789abcdef would have been on the list gray/);
  });

  test.each([
    [['replay'], 2, /FILE is missing/],
    [['replay', 'none.jsonl'], 3, /^cannot read .*none\.jsonl: ENOENT/],
    [['replay', 'x', '--trigger', 'other'], 2, /there is no trigger "other"; there is: default/],
    [['replay', 'x', '--threshold', '0'], 2, /--threshold "0": a number from 1 to 100/],
  ])('%j is refused', async (args, code, message) => {
    expect(await run(args)).toMatchObject({ code, out: '', err: expect.stringMatching(message) });
  });

  test('a damaged .gz is told', async () => {
    await writeFile(path.join(cwd, 'bad.gz'), 'no gzip');
    expect(await run(['replay', 'bad.gz'])).toMatchObject({
      code: 3,
      err: expect.stringMatching(/^cannot read .*bad\.gz: /),
    });
  });
});

describe('wallguard mode', () => {
  const settings = `engine: wallarm
mode: monitoring
applications:
  - id: 7
    name: shop
    hosts: ['shop.example', '*.shop.example']
    paths: [/pay]
    mode: block
  - id: 8
    name: api
    paths: [/api/]
`;

  async function mode(url: string): Promise<Record<string, unknown>> {
    const { code, out, err } = await run(['mode', url, '--format', 'json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return JSON.parse(out) as Record<string, unknown>;
  }

  test.each([
    ['https://shop.example/pay', 'block', 'shop', 'applications[0].mode', 'wallguard.yaml:8:11'],
    [
      'HTTPS://SHOP.Example.:8443//x/..//%70ay/now?id=/1#f',
      'block',
      'shop',
      'applications[0].mode',
      'wallguard.yaml:8:11',
    ],
    ['www.shop.example/pay/', 'block', 'shop', 'applications[0].mode', 'wallguard.yaml:8:11'],
    ['https://shop.example/payment', 'monitoring', 'default', 'mode', 'wallguard.yaml:2:7'],
    ['https://other.example/pay', 'monitoring', 'default', 'mode', 'wallguard.yaml:2:7'],
    ['https://other.example/a/%2e%2e%2Fapi/x', 'monitoring', 'api', 'mode', 'wallguard.yaml:2:7'],
  ])('%s is %s', async (url, expected, application, setting, place) => {
    await writeFile(path.join(cwd, 'wallguard.yaml'), settings);
    const answer = await mode(url);
    expect(answer).toMatchObject({ mode: expected, application, setting, place });
    expect(answer['maps']).toMatchObject([
      { variable: '$wallguard_application', value: application },
      { variable: '$wallguard_mode', value: expected },
    ]);
  });

  test('for people, with what the Console may change', async () => {
    await writeFile(path.join(cwd, 'wallguard.yaml'), settings);
    const { out } = await run(['mode', 'https://shop.example/pay']);
    expect(out).toMatch(
      /^block {2}https:\/\/shop\.example\/pay\n {2}attacks are blocked; the denylist blocks everything\n {2}from +applications\[0\]\.mode \(wallguard\.yaml:8:11\)\n {2}application +shop \(7\)\n/,
    );
    expect(out).toMatch(/map +\$host\$uri = "shop\.example\/pay" is ~\^\(\?:shop\\\.example/);
    expect(out).toMatch(/note +the Console may set another mode: .*wallarm_mode_allow_override on/);
  });

  test('without settings the default', async () => {
    expect(await mode('http://a/')).toMatchObject({
      mode: 'monitoring',
      setting: 'mode',
      place: 'defaults',
      applicationId: -1,
    });
    expect((await run(['mode', 'http://a/', '--format', 'csv'])).out).toBe(
      'url,mode,application,application_id,setting,place\r\nhttp://a/,monitoring,default,-1,mode,defaults\r\n',
    );
  });

  test.each([
    ['', /the host is not one/],
    ['/pay', /the host is not one/],
    ['http://a/%zz', /"%" in the path is not followed by two digits/],
    ['http://a/../x', /the path leads above its root/],
    ['http://a/%00', /the path holds a zero byte/],
  ])('%j is refused as NGINX would', async (url, message) => {
    expect(await run(['mode', url])).toMatchObject({ code: 2, out: '', err: expect.stringMatching(message) });
  });
});
