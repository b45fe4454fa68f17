/**
 * The blocking page as real NGINX sends it, on every build and engine of njs: forms, languages, methods, protocols, what
 * the server around it may do to it, and what happens when njs fails.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSite, type Site, type SiteOptions } from '../../scripts/site.ts';
import { blockPageHttp, blockPageServer } from '../../tools/src/generate/block-page-conf.ts';
import { block } from '../../tools/src/generate/text.ts';
import { allBuilds, eventually, jsonLines, rawRequest, siteDirectory } from './harness.ts';

const builds = await allBuilds();
const names = builds.map((build) => [build.name, build] as const);

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

interface Ask {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: Buffer;
  readonly agent?: http.Agent;
}

function ask(site: Site, target: string, { method = 'GET', headers = {}, body, agent }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port: site.ports.app, path: target, method, headers, agent: agent ?? false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }),
        );
      },
    );
    request.once('error', reject);
    request.end(body);
  });
}

/** Status line, headers and body of one answer as it came over the wire. */
function parsed(bytes: Buffer): { status: number; head: string; body: string } {
  const text = bytes.toString();
  const end = text.indexOf('\r\n\r\n');
  return { status: Number(text.slice(9, 12)), head: text.slice(0, end), body: text.slice(end + 4) };
}

const blocked = '/account?blocked=1';
const html = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const isId = expect.stringMatching(/^[0-9a-f]{32}$/) as string;

/** An answer with what differs from request to request replaced. */
function constant({ body, headers }: Answer): unknown {
  const same = (text: string): string =>
    text
      .replaceAll(String(headers['x-request-id']), 'ID')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME');
  const { date: _, 'x-request-id': __, ...others } = headers;
  return { headers: others, body: same(body) };
}

describe.each(names)('%s', (_name, build) => {
  const sites: { site: Site; directory: string }[] = [];
  let site: Site;
  let strict: Site;

  const start = async (options: Omit<SiteOptions, 'kit' | 'jsEngine' | 'directory'>): Promise<Site> => {
    const directory = siteDirectory();
    const started = await startSite({
      ...options,
      kit: build.kit,
      jsEngine: build.jsEngine,
      directory,
      serverLines: ['http2 on;', 'if ($arg_blocked) { return 498; }', ...(options.serverLines ?? [])],
    });
    sites.push({ site: started, directory });
    // The port opens before NGINX minds signals: a reload before the first answer would end it.
    await ask(started, blocked);
    return started;
  };

  const fileOf = (one: Site, file: string): string => path.join(path.dirname(one.files.nginxConf), file);
  const change = (one: Site, file: string, from: string | RegExp, to: string): void => {
    const text = readFileSync(fileOf(one, file), 'utf8');
    expect(text).toMatch(from);
    writeFileSync(fileOf(one, file), text.replace(from, () => to));
  };

  beforeAll(async () => {
    site = await start({
      settings: { block_page: { support_email: 'help@example.com' } },
      locations: [
        'location / { default_type text/plain; return 200 "clean\\n"; }',
        'location = /forbidden { return 403; }',
        'location /shop { error_page 404 502 /sorry; include wallguard/location.conf; return 498; }',
        'location /leaks { error_page 404 /sorry; return 498; }',
      ],
    });
    // Everything that a server may impose on a location of its own.
    strict = await start({
      httpLines: ['limit_req_zone $server_name zone=strict:1m rate=1r/m;', 'limit_conn_zone $server_name zone=connections:1m;'],
      serverLines: [
        'limit_req zone=strict;',
        'limit_conn connections 1;',
        'deny all;',
        'auth_basic closed;',
        'auth_basic_user_file /nonexistent;',
        'auth_request /nowhere;',
        'satisfy all;',
        'add_header X-Server yes always;',
        'expires 1d;',
        'charset iso-8859-1;',
        'override_charset on;',
        'gzip on;',
        'gzip_min_length 1;',
        'gzip_types text/html text/plain application/problem+json;',
        'ssi on;',
        'sub_filter "</h1>" "changed";',
        'client_max_body_size 1;',
        'error_page 403 500 /own;',
      ],
      locations: ['location / { root /nonexistent; }'],
    });
  });
  afterAll(async () => {
    for (const { site: one, directory } of sites) {
      await one.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  });

  describe('one answer', () => {
    test('has exactly these headers, and a length', async () => {
      const { status, headers, body } = await ask(site, blocked, { headers: { ...html, 'Accept-Language': 'de' } });
      expect(status).toBe(403);
      expect(headers).toEqual({
        server: expect.any(String) as string,
        date: expect.any(String) as string,
        connection: 'close',
        'content-type': 'text/html; charset=utf-8',
        'content-length': String(Buffer.byteLength(body)),
        'content-language': 'de',
        'x-request-id': isId,
        'cache-control': 'no-store',
        vary: 'Accept, Accept-Language',
        'content-security-policy': expect.stringMatching(
          /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; script-src 'sha256-[\w+/]{43}='; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
        ) as string,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'x-robots-tag': 'noindex',
      });
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(6144);
    });

    test('the same id stands in header, page, problem document, text and telemetry', async () => {
      for (const accept of ['text/html', 'application/json', 'text/plain', 'text/markdown']) {
        const { headers, body } = await ask(site, blocked, { headers: { Accept: accept } });
        const id = String(headers['x-request-id']);
        expect(body).toContain(id);
        if (accept === 'application/json') {
          expect(JSON.parse(body)).toMatchObject({
            request_id: id,
            instance: `urn:uuid:${id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')}`,
            client_ip: '127.0.0.1',
            contact: 'help@example.com',
          });
        }
        const line = await eventually(
          () => jsonLines(site.files.telemetry).find((one) => one['http.request.id'] === id),
          `line of ${id}`,
        );
        expect(line).toMatchObject({ 'wallguard.action': 'blocked', 'http.response.status_code': 403 });
      }
    });

    test('its time is now, in UTC', async () => {
      const before = Math.floor(Date.now() / 1000) * 1000;
      const { body } = await ask(site, blocked, { headers: { Accept: 'application/json' } });
      const { timestamp } = JSON.parse(body) as { timestamp: string };
      expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(Date.parse(timestamp)).toBeGreaterThanOrEqual(before - 1000);
      expect(Date.parse(timestamp)).toBeLessThanOrEqual(Date.now());
    });

    test.each([
      ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', true],
      ['cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00', true],
      ['ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', false],
      ['00-00000000000000000000000000000000-00f067aa0ba902b7-01', false],
      ['00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01', false],
      ['00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01', false],
      ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x', false],
      ['"><script>', false],
    ])('traceparent %s comes back: %s', async (traceparent, comesBack) => {
      const { headers } = await ask(site, blocked, { headers: { traceparent } });
      expect(headers['traceparent']).toBe(comesBack ? traceparent : undefined);
    });
  });

  test.each([
    [{}, 'text/html; charset=utf-8', 'en'],
    [{ Accept: '*/*' }, 'text/html; charset=utf-8', 'en'],
    [{ Accept: '*/*', 'Sec-Fetch-Dest': 'empty' }, 'application/problem+json', 'en'],
    [{ Accept: '*/*', 'Sec-Fetch-Dest': 'document' }, 'text/html; charset=utf-8', 'en'],
    [{ Accept: '*/*', 'X-Requested-With': 'XMLHttpRequest' }, 'application/problem+json', 'en'],
    [{ Accept: '*/*', 'Content-Type': 'application/json' }, 'application/problem+json', 'en'],
    [{ Accept: 'application/json', 'Accept-Language': 'ar-EG,en;q=0.5' }, 'application/problem+json', 'ar'],
    [{ Accept: 'text/html;q=0.1, application/problem+json' }, 'application/problem+json', 'en'],
    [{ Accept: 'text/plain', 'Accept-Language': 'zh-TW' }, 'text/plain; charset=utf-8', 'zh-Hant'],
    [{ Accept: 'text/markdown', 'Accept-Language': 'sv, pt-BR;q=0.3' }, 'text/markdown; charset=utf-8', 'pt'],
    [{ Accept: 'image/png' }, 'text/plain; charset=utf-8', 'en'],
    [{ Accept: ['text/html;q=0.1', 'application/json'] }, 'application/problem+json', 'en'],
  ])('%j gets %s in %s', async (headers, type, language) => {
    const answer = await ask(site, blocked, { headers });
    expect([answer.status, answer.headers['content-type'], answer.headers['content-language']]).toEqual([403, type, language]);
    expect(answer.body).not.toBe('');
  });

  describe('methods and protocols', () => {
    test('HEAD: the headers of GET, no body', async () => {
      const get = await ask(site, blocked, { headers: html });
      const head = parsed(
        await rawRequest(site.ports.app, `HEAD ${blocked} HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nConnection: close\r\n\r\n`),
      );
      expect(head.status).toBe(403);
      expect(head.body).toBe('');
      expect(head.head).toContain(`Content-Length: ${get.headers['content-length']}`);
    });

    test.each(['OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND'])('%s: the page', async (method) => {
      const { status, headers } = await ask(site, blocked, { method, headers: html });
      expect([status, headers['content-type']]).toEqual([403, 'text/html; charset=utf-8']);
    });

    test.each([
      ['a length', 'Content-Length: 10485760'],
      ['chunks', 'Transfer-Encoding: chunked'],
      ['a length, expecting 100', 'Content-Length: 10485760\r\nExpect: 100-continue'],
    ])('POST with %s: answered before one byte of the body was sent', async (_body, header) => {
      const text = (await rawRequest(site.ports.app, `POST ${blocked} HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n${header}\r\n\r\n`, 300)).toString();
      expect(text.replace('HTTP/1.1 100 Continue\r\n\r\n', '')).toMatch(/^HTTP\/1\.1 403 /);
      expect(text).toContain('</script>');
    });

    test('POST of 10 MB: answered, and the connection serves the next request', async () => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const first = await ask(site, blocked, { method: 'POST', headers: html, body: Buffer.alloc(10 << 20, 'x'), agent });
      const second = await ask(site, '/', { agent });
      agent.destroy();
      expect([first.status, second.status, second.body]).toEqual([403, 200, 'clean\n']);
    });

    test('keep-alive: two answers on one connection, two ids', async () => {
      const request = `GET ${blocked} HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\n\r\n`;
      const text = (await rawRequest(site.ports.app, request + request, 300)).toString();
      const ids = [...text.matchAll(/X-Request-ID: ([0-9a-f]{32})/g)].map((match) => match[1]);
      expect(new Set(ids).size).toBe(2);
    });

    test('WebSocket upgrade: refused before it, as a problem document', async () => {
      const { status, head, body } = parsed(
        await rawRequest(
          site.ports.app,
          `GET ${blocked} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
          300,
        ),
      );
      expect([status, JSON.parse(body)]).toEqual([403, expect.objectContaining({ status: 403 })]);
      expect(head).not.toMatch(/^upgrade:/im);
    });

    test('HTTP/1.0 without a Host', async () => {
      const { status, body } = parsed(await rawRequest(site.ports.app, `GET ${blocked} HTTP/1.0\r\nAccept: text/plain\r\n\r\n`));
      expect([status, body]).toEqual([403, expect.stringContaining('Request ID: ')]);
    });

    test('HTTP/2: the page, and the same for a POST whose body is still to come', async () => {
      for (const method of ['GET', 'POST']) {
        const { headers, body } = await ask2(site, { ':method': method, ':path': blocked, accept: 'text/html' }, method === 'GET');
        expect([headers[':status'], headers['content-type']]).toEqual([403, 'text/html; charset=utf-8']);
        expect(body).toContain(String(headers['x-request-id']));
      }
    });

    test.each(['application/grpc', 'application/grpc+proto', 'application/grpc-web+proto', 'application/grpc-web-text'])(
      'gRPC, %s: its own status in one header frame',
      async (type) => {
        const { headers, body, endsWithHeaders } = await ask2(
          site,
          { ':method': 'POST', ':path': blocked, 'content-type': type, te: 'trailers' },
          false,
        );
        expect([headers[':status'], headers['content-type'], headers['grpc-status']]).toEqual([200, type.replace('+proto', ''), '7']);
        const message = String(headers['grpc-message']);
        expect(message).toMatch(/^[\x20-\x24\x26-\x7e%]+$/);
        expect(decodeURIComponent(message)).toBe(`Request blocked. Request ID: ${String(headers['x-request-id'])}`);
        expect([body, endsWithHeaders]).toEqual(['', true]);
      },
    );

    test('a content type that only begins like gRPC is none', async () => {
      const { status, headers } = await ask(site, blocked, { method: 'POST', headers: { 'Content-Type': 'application/grpcish' } });
      expect([status, headers['grpc-status']]).toEqual([403, undefined]);
    });
  });

  describe('the server around it', () => {
    test("the application's own 403 stays its own", async () => {
      const { status, body, headers } = await ask(site, '/forbidden', { headers: html });
      expect([status, headers['x-request-id']]).toEqual([403, undefined]);
      expect(body).not.toContain('Request ID');
    });

    test('a location with its own error_page: the page with location.conf; without it the install checks find it', async () => {
      expect((await ask(site, '/shop', { headers: html })).headers['x-request-id']).toEqual(isId);
      expect((await ask(site, '/leaks', { headers: html })).status).toBe(498);
    });

    test('limits, access rules, passwords, filters and headers of the server leave it alone', async () => {
      const there = await ask(strict, blocked, { headers: { ...html, 'Accept-Encoding': 'gzip', 'Accept-Language': 'ru' } });
      const plain = await ask(site, blocked, { headers: { ...html, 'Accept-Language': 'ru' } });
      expect(there.status).toBe(403);
      expect(Object.keys(there.headers).toSorted()).toEqual(Object.keys(plain.headers).toSorted());
      expect(there.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(there.body).toContain('<h1>Запрос заблокирован</h1>');
      for (let count = 0; count < 5; count++) {
        expect((await ask(strict, blocked, { headers: html })).status).toBe(403);
      }
      expect((await ask(strict, blocked, { method: 'POST', headers: html, body: Buffer.alloc(5000) })).status).toBe(403);
      // The rules are in force: without the block they refuse.
      const clean = await ask(strict, '/');
      expect([clean.headers['x-request-id'], clean.headers['x-server']]).toEqual([undefined, 'yes']);
      expect(clean.status).toBeGreaterThanOrEqual(400);
    });
  });

  describe('what a client sends', () => {
    const hostile = [
      '"><script>alert(1)</script>',
      "' onload='x",
      '${request_uri}$host{{request_id}}',
      '\\" \\n \\x22',
      '%0d%0aX-Injected: 1',
      '\u00ff\u00fe\u0080',
      Buffer.from('\u202eevil\u2066').toString('latin1'),
    ];

    test('never becomes a part of the answer', async () => {
      const expected = constant(await ask(site, blocked, { headers: html }));
      for (const value of hostile) {
        const target = `${blocked}&x=${encodeURIComponent(value).slice(0, 4000)}`;
        const answer = await ask(site, target, {
          headers: {
            ...html,
            'Accept-Language': value,
            'User-Agent': value,
            Referer: value,
            Cookie: value,
            'X-Request-ID': value,
            traceparent: value,
            'Content-Type': value,
          },
        });
        expect(constant(answer), value.slice(0, 30)).toEqual(expected);
      }
    });

    test('at 8 kB in a header, neither', async () => {
      const english = constant(await ask(site, blocked, { headers: html }));
      const german = constant(await ask(site, blocked, { headers: { ...html, 'Accept-Language': 'de' } }));
      for (const name of ['Accept-Language', 'User-Agent', 'Referer', 'Cookie', 'traceparent', 'Content-Type']) {
        const answer = await ask(site, blocked, { headers: { ...html, [name]: 'de;q=0.1,'.repeat(880) } });
        expect(constant(answer), name).toEqual(name === 'Accept-Language' ? german : english);
      }
      const long = await ask(site, blocked, { headers: { Accept: 'text/plain;q=0.5,'.repeat(450) } });
      expect([long.status, long.headers['content-type']]).toEqual([403, 'text/plain; charset=utf-8']);
    });

    test('in Accept, neither', async () => {
      for (const value of hostile) {
        const { status, headers } = await ask(site, blocked, { headers: { Accept: value } });
        expect([status, headers['content-type']], value.slice(0, 30)).toEqual([403, 'text/plain; charset=utf-8']);
      }
    });

    test('as raw bytes in path, host and forwarded address, neither', async () => {
      const bytes = Buffer.concat([
        Buffer.from('GET /\xff\xfe"><b>?blocked=1&\xc3( HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: "><b>\r\nAccept: text/plain\r\nConnection: close\r\n\r\n', 'latin1'),
      ]);
      const { body } = parsed(await rawRequest(site.ports.app, bytes));
      expect(body).toMatch(/^Request blocked\n\n[\w ,.]+\n\nIP: 127\.0\.0\.1\nTime: \S+\nRequest ID: [0-9a-f]{32}\n\nhelp@example\.com\n$/);
    });
  });

  describe('what the operator writes', () => {
    const text = `5 < 6 > "7" & 'x' $request_uri \${host} \\n \\ {{request_id}} %0a {a;b} # 🛡️ \u202e;`;

    test('any text reaches the client as it is', async () => {
      const one = await start({
        settings: {
          block_page: { strings: { en: { heading: text } }, brand: { name: 'A$ "B" \\ <C>' }, show_address: false, languages: ['en', 'de'] },
        },
      });
      const [page, problem, plain] = await Promise.all(
        ['text/html', 'application/json', 'text/plain'].map((accept) => ask(one, blocked, { headers: { Accept: accept } })),
      );
      expect(plain?.body.split('\n')[0]).toBe(text);
      expect(JSON.parse(problem?.body ?? '')).toMatchObject({ title: text });
      expect(page?.body).toContain(`<h1>${text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)}</h1>`);
      expect(page?.body).toContain('A$ &#34;B&#34; \\ &#60;C&#62;');
      expect([page, problem, plain].every((answer) => answer?.body.includes('127.0.0.1') === false)).toBe(true);
      expect((await ask(one, blocked, { headers: { 'Accept-Language': 'fr' } })).headers['content-language']).toBe('en');
    });

    test('a template of their own, longer than one parameter of NGINX', async () => {
      const filling = `<p>${'é"\\$'.repeat(2500)}</p>`;
      const template = `<!doctype html><html lang="{{language}}"><title>{{heading}}</title><style>a{color:red}</style>\n${filling}\n<p>{{request_id}}</p><script>var a = "$1", b = \`\${a}\`;</script>`;
      const one = await start({ settings: { block_page: { template: '/page.html', native_for_lists: true } } });
      const settings = one.settings;
      const shipped = blockPageHttp(settings, {}).join('\n');
      change(one, 'conf.d/wallguard.conf', shipped, blockPageHttp(settings, { template }).join('\n'));
      change(one, 'wallguard/server.conf', blockPageServer(settings, {}).join('\n'), blockPageServer(settings, { template }).join('\n'));
      one.reload();
      const answer = await eventually(async () => {
        const now = await ask(one, blocked, { headers: { ...html, 'Accept-Language': 'de' } });
        return now.body.includes('color:red') ? now : undefined;
      }, 'the page from the template');
      expect(answer.body).toBe(
        template
          .replace('{{language}}', 'de')
          .replace('{{heading}}', 'Anfrage blockiert')
          .replace('{{request_id}}', () => String(answer.headers['x-request-id'])),
      );
    });
  });

  describe('status', () => {
    test('another one, in head and problem document; Retry-After only where a rate was exceeded', async () => {
      const one = await start({ settings: { block_page: { status: 429, retry_after: '90s' } } });
      const attack = await ask(one, blocked, { headers: { Accept: 'application/json' } });
      expect([attack.status, attack.headers['retry-after']]).toEqual([429, undefined]);
      expect(JSON.parse(attack.body)).toMatchObject({ status: 429 });
      change(one, 'conf.d/wallguard.conf', /(?<=\$wallguard_status_refusal \{[^}]*)status_guard;/, 'rate;');
      one.reload();
      const rate = await eventually(async () => {
        const now = await ask(one, '/wallarm-status');
        return now.headers['retry-after'] === undefined ? undefined : now;
      }, 'Retry-After');
      expect([rate.status, rate.headers['retry-after']]).toEqual([429, '90']);
      expect((await ask(one, blocked)).headers['retry-after']).toBeUndefined();
    });

    test('403 never has a Retry-After', async () => {
      const { status, headers } = await ask(site, '/wallarm-status');
      expect([status, headers['retry-after']]).toEqual([403, undefined]);
    });
  });

  describe('without njs', () => {
    /** Makes njs fail from now on; the answers tell when the new workers are there. */
    const breakNjs = async (one: Site, from: string | RegExp, to: string): Promise<Answer> => {
      change(one, 'wallguard/cold.js', from, to);
      one.reload();
      return eventually(async () => {
        const now = await ask(one, blocked, { headers: html });
        return now.headers['content-type'] === 'text/plain; charset=utf-8' ? now : undefined;
      }, 'the static answer');
    };

    test('a handler that fails: the static 403 with the id, logged once, counted', async () => {
      const one = await start({ settings: { block_page: { languages: ['de', 'en'] } } });
      const answer = await breakNjs(one, /function wallguardLanguages\(\) \{/, 'function wallguardLanguages() { throw new Error("broken");');
      expect([answer.status, answer.headers['content-language'], answer.headers['cache-control']]).toEqual([403, 'de', 'no-store']);
      expect(answer.body).toMatch(/^Anfrage blockiert\n/);
      expect(answer.body).toContain(`Request ID: ${String(answer.headers['x-request-id'])}`);
      for (let count = 0; count < 3; count++) await ask(one, blocked, { headers: html });
      expect(one.errors().split('\n').filter((line) => line.includes('wallguard blockPage: '))).toHaveLength(1);
    });

    test('a handler that throws past its own guard: the same', async () => {
      const one = await start({});
      const answer = await breakNjs(one, /function blockPage\(r\) \{/, 'function blockPage(r) { throw new Error("unguarded");');
      expect([answer.status, answer.headers['content-type']]).toEqual([403, 'text/plain; charset=utf-8']);
      expect(answer.body).toContain(`Request ID: ${String(answer.headers['x-request-id'])}`);
    });

    test('native_for_lists: refused sources are answered while njs is broken', async () => {
      const one = await start({ settings: { block_page: { native_for_lists: true, languages: ['en', 'de', 'zh-Hant', 'zh-Hans'] } } });
      await breakNjs(one, /function blockPage\(r\) \{/, 'function blockPage(r) { throw new Error("unguarded");');
      const before = one.errors();
      const get = async (headers: http.OutgoingHttpHeaders): Promise<unknown[]> => {
        const { status, headers: given, body } = await ask(one, '/wallarm-status', { headers });
        expect(body).toContain(String(given['x-request-id']));
        return [status, given['content-type'], given['content-language']];
      };
      expect(await get({ ...html, 'Accept-Language': 'de-AT,en;q=0.5' })).toEqual([403, 'text/html; charset=utf-8', 'de']);
      expect(await get({ Accept: '*/*' })).toEqual([403, 'text/html; charset=utf-8', 'en']);
      expect(await get({ Accept: 'application/json', 'Accept-Language': 'zh-HK' })).toEqual([403, 'application/problem+json', 'zh-Hant']);
      expect(await get({ Accept: 'application/problem+json', 'Accept-Language': 'zh-CN' })).toEqual([403, 'application/problem+json', 'zh-Hans']);
      expect(await get({ Accept: 'text/plain', 'Accept-Language': 'sv' })).toEqual([403, 'text/plain; charset=utf-8', 'en']);
      expect(await get({ Accept: 'text/markdown', 'Accept-Language': 'deu' })).toEqual([403, 'text/markdown; charset=utf-8', 'en']);
      const grpc = await ask(one, '/wallarm-status', { method: 'POST', headers: { 'Content-Type': 'application/grpc' } });
      expect([grpc.status, grpc.headers['grpc-status']]).toEqual([200, '7']);
      const { 'content-length': _, ...head } = (await ask(one, '/wallarm-status', { method: 'HEAD', headers: html })).headers;
      expect(head['x-request-id']).toEqual(isId);
      expect(one.errors().slice(before.length)).not.toContain('unguarded');
    });
  });

  test.runIf(build.kit.modsecurity !== undefined)(
    'under ModSecurity: what wallguard refuses is answered natively and before its body; what ModSecurity denies has its form',
    async () => {
      const one = await start({
        settings: { engine: 'modsecurity', mode: 'block', block_page: { native_for_lists: true } },
        serverLines: ['auth_basic closed;', 'auth_basic_user_file /nonexistent;'],
        // ModSecurity does not see requests that a `return` answers.
        locations: ['location / { root /nonexistent; }'],
      });
      const attack = '/?id=1%27%20UNION%20SELECT%20username,%20password%20FROM%20users--';
      const denied = await ask(one, attack, { headers: { ...html, 'Accept-Language': 'de' } });
      expect([denied.status, denied.headers['content-type']]).toEqual([403, 'text/html; charset=utf-8']);
      expect(denied.body).toContain('<h1>Anfrage blockiert</h1>');
      const grpc = await ask2(one, { ':method': 'POST', ':path': attack, 'content-type': 'application/grpc' }, true);
      expect([grpc.headers[':status'], grpc.headers['grpc-status'], grpc.body]).toEqual([200, '7', '']);

      change(one, 'wallguard/cold.js', /function blockPage\(r\) \{/, 'function blockPage(r) { throw new Error("unguarded");');
      change(one, 'wallguard/cold.js', /function sendAnswer\(r\) \{/, 'function sendAnswer(r) { throw new Error("unguarded");');
      one.reload();
      await eventually(async () => ((await ask(one, attack)).status === 500 ? true : undefined), 'njs is broken');
      const head = 'POST /wallarm-status HTTP/1.1\r\nHost: a\r\nContent-Length: 10485760\r\n';
      const refused = parsed(await rawRequest(one.ports.app, `${head}Accept: text/html\r\n\r\n`, 300));
      expect([refused.status, refused.body]).toEqual([403, expect.stringContaining('<h1>Request blocked</h1>')]);
      const refusedCall = parsed(await rawRequest(one.ports.app, `${head}Content-Type: application/grpc\r\n\r\n`, 300));
      expect([refusedCall.status, refusedCall.head]).toEqual([200, expect.stringContaining('grpc-status: 7')]);
    },
  );

  test('the time is UTC whatever zone the machine keeps', async () => {
    const zone = process.env['TZ'];
    process.env['TZ'] = 'Asia/Kolkata';
    let one: Site;
    try {
      one = await start({ httpLines: block('server', [`listen unix:${siteDirectory()}/zone.sock;`, 'return 200 "$time_iso8601";']) });
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
    const socket = /unix:(\S+);/.exec(readFileSync(one.files.nginxConf, 'utf8'))?.[1] ?? '';
    const local = await new Promise<string>((resolve, reject) => {
      http.get({ socketPath: socket, path: '/' }, (response) => response.on('data', (data) => resolve(String(data)))).once('error', reject);
    });
    expect(local).toMatch(/\+05:30$/);
    const { body } = await ask(one, blocked, { headers: { Accept: 'application/json' } });
    const { timestamp } = JSON.parse(body) as { timestamp: string };
    expect(timestamp).toMatch(/Z$/);
    expect(Math.abs(Date.parse(timestamp) - Date.now())).toBeLessThan(10_000);
    rmSync(path.dirname(socket), { recursive: true, force: true });
  });
});

/** One exchange over HTTP/2 without TLS. `end` closes the request, otherwise its body stays open. */
function ask2(
  site: Site,
  headers: http2.OutgoingHttpHeaders,
  end: boolean,
): Promise<{ headers: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader; body: string; endsWithHeaders: boolean }> {
  return new Promise((resolve, reject) => {
    const client = http2.connect('http://127.0.0.1', {
      createConnection: () => connect(site.ports.app, '127.0.0.1'),
    });
    client.once('error', reject);
    const stream = client.request(headers, { endStream: end });
    stream.once('error', reject);
    stream.once('response', (given, flags) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        client.destroy();
        resolve({
          headers: given,
          body: Buffer.concat(chunks).toString(),
          endsWithHeaders: (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0,
        });
      });
    });
  });
}
