/**
 * Whatever a client sends, each line is UTF-8, is JSON and is what the schema says; and where NGINX may write a line
 * itself, njs would have written the same.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSite, freePort, type Site } from '../../scripts/site.ts';
import { allBuilds, eventually, rawRequest, siteDirectory } from './harness.ts';
import { requestLines, seeded, validLines } from './telemetry-lines.ts';

const builds = await allBuilds();
const certificates = selfSigned();

afterAll(() => rmSync(certificates, { recursive: true, force: true }));

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const withHeaders = (...headers: string[]): Buffer =>
  latin1(`GET /h HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`);
const withTarget = (target: string): Buffer =>
  latin1(`GET ${target} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n`);

/** By name, bytes that are sent on a connection of their own. */
const attempts: Record<string, Buffer> = {
  'no HTTP at all': latin1('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
  'words instead of a request line': latin1('hello there\r\n\r\n'),
  'an empty line, then words': latin1('\r\n\r\nxx\r\n\r\n'),
  'HTTP/0.9': latin1('GET /old\r\n'),
  'HTTP/1.0 without Host': latin1('GET /one HTTP/1.0\r\n\r\n'),
  'HTTP/1.1 without Host': latin1('GET / HTTP/1.1\r\n\r\n'),
  'two Host headers': withHeaders('Host: b.example'),
  'an unknown minor version': latin1('GET / HTTP/1.9\r\nHost: a\r\nConnection: close\r\n\r\n'),
  'an unknown major version': latin1('GET / HTTP/3.0\r\nHost: a\r\n\r\n'),
  'a version with leading zeros': latin1('GET / HTTP/1.001\r\nHost: a\r\nConnection: close\r\n\r\n'),
  'a request line that never ends': latin1(`GET /${'a'.repeat(70_000)}`),
  'a path of 7000 bytes': withTarget(`/${'p'.repeat(7000)}`),
  'a query of 7000 bytes': withTarget(`/?q=${'v'.repeat(7000)}`),
  'a query of 3500 pairs': withTarget(`/?${'a&'.repeat(3500)}`),
  'a query of 2000 pairs within the limit': withTarget(`/?${'a&'.repeat(2000)}`),
  'a query of empty pairs': withTarget('/?&&&==&=&;;&'),
  'a header of 8000 bytes': withHeaders(`User-Agent: ${'u'.repeat(8000)}`),
  'headers over the limit': withHeaders(`X: ${'u'.repeat(40_000)}`),
  'a User-Agent of quotes': withHeaders('User-Agent: "\\"\\\\" \\u0000 \'</script>'),
  'a User-Agent of controls': withHeaders('User-Agent: a\x01\x02\x1f\x7f\tb'),
  'a User-Agent of bytes that are no UTF-8': withHeaders('User-Agent: \xff\xfe\xc3\x28\xa0\xa1\xe2\x28\xa1\xf0\x28\x8c\xbc'),
  'a User-Agent cut within a character': withHeaders(`User-Agent: ${'u'.repeat(511)}\xc3`),
  'a User-Agent of 600 characters outside of ASCII': Buffer.concat([
    latin1('GET /h HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nUser-Agent: '),
    Buffer.from('\u{1f525}\u202e'.repeat(300)),
    latin1('\r\n\r\n'),
  ]),
  'surrogates in UTF-8': withHeaders('User-Agent: \xed\xa0\x80\xed\xb0\x80'),
  'an overlong NUL': withHeaders('User-Agent: \xc0\x80'),
  'NUL in a header': withHeaders('User-Agent: a\x00b'),
  'NUL in the path': withTarget('/a\x00b'),
  'an escaped NUL in the path': withTarget('/a%00b'),
  'a path of bytes that are no UTF-8': withTarget('/\xff\xfe?\xc3=\xe9'),
  'a path with quotes and backslashes': withTarget('/"\\",\\"timestamp\\":1?"}={"'),
  'a path that looks like a line': withTarget('/"},{"schema":"wallguard/1","event.name":"request"'),
  'a fragment in the target': withTarget('/a?b=c#d'),
  'an absolute target': withTarget('http://user:pass@other.example/path?x=1'),
  'an absolute target without a path': withTarget('http://other.example'),
  'an asterisk as target': latin1('OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
  'an authority as target': latin1('CONNECT a.example:443 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
  'no target': latin1('GET  HTTP/1.1\r\nHost: a\r\n\r\n'),
  'spaces in the target': withTarget('/a b c'),
  'an unknown method': latin1('PROPFIND-X_Y / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
  'a method of 100 letters': latin1(`${'M'.repeat(100)} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`),
  'a method in lower case': latin1('get / HTTP/1.1\r\nHost: a\r\n\r\n'),
  'a Host with a quotation mark': latin1('GET / HTTP/1.1\r\nHost: a"b\\c\r\nConnection: close\r\n\r\n'),
  'a Host of 3000 bytes': latin1(`GET / HTTP/1.1\r\nHost: ${'h'.repeat(3000)}\r\nConnection: close\r\n\r\n`),
  'a Host of bytes that are no UTF-8': latin1('GET / HTTP/1.1\r\nHost: \xff\xfe.example\r\nConnection: close\r\n\r\n'),
  'a Host with a path in it': latin1('GET / HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n'),
  'a traceparent of zeros': withHeaders(`traceparent: 00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`),
  'a traceparent with more': withHeaders(`traceparent: cc-${'1'.repeat(32)}-${'2'.repeat(16)}-01-what-"else`),
  'two traceparents': withHeaders(
    `traceparent: 00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
    `traceparent: 00-${'3'.repeat(32)}-${'4'.repeat(16)}-01`,
  ),
  'a Referer with a password': withHeaders('Referer: https://user:secret@site.example/p?token=1'),
  'a Referer that is no URL': withHeaders('Referer: "><script>alert(1)</script>'),
  'a Referer of another scheme': withHeaders('Referer: android-app://com.example.app/path'),
  'a Referer with a long host': withHeaders(`Referer: https://${'r'.repeat(3000)}/x`),
  'secrets in the query': withTarget('/?token=SECRET&x=1&ToKeN=SECRET&user[token]=SECRET&%74oken=SECRET&+token=SECRET;auth=SECRET'),
  'an unknown Expect': withHeaders('Expect: nothing'),
  'a body that is shorter than it says': latin1('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nshort'),
  'a chunk that is none': latin1('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
  'both lengths': latin1('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
  'ten requests at once': latin1(`${'GET /many HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(9)}GET /many HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`),
  'a request that never ends': latin1('GET /slow HTTP/1.1\r\nHost: a\r\nX: '),
  'an upgrade to nothing': withHeaders('Connection: Upgrade', 'Upgrade: \xff\x01'),
  'a refused path with hostile parts': withTarget('/wallarm-status?"\\\xff'),
};

describe.each(builds)('$name', (build) => {
  const directory = siteDirectory();
  let site: Site;
  let tlsPort: number;
  const byNjs = path.join(directory, 'log', 'by-njs.jsonl');

  beforeAll(async () => {
    tlsPort = await freePort();
    site = await startSite({
      kit: build.kit,
      jsEngine: build.jsEngine,
      directory,
      workers: 2,
      listenOptions: '',
      serverLines: [
        `listen 127.0.0.1:${tlsPort} ssl;`,
        'http2 on;',
        `ssl_certificate ${certificates}/cert.pem;`,
        `ssl_certificate_key ${certificates}/key.pem;`,
        'client_header_timeout 1s;',
        'client_body_timeout 1s;',
        `access_log ${byNjs} wallguard_js;`,
      ],
      locations: [
        'location / {',
        '    return 200 "clean\\n";',
        '}',
        // An upstream whose name the client chooses.
        'location /proxied {',
        '    proxy_pass http://unix:/tmp/$arg_to.sock;',
        '}',
      ],
    });
  });

  afterAll(async () => {
    await site.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Both logs, once NGINX has written a line for everything that was sent since. */
  const settled = async (since: number, atLeast: number): Promise<void> => {
    await eventually(
      () => {
        const lines = requestLines(site.files.telemetry).length;
        return lines - since >= atLeast && lines === requestLines(byNjs).length ? true : undefined;
      },
      `${atLeast} more lines than ${since}`,
      15_000,
    );
  };

  test('each of many malformed requests leaves a valid line', async () => {
    const before = requestLines(site.files.telemetry).length;
    await Promise.all(Object.values(attempts).map((bytes) => rawRequest(site.ports.app, bytes, 3000)));
    await settled(before, Object.keys(attempts).length + 9);
    const lines = requestLines(site.files.telemetry);
    expect(new Set(lines.map((line) => line['http.request.id'])).size).toBe(lines.length);
    expect(readFileSync(site.files.telemetry, 'utf8')).not.toContain('SECRET');
    expect(lines.map((line) => line['http.response.status_code'])).toEqual(expect.arrayContaining([200, 400, 403, 408, 414, 505]));
    expect(lines.find((line) => line['http.request.method_original'] === 'PROPFIND-X_Y')?.['http.request.method']).toBe('_OTHER');
    expect(lines.filter((line) => line['http.request.header.referer'] === 'https://site.example')).toHaveLength(1);
  });

  test('a client chooses the name of an upstream', async () => {
    const before = requestLines(site.files.telemetry).length;
    for (const to of ['plain', '"\\', '\xff\xfe', '%00', 'x'.repeat(3000)]) {
      await rawRequest(site.ports.app, withTarget(`/proxied?to=${to}`));
    }
    await settled(before, 5);
    expect(requestLines(site.files.telemetry).map((line) => line['upstream.address'])).toContain('unix:/tmp/plain.sock');
  });

  test('HTTP/2: odd paths, methods and headers', async () => {
    const before = requestLines(site.files.telemetry).length;
    const session = connectHttp2(site.urls.app);
    const statuses = await Promise.all([
      ask(session, { ':path': '/h2?a=b' }),
      ask(session, { ':path': '/\xff"\\' }),
      ask(session, { ':path': '/h2', 'user-agent': '\xc3\x28"\\' }),
      ask(session, { ':method': 'BREW', ':path': '/h2' }),
      ask(session, { ':path': '/h2', ':authority': 'a"b\xff' }),
      ask(session, { ':path': `/h2?token=SECRET` }),
    ]);
    session.close();
    expect(statuses).toContain(200);
    await settled(before, 5);
    expect(requestLines(site.files.telemetry).some((line) => line['network.protocol.version'] === 'HTTP/2.0')).toBe(true);
  });

  test('TLS: the name in the handshake', async () => {
    const before = requestLines(site.files.telemetry).length;
    for (const name of ['a.example', 'xn--bcher-kva.example', 'a"b', 'b\\c', '\u00e4.example', 'n'.repeat(250)]) {
      await overTls(tlsPort, name);
    }
    await rawRequest(tlsPort, withTarget('/plain-http-to-tls'));
    await settled(before, 4);
    const named = requestLines(site.files.telemetry).filter((line) => line['tls.client.server_name'] === 'a.example');
    expect(named[0]).toMatchObject({ 'url.scheme': 'https', 'tls.protocol.version': expect.stringMatching(/^TLSv1\.[23]$/) });
  });

  test('njs would have written the same line as NGINX', async () => {
    const before = requestLines(site.files.telemetry).length;
    const random = seeded(7);
    for (let batch = 0; batch < 15; batch += 1) {
      await Promise.all(Array.from({ length: 20 }, () => rawRequest(site.ports.app, randomRequest(random), 2000)));
    }
    await settled(before, 300);
    const noted = new Map(requestLines(byNjs).map((line) => [line['http.request.id'], line]));
    const lines = requestLines(site.files.telemetry);
    for (const line of lines) {
      expect(line).toEqual(noted.get(line['http.request.id']));
    }
    // The order of keys tells who wrote a line; all three kinds must have been met.
    const writers = readFileSync(site.files.telemetry, 'utf8').trimEnd().split('\n').map(writer);
    for (const kind of ['nginx', 'njs', 'nginx, blocked']) {
      expect(writers.filter((name) => name === kind).length, kind).toBeGreaterThan(5);
    }
  });

  test('no handler failed', () => {
    expect(site.errors()).not.toMatch(/js exception|wallguard (?:note|tick|deliver)|pcre|regex/i);
    expect(validLines(site.files.telemetry).length).toBeGreaterThan(300);
  });
});

/** Who wrote a line: njs puts the client's fields together, right after the id. */
function writer(line: string): string {
  const isNative = /"span_id":"[^"]*","client\.address"/.test(line);
  return !isNative ? 'njs' : line.includes('"wallguard.action":"blocked"') ? 'nginx, blocked' : 'nginx';
}

/** A well-formed request; about half of them are plain. */
function randomRequest(random: () => number): Buffer {
  const one = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const text = (alphabet: string, most: number): string =>
    Array.from({ length: Math.floor(random() * most) }, () => one(alphabet.split(''))).join('');
  const letters = 'abcXYZ019-._~!$\'()*,:@/';
  const odd = random() < 0.3 ? '"\\%[];+\xe4\xff' : '';
  const pairs = Array.from({ length: Math.floor(random() * 4) }, () => {
    const key = one(['a', 'q', 'page', 'tokens', 'xtoken', 'token', 'Session', 'sig', 'a.b', 'user[token]', 'pass%77ord', '']);
    return random() < 0.2 ? key : `${key}=${text(letters + odd, 12)}`;
  });
  const referer = one([
    '',
    '',
    'https://a.example/x?y=1',
    'http://a.example:8080',
    'https://u:p@a.example/',
    'https://a.example?q',
    'HTTPS://A.example/',
    'https:/a',
    `https://${text(`${letters}"`, 8)}/`,
  ]);
  const trace = one(['', '', `00-${'a1'.repeat(16)}-${'b2'.repeat(8)}-01`, `00-${'a1'.repeat(16)}-${'b2'.repeat(8)}-01-x`, `01-${'a1'.repeat(16)}-${'b2'.repeat(8)}-01`, `00-${'A1'.repeat(16)}-${'b2'.repeat(8)}-01`]);
  const headers = [
    `Host: ${one(['a.example', 'A.Example:8080', 'b', '[::1]', '127.0.0.1'])}`,
    ...(random() < 0.9 ? [`User-Agent: ${text(`${letters} ${odd}`, one([10, 40, 700]))}`] : []),
    ...(referer === '' ? [] : [`Referer: ${referer}`]),
    ...(trace === '' ? [] : [`traceparent: ${trace}`]),
    'Connection: close',
  ];
  const target = random() < 0.3 ? '/wallarm-status' : `/${text(letters.replace('/', '') + odd.replace(/[;[\]]/g, ''), 20)}`;
  const query = pairs.length === 0 ? one(['', '?']) : `?${pairs.join(one(['&', '&', '&', ';']))}`;
  const method = one(['GET', 'GET', 'GET', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH', 'PURGE']);
  return Buffer.from(`${method} ${target}${query} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`, 'latin1');
}

function ask(session: ClientHttp2Session, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve) => {
    const stream = session.request(headers);
    let status = 0;
    stream.on('response', (answer) => (status = answer[':status'] ?? 0));
    stream.on('error', () => resolve(status));
    stream.on('close', () => resolve(status));
    stream.resume();
    stream.end();
  });
}

/** One request over TLS; `servername` is sent as it is. */
function overTls(port: number, servername: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connectTls({ socket: connectTcp(port, '127.0.0.1'), servername, rejectUnauthorized: false }, () =>
      socket.write(withTarget('/tls')),
    );
    socket.setTimeout(2000, () => socket.destroy());
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
    socket.resume();
  });
}

function selfSigned(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'wallguard-tls-'));
  const made = spawnSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=a.example',
    '-keyout', path.join(folder, 'key.pem'), '-out', path.join(folder, 'cert.pem'),
  ], { encoding: 'utf8' });
  if (made.status !== 0) {
    throw new Error(`openssl is needed for the TLS tests: ${made.error?.message ?? made.stderr}`);
  }
  return folder;
}
