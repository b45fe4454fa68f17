import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { controlClient, fitsOneRequest } from '../../../tools/src/control/control-client.ts';
import { fakeControlServer, otherServer, type FakeControlServer } from './fake-control-server.ts';

let directory = '';
let socket = '';
let open: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'wallguard-control-'));
  socket = path.join(directory, 'control.sock');
});

afterEach(async () => {
  for (const server of open) await server.close();
  open = [];
  await rm(directory, { recursive: true, force: true });
});

async function fake(): Promise<FakeControlServer> {
  const server = await fakeControlServer(socket);
  open.push(server);
  return server;
}

describe('the client', () => {
  test('reads a list over all of its pages', async () => {
    const server = await fake();
    const addresses = Array.from({ length: 2500 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
    for (const address of addresses) {
      server.entries.push({
        list: 'deny',
        address,
        applications: [],
        expiresMs: 0,
        createdMs: 1,
        reason: '',
        source: 'manual',
        author: 'ann',
      });
    }
    const entries = await controlClient(socket).list('deny');
    expect(new Set(entries.map(({ address }) => address))).toEqual(new Set(addresses));
    expect(entries).toHaveLength(2500);
    expect(server.asked).toHaveLength(3);
  });

  test('adds, asks and removes, and an address that is not listed is no error', async () => {
    await fake();
    const client = controlClient(socket);
    const [added] = await client.add('gray', [{ address: '2001:db8::1', periodMs: 0, reason: 'scan' }], 'ann');
    expect(added).toMatchObject({ list: 'gray', address: '2001:db8::1', expiresMs: 0, author: 'ann', reason: 'scan' });
    expect((await client.explain('2001:db8::1')).listed).toEqual(added);
    expect(await client.remove('gray', '2001:db8::1', { author: 'bob' })).toBe(true);
    expect(await client.remove('gray', '2001:db8::1', { author: 'bob' })).toBe(false);
    expect((await client.history(10)).map(({ operation, author }) => [operation, author])).toEqual([
      ['remove', 'bob'],
      ['add', 'ann'],
    ]);
  });

  test('knows how much one request holds', () => {
    const entry = { address: '192.0.2.1', reason: 'x'.repeat(500) };
    expect(
      fitsOneRequest(
        Array.from({ length: 1000 }, () => entry),
        'ann',
      ),
    ).toBe(true);
    expect(
      fitsOneRequest(
        Array.from({ length: 1001 }, () => entry),
        'ann',
      ),
    ).toBe(false);
    const wide = { address: '192.0.2.1', reason: '漢'.repeat(500) };
    expect(
      fitsOneRequest(
        Array.from({ length: 1000 }, () => wide),
        'ann',
      ),
    ).toBe(false);
  });
});

describe('what goes wrong is said with what to do', () => {
  test.each([
    ['there is no socket', async () => {}, /^there is no control socket .*control\.sock: NGINX does not run/],
    ['it is a file', async () => await writeFile(socket, ''), /^nobody listens on .*control\.sock/],
    [
      'NGINX ended and left its socket',
      async () => {
        // A socket whose owner was killed: closing would remove it.
        const { execFileSync } = await import('node:child_process');
        execFileSync(
          process.execPath,
          [
            '-e',
            `require('net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`,
          ],
          { stdio: 'ignore' },
        );
      },
      /^nobody listens on .*control\.sock/,
    ],
  ])('%s', async (_name, prepare, message) => {
    await Promise.resolve(prepare()).catch(() => {});
    await expect(controlClient(socket).triggers()).rejects.toMatchObject({
      name: 'UserError',
      exitCode: 3,
      message: expect.stringMatching(message),
    });
  });

  test.skipIf(process.getuid?.() === 0)('the socket is for others (not as root, who may everything)', async () => {
    await fake();
    await chmod(socket, 0);
    await expect(controlClient(socket).triggers()).rejects.toMatchObject({
      message: expect.stringMatching(/permission denied; become a member of its group \(wallguard\)/),
    });
  });

  test.each([
    ['another program answers with a page', { status: 200, body: '<html>hello</html>' }],
    ['another program answers with JSON', { status: 404, body: '{"detail":"no"}' }],
    ['another program answers with a list', { status: 200, body: '[1,2]' }],
  ])('%s', async (_name, answer) => {
    open.push(await otherServer(socket, answer));
    await expect(controlClient(socket).triggers()).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(
        /control\.sock: this is not wallguard's control API: "GET \/v1\/triggers" was answered with status \d+/,
      ),
    });
  });

  test('no answer comes', async () => {
    open.push(await otherServer(socket, 'silence'));
    await expect(controlClient(socket, 200).triggers()).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/gave no answer in 0\.2 s/),
    });
  });

  test('the API refuses', async () => {
    const server = await fake();
    server.full = true;
    await expect(controlClient(socket).add('deny', [{ address: '192.0.2.1' }], 'ann')).rejects.toMatchObject({
      name: 'ControlRefusal',
      exitCode: 1,
      status: 507,
      word: 'zone_full',
      message: 'the zone of the lists is full; enlarge lists.zone',
    });
  });

  test('a refusal cannot write to the terminal', async () => {
    open.push(
      await otherServer(socket, { status: 400, body: JSON.stringify({ error: 'x', message: '\u001b[2Jbad\u202e' }) }),
    );
    await expect(controlClient(socket).triggers()).rejects.toMatchObject({ message: '\\u{1b}[2Jbad\\u{202e}' });
  });
});
