/**
 * The test double of the Wallarm module keeps the documented contract, on every NGINX build. Titles start with the
 * section of wallarm-node.md that states the behaviour.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { BOUND_TO_US, runCommand } from '../../scripts/kits/command.ts';
import { ensureKit, KIT_NAMES, type Kit } from '../../scripts/kits/kit.ts';
import { freePort } from '../../scripts/site.ts';
import { ensureDouble, whyNoDouble } from '../double/build.ts';
import { eventually, siteDirectory } from './harness.ts';

const missing = await whyNoDouble();
if (missing !== undefined) process.stderr.write(`skipped: ${missing}\n`);

const kits = await Promise.all(KIT_NAMES.map((name) => ensureKit(name, { dev: true })));
const builds = kits.map((kit) => ({ name: `nginx ${kit.nginxVersion}`, kit }));

const FIRST = '5.2.0';
const LATEST_6 = '6.13.0';
const HEADER = 'X-Wallarm-Double';
const UUID = '11111111-1111-1111-1111-111111111111';

interface Configuration {
  /** Node version; 6.13.0 when it does not matter. */
  readonly version?: string;
  /** Lines of the main context, the http block, and the server; the server listens already. */
  readonly main?: string;
  readonly http?: string;
  readonly server?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

interface Status {
  readonly [key: string]: unknown;
  readonly requests: number;
  readonly attacks: number;
  readonly blocked: number;
  readonly split: { clients: { applications: Record<string, number>[] }[] };
}

/** Answers every request that gets through. */
const PASS = `location / { try_files /none @passed; }  location @passed { return 200 "passed\\n"; }`;
const STATUS = 'location = /wallarm-status { wallarm_mode off; access_log off; wallarm_status on; }';
/** Mode from the query, so that one server serves all modes. */
const MODE_BY_QUERY = `wallarm_mode $arg_m; ${PASS} ${STATUS}`;

async function writeConfiguration(kit: Kit, directory: string, port: number, given: Configuration): Promise<string> {
  const module = await ensureDouble(kit, given.version ?? LATEST_6);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const file = path.join(directory, 'nginx.conf');
  mkdirSync(path.join(directory, 'tmp'), { recursive: true });
  writeFileSync(
    file,
    `load_module ${module};
${given.main ?? ''}
worker_processes 2;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log notice;
events { worker_connections 256; }
http {
  ${temporary.map((name) => `${name}_temp_path ${directory}/tmp/${name};`).join(' ')}
  access_log off;
  ${given.http ?? ''}
  server { listen 127.0.0.1:${port}; ${given.server ?? ''} }
}
`,
  );
  return file;
}

function argv(kit: Kit, directory: string, file: string): string[] {
  return [...BOUND_TO_US, ...kit.nginx, '-p', directory, '-e', path.join(directory, 'error.log'), '-c', file];
}

/** What `nginx -t` says to a configuration; empty text when it is accepted without a word of warning. */
async function complaint(kit: Kit, given: Configuration): Promise<string> {
  const directory = siteDirectory();
  try {
    const file = await writeConfiguration(kit, directory, 1, given);
    const result = await runCommand([...argv(kit, directory, file), '-t']);
    const complaints = result.stderr.split('\n').filter((line) => /\[(?:warn|error|crit|alert|emerg)\]/.test(line));
    if (result.code !== 0 && complaints.length === 0) throw new Error(`nginx -t failed: ${result.stderr}`);
    return complaints.join('\n');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Running {
  readonly port: number;
  /** Sends a request with what the double is to detect. */
  ask(target: string, double?: string, options?: http.RequestOptions & { body?: string }): Promise<Answer>;
  status(query?: string): Promise<Status>;
  errors(): string;
  reload(): void;
}

/** An NGINX with the double that ends with its test. */
async function start(kit: Kit, given: Configuration, directory = siteDirectory()): Promise<Running> {
  const port = await freePort();
  const file = await writeConfiguration(kit, directory, port, given);
  const [program = '', ...args] = argv(kit, directory, file);
  const child = spawn(program, [...args, '-g', 'daemon off;'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  });

  const ask: Running['ask'] = (target, double, { body, ...options } = {}) =>
    new Promise((resolve, reject) => {
      const request = http.request(
        { host: '127.0.0.1', port, path: target, agent: false, ...options },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
          );
        },
      );
      if (double !== undefined) request.setHeader(HEADER, double);
      request.on('error', reject);
      request.end(body);
    });

  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`NGINX did not start: ${said}`);
    return await ask('/wallarm-status').catch(() => undefined);
  }, 'NGINX answers');
  return {
    port,
    ask,
    status: async (query = '') => JSON.parse((await ask(`/wallarm-status${query}`)).body) as Status,
    errors: () => readFileSync(path.join(directory, 'error.log'), 'utf8'),
    reload: () => child.kill('SIGHUP'),
  };
}

/** Contexts of a directive, as in section 11: h http, s server, l location, m main. */
const DIRECTIVES: readonly { line: string; contexts: string; since?: string; until?: string }[] = [
  { line: 'wallarm_mode block;', contexts: 'hsl' },
  { line: 'wallarm_mode $arg_m;', contexts: 'hsl' },
  { line: 'wallarm_mode_allow_override strict;', contexts: 'hsl' },
  { line: 'wallarm_application 7;', contexts: 'hsl' },
  { line: 'wallarm_application $http_custom_id;', contexts: 'hsl' },
  { line: 'wallarm_instance 7;', contexts: 'hsl' },
  { line: `wallarm_partner_client_uuid ${UUID};`, contexts: 'hsl' },
  { line: `wallarm_partner_client_uuid ${UUID} label;`, contexts: 'hsl', since: '6.12.0' },
  { line: 'wallarm_status on;', contexts: 'sl' },
  { line: 'wallarm_status on format=prometheus;', contexts: 'sl' },
  { line: 'wallarm_status_group api-v1;', contexts: 'hsl', since: '6.12.0' },
  { line: 'wallarm_block_page @block type=attack,acl_ip,acl_source;', contexts: 'hsl' },
  { line: 'wallarm_block_page /err445 type=acl_source;', contexts: 'hsl' },
  { line: 'wallarm_block_page $page response_code=445 type=acl_ip;', contexts: 'hsl' },
  { line: 'wallarm_acl_access_phase off;', contexts: 'h' },
  { line: 'wallarm_acl_export_enable on;', contexts: 'h' },
  { line: 'wallarm_acl_export_shm_size 64M;', contexts: 'h' },
  { line: 'wallarm_acl_export_sample_limit 10;', contexts: 'h' },
  { line: 'wallarm_acl_export_sample_group_lifetime 3600;', contexts: 'h' },
  { line: 'wallarm_acl_export_stats_bucket_interval 60;', contexts: 'h' },
  { line: 'wallarm_acl_export_stats_bucket_lifetime 1800;', contexts: 'h' },
  { line: 'disable_acl "on";', contexts: 'hsl' },
  { line: 'wallarm_fallback on;', contexts: 'hsl' },
  { line: 'wallarm_api_conf /opt/wallarm/etc/wallarm/node.yaml;', contexts: 'hsl' },
  { line: 'wallarm_upstream_backend api;', contexts: 'h' },
  { line: 'wallarm_wstore_upstream wallarm_wstore;', contexts: 'h', since: '6.0.0' },
  { line: 'wallarm_wstore_upstream wallarm_wstore ssl=on skip_host_check=off;', contexts: 'h', since: '6.2.0' },
  { line: 'wallarm_wstore_ssl_cert_file /c.pem;', contexts: 'h', since: '6.2.0' },
  { line: 'wallarm_wstore_ssl_key_file /k.pem;', contexts: 'h', since: '6.2.0' },
  { line: 'wallarm_wstore_ssl_ca_cert_file /a.pem;', contexts: 'h', since: '6.2.0' },
  { line: 'wallarm_upstream_connect_attempts 10;', contexts: 'h' },
  { line: 'wallarm_upstream_reconnect_interval 15s;', contexts: 'h' },
  { line: 'wallarm_upstream_connect_timeout 5s;', contexts: 'h' },
  { line: 'wallarm_upstream_queue_limit 100;', contexts: 'h' },
  { line: 'wallarm_upstream_queue_memory_limit 100m;', contexts: 'h' },
  { line: 'wallarm_protondb_path /p;', contexts: 'hsl' },
  { line: 'wallarm_custom_ruleset_path /r;', contexts: 'hsl' },
  { line: 'wallarm_key_path /k;', contexts: 'hsl' },
  { line: 'wallarm_cache_path /c;', contexts: 'h' },
  { line: 'wallarm_general_ruleset_memory_limit 1g;', contexts: 'hsl' },
  { line: 'wallarm_request_memory_limit 0;', contexts: 'hsl' },
  { line: 'wallarm_memlimit_debug on;', contexts: 'hsl' },
  { line: 'wallarm_file_check_interval 500ms;', contexts: 'h' },
  { line: 'wallarm_process_time_limit 1000;', contexts: 'hsl' },
  { line: 'wallarm_process_time_limit_block attack;', contexts: 'hsl' },
  { line: 'wallarm_stalled_worker_timeout 5;', contexts: 'hsl' },
  { line: 'wallarm_timeslice 0;', contexts: 'hsl' },
  { line: 'wallarm_request_chunk_size 8k;', contexts: 'hsl' },
  { line: 'wallarm_enable_libdetection on;', contexts: 'hsl' },
  { line: 'wallarm_enable_apifw off;', contexts: 's' },
  { line: 'wallarm_srv_include /dev/null;', contexts: 'h' },
  { line: 'wallarm_enable_mcp on;', contexts: 'hsl', since: '6.12.0' },
  { line: 'wallarm_enable_mcp_global on;', contexts: 'h', since: '6.12.7' },
  { line: 'wallarm_parse_sse on;', contexts: 'hsl', since: '6.13.0', until: '7.0.0' },
  { line: 'wallarm_parse_response on;', contexts: 'hsl' },
  { line: 'wallarm_parse_html_response on;', contexts: 'hsl' },
  { line: 'wallarm_unpack_response on;', contexts: 'hsl' },
  { line: 'wallarm_parse_websocket off;', contexts: 'hsl' },
  { line: 'wallarm_export_streams off;', contexts: 'hsl', since: '6.4.0' },
  { line: 'wallarm_parser_disable base64;', contexts: 'hsl' },
  { line: 'wallarm_fingerprint on;', contexts: 'hs', since: '6.7.0' },
  { line: 'wallarm_http_v2_stream_max_len 1m;', contexts: 'hsl' },
  { line: 'wallarm_rate_limit $remote_addr rate=10r/s burst=5 nodelay;', contexts: 'hsl' },
  { line: 'wallarm_rate_limit_enabled on;', contexts: 'hsl' },
  { line: 'wallarm_rate_limit_log_level error;', contexts: 'hsl' },
  { line: 'wallarm_rate_limit_status_code 503;', contexts: 'hsl' },
  { line: 'wallarm_rate_limit_shm_size 64m;', contexts: 'h' },
  { line: 'wallarm_force server_addr 10.0.0.1;', contexts: 'hsl' },
  { line: 'wallarm_proton_log_mask_master all@error;', contexts: 'm' },
  { line: 'wallarm_proton_log_mask_worker all@error;', contexts: 'm' },
];

/** Versions with which something came or went, and one before each. */
const VERSIONS = [
  FIRST,
  '5.2.1',
  '5.3.19',
  '6.0.0',
  '6.1.0',
  '6.2.0',
  '6.3.0',
  '6.4.0',
  '6.5.0',
  '6.6.0',
  '6.7.0',
  '6.8.0',
  '6.10.1',
  '6.10.2',
  '6.11.0',
  '6.12.0',
  '6.12.7',
  '6.13.0',
  '7.0.0',
  '7.1.0',
];

/** A directive's line in one of its contexts. */
function inContext(context: string, line: string): Configuration {
  const map = line.includes('$page') ? 'map $uri $page { default @block; }' : '';
  return {
    main: context === 'm' ? line : '',
    http: `${map} ${context === 'h' ? line : ''}`,
    server: context === 'l' ? `location / { ${line} }` : context === 's' ? line : '',
  };
}

/** The version before. */
function before(version: string): string {
  return VERSIONS[VERSIONS.indexOf(version) - 1] ?? '';
}

function isOlder(left: string, right: string): boolean {
  return left.localeCompare(right, 'en', { numeric: true }) < 0;
}

describe.skipIf(missing !== undefined).each(builds)('$name', ({ kit }) => {
  describe('directives', () => {
    test.each(DIRECTIVES)('11: $line', async ({ line, contexts }) => {
      const misplaced = `"${line.split(/[ ;]/, 1)[0] ?? ''}" directive is not allowed here`;
      const allowed: string[] = [];
      for (const context of 'hslm') {
        const said = await complaint(kit, inContext(context, line));
        if (!said.includes(misplaced)) allowed.push(said === '' ? context : said);
      }
      expect(allowed.join('')).toBe(contexts);
    });

    test.each(DIRECTIVES.filter(({ since }) => since !== undefined))(
      '11: $line exists since $since',
      async ({ line, contexts, since = '', until }) => {
        const on = (version: string): Promise<string> =>
          complaint(kit, { version, ...inContext(contexts[0] ?? '', line) });
        const refused = /unknown directive "|invalid value "/;
        expect(await on(before(since))).toMatch(refused);
        expect(await on(since)).toBe('');
        expect(await on(until ?? before(since))).toMatch(refused);
      },
    );

    test.each([
      ['wallarm_mode blocking;', 'invalid value "blocking" in "wallarm_mode" directive'],
      ['wallarm_mode;', 'invalid number of arguments in "wallarm_mode" directive'],
      ['wallarm_mode block block;', 'invalid number of arguments in "wallarm_mode" directive'],
      ['wallarm_mode block; wallarm_mode off;', '"wallarm_mode" directive is duplicate'],
      ['wallarm_mode_allow_override yes;', 'invalid value "yes"'],
      ['wallarm_application 0;', 'invalid value "0" in "wallarm_application" directive'],
      ['wallarm_application shop;', 'invalid value "shop" in "wallarm_application" directive'],
      ['wallarm_partner_client_uuid 1;', 'invalid value "1" in "wallarm_partner_client_uuid" directive'],
      ['disable_acl yes;', 'invalid value "yes" in "disable_acl" directive'],
      ['wallarm_status on format=xml;', 'invalid value "format=xml" in "wallarm_status" directive'],
      ['wallarm_enable_apifw maybe;', 'invalid value "maybe" in "wallarm_enable_apifw" directive'],
      ['wallarm_parser_disable yaml;', 'invalid value "yaml" in "wallarm_parser_disable" directive'],
      ['wallarm_rate_limit $uri;', 'invalid number of arguments in "wallarm_rate_limit" directive'],
      ['wallarm_block_page block;', 'invalid block page "block"'],
      ['wallarm_block_page &/page.txt;', 'invalid block page "&/page.txt"'],
      ['wallarm_block_page &/missing/page.html;', 'cannot open block page "/missing/page.html" (2: '],
      ['wallarm_block_page @b code=403;', 'invalid parameter "code=403"'],
      ['wallarm_block_page @b response_code=no;', 'invalid parameter "response_code=no"'],
      ['wallarm_block_page @b type=ip;', 'invalid parameter "type=ip"'],
      ['wallarm_block_page /uri response_code=403;', 'a redirect has no "response_code"'],
      ['wallarm_block_page @a; wallarm_block_page @b type=attack,acl_ip;', 'a block page of this type is set already'],
    ])('11: refuses %s', async (line, reason) => {
      const said = await complaint(kit, { server: line });
      expect(said).toContain('[emerg]');
      expect(said).toContain(reason);
    });

    test('11: the included file of wallarm_srv_include must exist', async () => {
      expect(await complaint(kit, { http: 'wallarm_srv_include /missing;' })).toContain('invalid value "/missing"');
    });

    test('11: wallarm_api_conf excludes the postanalytics upstream', async () => {
      const said = await complaint(kit, { http: 'wallarm_api_conf /n.yaml; wallarm_wstore_upstream wstore;' });
      expect(said).toContain('directive ambiguous wallarm upstream backend');
    });

    test('12: wallarm_tarantool_upstream still works on 6.x, with a warning', async () => {
      const http = 'wallarm_tarantool_upstream wallarm_tarantool;';
      expect(await complaint(kit, { version: '5.3.19', http })).toBe('');
      expect(await complaint(kit, { version: '6.0.0', http })).toMatch(
        /\[warn\].*"wallarm_tarantool_upstream" directive is deprecated, use "wallarm_wstore_upstream" instead/,
      );
    });
  });

  describe('modes', () => {
    const attacks = {
      clean: '',
      sqli: 'types=sqli',
      vpatch: 'types=vpatch',
      brute: 'types=brute',
      experimental: 'types=experimental',
      graylisted: 'types=sqli; acl=gray',
      'graylisted, clean': 'acl=gray',
      denylisted: 'acl=deny',
      allowlisted: 'types=sqli|vpatch; acl=allow',
      antibot: 'antibot=1',
    };

    test.each([
      { mode: 'off', blocks: [] },
      { mode: 'monitoring', blocks: ['vpatch', 'denylisted', 'antibot'] },
      { mode: 'safe_blocking', blocks: ['vpatch', 'graylisted', 'denylisted', 'antibot'] },
      { mode: 'block', blocks: ['sqli', 'vpatch', 'graylisted', 'denylisted', 'antibot'] },
    ])('2.1: $mode blocks $blocks', async ({ mode, blocks }) => {
      const nginx = await start(kit, { server: MODE_BY_QUERY });
      const blocked: string[] = [];
      for (const [name, double] of Object.entries(attacks)) {
        const { status } = await nginx.ask(`/?m=${mode}`, double);
        expect([200, 403]).toContain(status);
        if (status === 403) blocked.push(name);
      }
      expect(blocked).toEqual(blocks);
    });

    test('2.2: without the directive the mode is off; the most local one wins', async () => {
      const nginx = await start(kit, {
        server: `${PASS} location /block { wallarm_mode block; location /block/off { wallarm_mode off; } }`,
      });
      expect((await nginx.ask('/', 'types=sqli')).status).toBe(200);
      expect((await nginx.ask('/block', 'types=sqli')).status).toBe(403);
      expect((await nginx.ask('/block/off', 'types=sqli')).status).toBe(404);
    });

    test('2.2: a wrong value of a variable is logged and lets everything through', async () => {
      const nginx = await start(kit, { server: MODE_BY_QUERY });
      expect((await nginx.ask('/?m=strict', 'types=sqli')).status).toBe(200);
      expect((await nginx.ask('/', 'types=sqli')).status).toBe(200);
      expect(nginx.errors()).toContain('invalid mode "strict", taken as off');
      expect(nginx.errors()).toContain('invalid mode "", taken as off');
    });

    test.each([
      { local: 'block', override: 'on', console: 'monitoring', effective: 'monitoring' },
      { local: 'block', override: 'off', console: 'monitoring', effective: 'block' },
      { local: 'block', override: 'strict', console: 'monitoring', effective: 'block' },
      { local: 'monitoring', override: 'strict', console: 'block', effective: 'block' },
      { local: 'safe_blocking', override: 'off', console: 'block', effective: 'safe_blocking' },
    ])('2.3: local $local, override $override, Console $console: $effective', async (row) => {
      const nginx = await start(kit, {
        server: `wallarm_mode ${row.local}; wallarm_mode_allow_override ${row.override};
          add_header X-Mode $wallarm_mode always; ${PASS}`,
      });
      const answer = await nginx.ask('/', `types=sqli; console=${row.console}`);
      expect(answer.headers['x-mode']).toBe(row.effective);
      expect(answer.status).toBe(row.effective === 'block' ? 403 : 200);
      expect((await nginx.ask('/', 'types=sqli')).headers['x-mode']).toBe(row.local);
    });

    test('2.4: wallarm_acl_access_phase off searches first, and monitoring never blocks a listed source', async () => {
      const nginx = await start(kit, {
        http: 'wallarm_acl_access_phase off;',
        server: `add_header X-Types $wallarm_attack_type_list always;
          add_header X-Reason $wallarm_block_reason always; ${MODE_BY_QUERY}`,
      });
      expect((await nginx.ask('/?m=monitoring', 'acl=deny')).status).toBe(200);
      const answer = await nginx.ask('/?m=safe_blocking', 'acl=deny; types=sqli');
      expect(answer.status).toBe(403);
      expect(answer.headers['x-types']).toBe('sqli');
      expect(answer.headers['x-reason']).toBe('acl blacklist ip blocked_source');
      expect(await nginx.status()).toMatchObject({ requests: 2, attacks: 1, blocked: 1, blocked_by_acl: 1 });
    });

    test('2.4: disable_acl switches every list off', async () => {
      const nginx = await start(kit, { server: `disable_acl on; ${MODE_BY_QUERY}` });
      expect((await nginx.ask('/?m=block', 'acl=deny')).status).toBe(200);
      expect((await nginx.ask('/?m=block', 'acl=allow; types=sqli')).status).toBe(403);
      expect((await nginx.ask('/?m=safe_blocking', 'acl=gray; types=sqli')).status).toBe(200);
    });

    test('7: information leaks are not blocked since 6.8.0', async () => {
      for (const [version, status] of [['6.7.0', 403], ['6.8.0', 200]] as const) {
        const nginx = await start(kit, { version, server: MODE_BY_QUERY });
        expect((await nginx.ask('/?m=block', 'types=infoleak')).status).toBe(status);
      }
    });

    test('a block is not overruled by "satisfy any"', async () => {
      const nginx = await start(kit, {
        server: `location / { satisfy any; allow all; wallarm_mode block; try_files /none @passed; }
          location @passed { return 200; }`,
      });
      expect((await nginx.ask('/', 'types=sqli')).status).toBe(403);
      expect((await nginx.ask('/')).status).toBe(200);
    });
  });

  describe('variables', () => {
    const NAMES: readonly [name: string, since: string][] = [
      ['request_cpu_time', FIRST],
      ['request_mono_time', FIRST],
      ['serialized_size', FIRST],
      ['is_input_valid', FIRST],
      ['attack_type', FIRST],
      ['attack_type_list', FIRST],
      ['attack_point_list', '5.2.1'],
      ['attack_stamp_list', '5.2.1'],
      ['block_reason', '6.4.0'],
      ['mode', '6.6.0'],
      ['fingerprint_ja4', '6.7.0'],
      ['fingerprint_ja4_raw', '6.7.0'],
      ['partner_client_uuid', '6.12.0'],
      ['partner_client_label', '6.12.0'],
    ];
    /** All variables as response headers, which are made after the access phase. */
    const AS_HEADERS = NAMES.map(([name]) => `add_header X-${name.replaceAll('_', '-')} "<$wallarm_${name}>" always;`);
    const SHOWING = `${AS_HEADERS.join(' ')} ${MODE_BY_QUERY}`;

    function shown({ headers }: Answer): Record<string, string> {
      const value = (name: string): string => String(headers[`x-${name.replaceAll('_', '-')}`]).slice(1, -1);
      return Object.fromEntries(NAMES.map(([name]) => [name, value(name)]));
    }

    test.each(NAMES)('3.1: $wallarm_%s exists since %s', async (name, since) => {
      expect(await complaint(kit, { version: since, http: `log_format probe $wallarm_${name};` })).toBe('');
    });

    test.each(NAMES.filter(([, since]) => since !== FIRST))('3.1: no $wallarm_%s before %s', async (name, since) => {
      const said = await complaint(kit, { version: before(since), http: `log_format probe $wallarm_${name};` });
      expect(said).toContain(`unknown "wallarm_${name}" variable`);
    });

    test('2.2: a map named like a variable of the module collides with it', async () => {
      const map = 'map $http_user_agent $wallarm_mode { default block; }';
      expect(await complaint(kit, { version: '6.5.0', http: map })).toBe('');
      expect(await complaint(kit, { version: '6.6.0', http: map })).toContain('duplicate "wallarm_mode" variable');
    });

    test('3.1: all of them, for an attack that is let through', async () => {
      const nginx = await start(kit, {
        http: `wallarm_fingerprint on; wallarm_partner_client_uuid ${UUID} shop;`,
        server: SHOWING,
      });
      const double =
        "types=xss|sqli; points=[get][id]|[post][json][json_obj, 'data'][base64]; stamps=7|7; valid=1; cpu=0.25; " +
        'mono=1.5; size=4711; ja4=t13d1516h2_8daaf6152771_d8a2da3f94cd; ja4_raw=t13d1516h2_002f,0035';
      expect(shown(await nginx.ask('/?m=monitoring', double))).toEqual({
        request_cpu_time: '0.25',
        request_mono_time: '1.5',
        serialized_size: '4711',
        is_input_valid: '1',
        attack_type: '6',
        attack_type_list: 'xss|sqli',
        attack_point_list: "[get][id]|[post][json][json_obj, 'data'][base64]",
        attack_stamp_list: '7|7',
        block_reason: 'not blocked',
        mode: 'monitoring',
        fingerprint_ja4: 't13d1516h2_8daaf6152771_d8a2da3f94cd',
        fingerprint_ja4_raw: 't13d1516h2_002f,0035',
        partner_client_uuid: UUID,
        partner_client_label: 'shop',
      });
    });

    test('3.1: all of them, when nothing happened', async () => {
      const nginx = await start(kit, { server: SHOWING });
      expect(shown(await nginx.ask('/?m=block'))).toEqual({
        request_cpu_time: '0',
        request_mono_time: '0',
        serialized_size: '0',
        is_input_valid: '0',
        attack_type: '0',
        attack_type_list: '',
        attack_point_list: '',
        attack_stamp_list: '',
        block_reason: 'not blocked',
        mode: 'block',
        fingerprint_ja4: '',
        fingerprint_ja4_raw: '',
        partner_client_uuid: '',
        partner_client_label: '',
      });
    });

    test.each([
      ['0', '0'],
      ['empty', ''],
      ['-', '-'],
    ])('3.1: a test chooses what is shown when nothing happened: %s', async (form, text) => {
      const nginx = await start(kit, { server: SHOWING });
      const values = shown(await nginx.ask('/?m=block', `clean=${form}`));
      expect(values).toMatchObject({
        attack_type: text,
        attack_type_list: text,
        attack_point_list: text,
        attack_stamp_list: text,
        mode: text,
        block_reason: 'not blocked',
      });
      expect(shown(await nginx.ask('/?m=monitoring', `clean=${form}; types=xss`))['attack_type']).toBe('2');
    });

    test('3.1: "clean=absent" is what a log shows as "-"', async () => {
      const directory = siteDirectory();
      const nginx = await start(
        kit,
        {
          http: 'log_format probe "<$wallarm_attack_type> <$wallarm_attack_type_list>";',
          server: `access_log ${directory}/probe.log probe; ${MODE_BY_QUERY}`,
        },
        directory,
      );
      await nginx.ask('/?m=block', 'clean=absent');
      const log = await eventually(() => readLog(directory), 'a line in the log');
      expect(log).toBe('<-> <->\n');
    });

    test.each([
      ['xss', '2'],
      ['vpatch', '2147483648'],
      ['undefined_endpoint', '4294967296'],
      ['sqli|resource_consumption', '4503599627370500'],
      ['bit12', '4096'],
      ['enum', '0'],
      ['sqli|ai_prompt_injection', '4'],
    ])('3.2: the mask of %s is %s', async (types, mask) => {
      const nginx = await start(kit, { server: SHOWING });
      const values = shown(await nginx.ask('/?m=monitoring', `types=${types}`));
      expect(values['attack_type']).toBe(mask);
      expect(values['attack_type_list']).toBe(types);
    });

    test('3.2: every documented name has its bit', async () => {
      const names =
        '_ xss sqli rce xxe ptrav crlf redir nosqli infoleak brute dirbust _ ldapi scanner bot bola mass_assignment _ ' +
        'ssrf blocked_source api_abuse vectors _ credential_stuffing ssi mail_injection ssti invalid_xml ' +
        'overlimit_res data_bomb vpatch undefined_endpoint undefined_parameter missing_auth missing_parameter ' +
        'invalid_parameter_value invalid_request processing_overlimit gql_depth gql_value_size gql_aliases ' +
        'gql_doc_size gql_docs_per_batch gql_introspection gql_debug account_takeover security_crawlers scraping ' +
        '_ _ file_upload_violation resource_consumption';
      const nginx = await start(kit, { server: SHOWING });
      for (const [bit, name] of names.split(' ').entries()) {
        if (name === '_') continue;
        const values = shown(await nginx.ask('/?m=monitoring', `types=${name}`));
        expect(values).toMatchObject({ attack_type_list: name, attack_type: String(2n ** BigInt(bit)) });
      }
    });

    test.each([
      ['block', 'types=ptrav', 'attack mask=0000000000000020'],
      ['block', 'types=sqli|undefined_endpoint', 'attack mask=0000000100000004'],
      ['monitoring', 'types=vpatch', 'attack mask=0000000080000000'],
      ['block', 'types=overlimit_res', 'overlimit'],
      ['monitoring', 'antibot=1', 'antibot'],
      ['monitoring', 'acl=deny', 'acl blacklist ip blocked_source'],
      ['block', 'acl=deny:ip:vectors; types=sqli', 'acl blacklist ip vectors'],
      ['block', 'acl=deny:tor', 'acl blacklist tor blocked_source'],
      ['block', 'acl=allow; types=sqli', 'not blocked'],
      ['monitoring', 'types=sqli', 'not blocked'],
      ['off', 'acl=deny; types=sqli', 'not blocked'],
    ])('3.3: mode %s, %s: reason "%s"', async (mode, double, reason) => {
      const nginx = await start(kit, { server: SHOWING });
      const answer = await nginx.ask(`/?m=${mode}`, double);
      expect(shown(answer)['block_reason']).toBe(reason);
      expect(answer.status).toBe(reason === 'not blocked' ? 200 : 403);
    });

    test('3.1: a denylisted source has the type that listed it, and no attack is searched', async () => {
      const nginx = await start(kit, { server: SHOWING });
      const values = shown(await nginx.ask('/?m=block', 'acl=deny:ip:vectors; types=sqli; points=[uri]'));
      expect(values).toMatchObject({ attack_type: '4194304', attack_type_list: 'vectors', attack_point_list: '' });
    });

    test('3.1: JA4 needs wallarm_fingerprint on', async () => {
      const nginx = await start(kit, { server: SHOWING });
      expect(shown(await nginx.ask('/?m=block', 'ja4=t13d'))['fingerprint_ja4']).toBe('');
    });

    test('3.1: a value read before the access phase is that of a clean request, and stays', async () => {
      const nginx = await start(kit, {
        server: `set $early $wallarm_attack_type; add_header X-Early $early always;
          add_header X-Late $wallarm_attack_type always; add_header X-List $wallarm_attack_type_list always;
          ${MODE_BY_QUERY}`,
      });
      const { headers } = await nginx.ask('/?m=block', 'types=sqli');
      expect(headers).toMatchObject({ 'x-early': '0', 'x-late': '0', 'x-list': 'sqli' });
    });

    test.each([
      ['type=sqli', 'is not a key of this header'],
      ['types', 'has no value'],
      ['types=sql', 'names an attack type that is not documented'],
      ['types=bit64', 'names an attack type that is not documented'],
      ['acl=black', 'is none of allow, gray, deny'],
      ['acl=deny:vpn', 'names a source or type'],
      ['acl=deny:ip:sqli', 'names a source or type'],
      ['acl=allow:ip', 'has too many parts'],
      ['cpu=fast', 'is not a number of seconds'],
      ['valid=yes', 'is not a whole number'],
      ['clean=none', 'is none of 0, empty, -, absent'],
      ['console=default', 'is not a filtration mode'],
      ['antibot=0', 'is not 1'],
      ['add=faults:1', 'is not <key of the statistics service>:<whole number>'],
      ['add=segfaults', 'is not <key of the statistics service>:<whole number>'],
    ])('a mistake in the header is an error: %s', async (double, reason) => {
      const nginx = await start(kit, { server: MODE_BY_QUERY });
      expect((await nginx.ask('/?m=off', double)).status).toBe(500);
      expect(nginx.errors()).toContain(reason);
    });
  });

  describe('answers to blocked requests', () => {
    /** A page file and where its server's log goes. */
    function pageFile(text: string): { directory: string; page: string } {
      const directory = siteDirectory();
      const page = path.join(directory, 'page.html');
      writeFileSync(page, text);
      return { directory, page };
    }

    test('4: without a page it is 403 with the page of NGINX, or of error_page', async () => {
      const nginx = await start(kit, {
        server: `wallarm_mode block; ${PASS}
          location /own { error_page 403 = @own; try_files /none @passed; }
          location @own { return 418 "own page"; }`,
      });
      const plain = await nginx.ask('/', 'types=sqli');
      expect(plain.status).toBe(403);
      expect(plain.body).toContain('403 Forbidden');
      expect(await nginx.ask('/own', 'types=sqli')).toMatchObject({ status: 418, body: 'own page' });
    });

    test('4.1, 4.5: a file, with variables and the literal dollar, and its code', async () => {
      const { directory, page } = pageFile(
        '<p>${remote_addr} ${request_id} ${arg_none}</p><script>`${wallarm_dollar}{X}` $remote_addr</script>',
      );
      const nginx = await start(
        kit,
        { server: `wallarm_mode block; wallarm_block_page &${page} response_code=445 type=attack; ${PASS}` },
        directory,
      );
      const answer = await nginx.ask('/', 'types=sqli');
      expect(answer.status).toBe(445);
      expect(answer.headers['content-type']).toBe('text/html');
      expect(answer.body).toMatch(
        /^<p>127\.0\.0\.1 [0-9a-f]{32} <\/p><script>`\$\{X\}` \$remote_addr<\/script>$/,
      );
      expect(await nginx.ask('/', 'types=sqli', { method: 'HEAD' })).toMatchObject({ status: 445, body: '' });
    });

    test('4.5: a place that is no variable of NGINX breaks the page', async () => {
      const { directory, page } = pageFile('${SUPPORT_EMAIL}');
      onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
      const said = await complaint(kit, { server: `wallarm_block_page &${page};` });
      expect(said).toMatch(/\[emerg\] unknown "support_email" variable/i);
    });

    test('4.1: a redirect', async () => {
      const nginx = await start(kit, { server: `wallarm_mode block; wallarm_block_page /err445; ${PASS}` });
      const answer = await nginx.ask('/', 'types=sqli');
      expect(answer.status).toBe(302);
      expect(answer.headers.location).toBe(`http://127.0.0.1:${nginx.port}/err445`);
    });

    test('4.1: a named location gives status and body; it is not blocked again, and the verdict lasts', async () => {
      const directory = siteDirectory();
      const nginx = await start(
        kit,
        {
          http: 'log_format probe "$status $wallarm_attack_type $wallarm_attack_point_list $wallarm_block_reason $wallarm_mode";',
          server: `wallarm_mode block; wallarm_block_page @block type=attack,acl_ip,acl_source; ${PASS} ${STATUS}
            access_log ${directory}/probe.log probe;
            location @block { try_files /none @page; }
            location @page { return 445 "$wallarm_attack_type_list $uri"; }`,
        },
        directory,
      );
      const double = 'types=sqli; points=[uri]';
      expect(await nginx.ask('/a%20b', double)).toMatchObject({ status: 445, body: 'sqli /a b' });
      const log = await eventually(() => readLog(directory), 'a line in the log');
      expect(log).toBe('445 4 [uri] attack mask=0000000000000004 block\n');
      expect(await nginx.status()).toMatchObject({ requests: 1, attacks: 1, blocked: 1 });
    });

    test('4.1: a named location serves HEAD, a POST whose body is not read, keep-alive and HTTP/2', async () => {
      const nginx = await start(kit, {
        server: `http2 on; wallarm_mode block; wallarm_block_page @block; ${PASS}
          location @block { return 445 "blocked"; }`,
      });
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      onTestFinished(() => agent.destroy());
      const body = 'x'.repeat(300_000);
      expect(await nginx.ask('/', 'types=sqli', { method: 'HEAD', agent })).toMatchObject({ status: 445, body: '' });
      for (const double of ['types=sqli', 'types=xss']) {
        const answer = await nginx.ask('/', double, { method: 'POST', body, agent });
        expect(answer).toMatchObject({ status: 445, body: 'blocked' });
      }
      expect((await nginx.ask('/', undefined, { method: 'POST', body, agent })).status).toBe(200);
      expect(await statusByHttp2(nginx.port, { [HEADER]: 'types=sqli' })).toBe(445);
      expect(await statusByHttp2(nginx.port, {})).toBe(200);
    });

    test('4.1: pages by type; a type without a page has 403', async () => {
      const nginx = await start(kit, {
        server: `wallarm_mode block; ${PASS}
          wallarm_block_page @ip type=acl_ip; wallarm_block_page @source type=acl_source;
          location /attack { wallarm_block_page @attack; }
          location @ip { return 441; } location @source { return 442; } location @attack { return 443; }`,
      });
      expect((await nginx.ask('/', 'acl=deny:ip')).status).toBe(441);
      for (const source of ['country', 'proxy', 'datacenter', 'tor']) {
        expect((await nginx.ask('/', `acl=deny:${source}`)).status).toBe(442);
      }
      expect((await nginx.ask('/', 'types=sqli')).status).toBe(403);
      expect((await nginx.ask('/attack', 'types=sqli')).status).toBe(443);
      expect((await nginx.ask('/attack', 'antibot=1')).status).toBe(443);
      // Pages of an outer level are replaced, not added to.
      expect((await nginx.ask('/attack', 'acl=deny')).status).toBe(403);
    });

    test('4.1, 4.2: a variable names the page; a file must be registered', async () => {
      const { directory, page } = pageFile('page for ${remote_addr}');
      const other = path.join(directory, 'other.html');
      writeFileSync(other, '');
      const nginx = await start(
        kit,
        {
          http: `wallarm_block_page_add_dynamic_path ${page};
            map $arg_p $page { file "&${page}"; other "&${other}"; named "@block"; away "/away"; default ""; }`,
          server: `wallarm_mode block; wallarm_block_page $page response_code=445; ${PASS}
            location @block { return 446; }`,
        },
        directory,
      );
      expect(await nginx.ask('/?p=file', 'types=sqli')).toMatchObject({ status: 445, body: 'page for 127.0.0.1' });
      expect((await nginx.ask('/?p=named', 'types=sqli')).status).toBe(446);
      expect((await nginx.ask('/?p=away', 'types=sqli')).status).toBe(302);
      expect((await nginx.ask('/?p=none', 'types=sqli')).status).toBe(403);
      expect((await nginx.ask('/?p=other', 'types=sqli')).status).toBe(500);
      expect(nginx.errors()).toContain('is not registered by wallarm_block_page_add_dynamic_path');
    });

    test('4: the access phase is not reached by a request that the rewrite phase answers', async () => {
      const nginx = await start(kit, { server: `wallarm_mode block; ${STATUS} location / { return 204; }` });
      expect((await nginx.ask('/', 'types=sqli')).status).toBe(204);
      expect(await nginx.status()).toMatchObject({ requests: 0, attacks: 0 });
    });
  });

  describe('statistics service', () => {
    const KEYS_5 =
      'requests attacks blocked blocked_by_acl acl_allow_list abnormal tnt_errors api_errors requests_lost ' +
      'overlimits_time segfaults memfaults softmemfaults proton_errors time_detect db_id lom_id custom_ruleset_id ' +
      'custom_ruleset_ver db_apply_time lom_apply_time custom_ruleset_apply_time proton_instances ' +
      'stalled_workers_count stalled_workers ts_files db_files startid timestamp rate_limit split';
    const KEYS_6_13 =
      'requests streams messages attacks blocked blocked_by_acl blocked_by_antibot bytes_in bytes_out ' +
      'bytes_blocked_in bytes_blocked_out bytes_blocked_by_acl_in bytes_blocked_by_acl_out tnt_errors api_errors ' +
      'requests_lost overlimits_time segfaults memfaults softmemfaults proton_errors time_detect db_id lom_id ' +
      'custom_ruleset_id custom_ruleset_ver db_apply_time lom_apply_time custom_ruleset_apply_time ' +
      'proton_instances stalled_workers_count stalled_workers ts_files db_files startid compatibility ' +
      'config_revision rate_limit timestamp split';

    test.each([
      { version: '5.3.19', keys: KEYS_5 },
      { version: '6.13.0', keys: KEYS_6_13 },
      { version: '7.1.0', keys: KEYS_6_13 },
    ])('1.4: JSON keys of $version', async ({ version, keys }) => {
      const nginx = await start(kit, { version, server: MODE_BY_QUERY });
      const answer = await nginx.ask('/wallarm-status');
      expect(answer.headers['content-type']).toBe('application/json');
      const status = JSON.parse(answer.body) as Status;
      expect(Object.keys(status)).toEqual(keys.split(' '));
      expect(status['proton_instances']).toEqual({ total: 1, success: 1, fallback: 0, failed: 0 });
      expect(Object.keys(status['rate_limit'] as object)).toEqual(
        'shm_zone_size buckets_count entries delayed exceeded expired removed no_free_nodes'.split(' '),
      );
      expect(status['db_files']).toEqual([
        { id: 73, size: 139094, mod_time: status['db_apply_time'], fname: '/etc/wallarm/proton.db' },
      ]);
      expect(status.split.clients).toEqual([expect.objectContaining({ client_id: null, applications: [] })]);
    });

    test.each(VERSIONS.map((version) => ({ version })))('1.4: keys that came and went, in $version', async ({ version }) => {
      const nginx = await start(kit, { version, server: STATUS });
      const status = await nginx.status();
      const has = (key: string): boolean => Object.hasOwn(status, key);
      const since = (first: string): boolean => !isOlder(version, first);
      expect(has('acl_allow_list')).toBe(!since('6.0.0'));
      expect(has('abnormal')).toBe(!since('6.8.0'));
      expect(has('blocked_by_antibot')).toBe(since('6.0.0'));
      expect(has('bytes_in')).toBe(since('6.0.0'));
      expect(has('compatibility')).toBe(since('6.0.0'));
      expect(has('streams')).toBe(since('6.2.0'));
      expect(has('messages')).toBe(since('6.2.0'));
      expect(has('bytes_blocked_by_acl_out')).toBe(since('6.10.2'));
    });

    test('1.4: 5.x is written in several lines with escaped slashes, later versions are not', async () => {
      const old = await start(kit, { version: '5.3.19', server: STATUS });
      const five = (await old.ask('/wallarm-status')).body;
      expect(five).toContain('"fname":"\\/etc\\/wallarm\\/proton.db"');
      expect(five.split('\n').length).toBeGreaterThan(1);
      const current = await start(kit, { server: STATUS });
      const six = (await current.ask('/wallarm-status')).body;
      expect(six).not.toMatch(/\\|\n/);
    });

    test('1.4: what is counted, in total and by application, over all workers', async () => {
      const nginx = await start(kit, {
        http: 'map $arg_a $application { 7 7; 9 9; bad x; default -1; }',
        server: `wallarm_application $application; ${MODE_BY_QUERY}`,
      });
      const requests: [target: string, double: string][] = [
        ['/?m=block&a=7', 'cpu=0.25'],
        ['/?m=block&a=7', 'types=sqli|xss; cpu=1.000001'],
        ['/?m=monitoring&a=9', 'types=sqli'],
        ['/?m=monitoring&a=9', 'acl=deny'],
        ['/?m=block', 'types=overlimit_res'],
        ['/?m=block&a=bad', 'antibot=1'],
        ['/?m=block', 'types=sqli; acl=allow'],
        ['/?m=off&a=7', 'types=sqli'],
        ['/?m=off&a=11', ''],
      ];
      for (const [target, double] of requests) await nginx.ask(target, double);
      const status = await nginx.status();
      expect(status).toMatchObject({
        requests: 7,
        attacks: 3,
        blocked: 4,
        blocked_by_acl: 1,
        blocked_by_antibot: 1,
        overlimits_time: 1,
        time_detect: 1.250001,
      });
      const zero = { streams: 0, messages: 0, blocked_by_acl: 0, blocked_by_antibot: 0, overlimits_time: 0 };
      expect(status.split.clients[0]?.applications).toEqual([
        { ...zero, app_id: 7, requests: 2, attacks: 1, blocked: 1, time_detect: 1.250001 },
        { ...zero, app_id: 9, requests: 2, attacks: 1, blocked: 1, blocked_by_acl: 1, time_detect: 0 },
        {
          ...zero,
          app_id: -1,
          requests: 3,
          attacks: 1,
          blocked: 2,
          blocked_by_antibot: 1,
          overlimits_time: 1,
          time_detect: 0,
        },
      ]);
      expect(nginx.errors()).toContain('invalid application "x", taken as -1');
    });

    test('1.4: 5.x counts abnormal and allowlisted requests, and sums up lost ones', async () => {
      const nginx = await start(kit, { version: '5.3.19', server: MODE_BY_QUERY });
      await nginx.ask('/?m=block', 'acl=allow');
      await nginx.ask('/?m=block', 'add=tnt_errors:2|api_errors:3');
      expect(await nginx.status()).toMatchObject({ requests: 2, abnormal: 2, acl_allow_list: 1, requests_lost: 5 });
    });

    test('1.4: concurrent requests on two workers are all counted', async () => {
      const nginx = await start(kit, { server: MODE_BY_QUERY });
      await Promise.all(Array.from({ length: 100 }, () => nginx.ask('/?m=block', 'types=sqli')));
      expect(await nginx.status()).toMatchObject({ requests: 100, attacks: 100, blocked: 100 });
    });

    test('1.4: one request counts once, whatever internal redirects and subrequests it makes', async () => {
      const nginx = await start(kit, {
        server: `wallarm_mode block; ${STATUS} ${PASS}
          location /sub { auth_request /auth; try_files /none /again; }
          location = /auth { try_files /none @passed; }
          location /again { error_page 404 = @passed; }`,
      });
      expect((await nginx.ask('/sub')).status).toBe(200);
      expect(await nginx.status()).toMatchObject({ requests: 1 });
    });

    test('1.4: traffic is counted in every mode, but not that of the service', async () => {
      const nginx = await start(kit, { server: MODE_BY_QUERY });
      const raw = (target: string): number => `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${nginx.port}\r\n`.length;
      const before = await settled(nginx);
      const { body } = await nginx.ask('/?m=off');
      await nginx.ask('/?m=block', 'types=sqli');
      await nginx.ask('/?m=block', 'acl=deny');
      const after = await eventually(async () => {
        const now = await nginx.status();
        return Number(now['bytes_blocked_by_acl_out']) > 0 ? now : undefined;
      }, 'traffic is counted');
      expect(Number(after['bytes_in']) - Number(before['bytes_in'])).toBeGreaterThan(3 * raw('/?m=off'));
      expect(Number(after['bytes_out']) - Number(before['bytes_out'])).toBeGreaterThan(3 * 100 + body.length);
      expect(Number(after['bytes_blocked_in'])).toBeGreaterThan(raw('/?m=block'));
      expect(Number(after['bytes_blocked_by_acl_in'])).toBeGreaterThan(raw('/?m=block'));
      expect(await settled(nginx)).toMatchObject({ bytes_in: after['bytes_in'], bytes_out: after['bytes_out'] });
    });

    test('1.4: the service does not count its own requests, in no mode', async () => {
      const nginx = await start(kit, {
        server: 'wallarm_mode block; location /wallarm-status { wallarm_status on; }',
      });
      await nginx.status();
      expect(await nginx.status()).toMatchObject({ requests: 0 });
      expect((await nginx.ask('/wallarm-status', 'acl=deny')).status).toBe(403);
    });

    test('1.4: the timestamp moves with requests only', async () => {
      const nginx = await start(kit, { server: MODE_BY_QUERY });
      const first = (await nginx.status())['timestamp'];
      await nginx.ask('/?m=off');
      expect((await nginx.status())['timestamp']).toBe(first);
      await nginx.ask('/?m=block');
      const second = Number((await nginx.status())['timestamp']);
      expect(second).toBeGreaterThan(Number(first));
      expect(Math.abs(second - Date.now() / 1000)).toBeLessThan(60);
      expect((await nginx.ask('/wallarm-status')).body).toMatch(/"timestamp":\d{10}\.\d{6},/);
    });

    test('1.4: startid is above 2^63; it and the counters outlive a reload and not a restart', async () => {
      const startId = (text: string): string => /"startid":(\d+)/.exec(text)?.[1] ?? '';
      const nginx = await start(kit, { server: MODE_BY_QUERY });
      const first = startId((await nginx.ask('/wallarm-status')).body);
      expect(BigInt(first)).toBeGreaterThan(2n ** 63n);
      await nginx.ask('/?m=block');
      nginx.reload();
      const exits = /worker process \d+ exited with code 0/g;
      await eventually(() => (nginx.errors().match(exits)?.length === 2 ? true : undefined), 'both workers are new');
      expect(startId((await nginx.ask('/wallarm-status')).body)).toBe(first);
      expect(await nginx.status()).toMatchObject({ requests: 1 });
      const other = await start(kit, { server: MODE_BY_QUERY });
      expect(startId((await other.ask('/wallarm-status')).body)).not.toBe(first);
    });

    test('a test adds to any number', async () => {
      const nginx = await start(kit, { server: MODE_BY_QUERY });
      const keys = 'tnt_errors:1|segfaults:2|proton_instances.failed:3|stalled_workers_count:4|rate_limit.removed:5';
      await nginx.ask('/?m=off', `add=${keys}`);
      await nginx.ask('/?m=block', 'add=tnt_errors:10|streams:3');
      expect(await nginx.status()).toMatchObject({
        tnt_errors: 11,
        segfaults: 2,
        stalled_workers_count: 4,
        streams: 3,
        requests: 1,
        proton_instances: { failed: 3 },
        rate_limit: { removed: 5 },
        split: { clients: [{ streams: 3, applications: [{ app_id: -1, streams: 3 }] }] },
      });
    });

    test('1.3, 1.5: Prometheus text', async () => {
      const nginx = await start(kit, {
        server: `${MODE_BY_QUERY} location /metrics { wallarm_mode off; wallarm_status on format=prometheus; }`,
      });
      await nginx.ask('/?m=block', 'types=sqli; cpu=0.5');
      const { body, headers } = await nginx.ask('/metrics');
      expect(headers['content-type']).toBe('text/plain');
      expect(body).toContain(
        '# HELP wallarm_requests requests count\n# TYPE wallarm_requests gauge\nwallarm_requests 1\n' +
          '# HELP wallarm_streams requests count\n# TYPE wallarm_streams gauge\nwallarm_streams 0\n',
      );
      expect(body).toContain('# TYPE wallarm_bytes_blocked_in counter\n');
      expect(body).toContain('\nwallarm_time_detect_seconds 0.500000\n');
      expect(body).toContain('\nwallarm_custom_ruleset_id{format="54"} 102\n');
      expect(body).toContain('\nwallarm_proton_instances{status="success"} 1\n');
      expect(body).toContain('# HELP wallarm_rate_limit_expired expired keys \n');
      expect(body).toContain('# HELP wallarm_compatibility unique start id\n');
      expect(body).toContain(
        '# TYPE wallarm_stalled_worker_time_seconds gauge\n# HELP wallarm_startid unique start id\n',
      );
      expect(body).toMatch(/\nwallarm_startid \d{19,20}\n/);
      expect(body.endsWith('wallarm_apifw_subrequest_timeouts 0\n')).toBe(true);
      expect(body).not.toMatch(/wallarm_abnormal|wallarm_timestamp|wallarm_proton_instances_total|EOF/);
      for (const line of body.trimEnd().split('\n')) {
        expect(line).toMatch(/^(?:# (?:HELP|TYPE) wallarm_\w+ .+|wallarm_\w+(?:\{\w+="\w+"\})? \d+(?:\.\d+)?)$/);
      }
    });

    test('1.5: Prometheus text of 5.x', async () => {
      const nginx = await start(kit, {
        version: '5.3.19',
        server: 'location /wallarm-status { wallarm_status on format=prometheus; }',
      });
      const { body } = await nginx.ask('/wallarm-status');
      expect(body).toContain('# HELP wallarm_tnt_errors tarantool write errors count\n');
      expect(body).toContain('# HELP wallarm_custom_ruleset_ver custom ruleset file format version\n');
      expect(body).toContain('wallarm_stalled_worker_time_seconds gauge\n\n# HELP wallarm_startid');
      expect(body).toContain('wallarm_abnormal 0\n');
      expect(body).not.toMatch(/wallarm_(?:streams|bytes_in|compatibility|rate_limit|apifw|blocked_by_antibot)/);
    });

    test('1.3: the query chooses the format since 6.12.0', async () => {
      const server = `${STATUS} location /p { wallarm_status on format=prometheus; }`;
      const isText = ({ body }: Answer): boolean => body.startsWith('# HELP');
      const old = await start(kit, { version: '6.11.0', server });
      expect(isText(await old.ask('/wallarm-status?format=prometheus'))).toBe(false);
      const current = await start(kit, { version: '6.12.0', server });
      expect(isText(await current.ask('/wallarm-status?format=prometheus'))).toBe(true);
      expect(isText(await current.ask('/p?format=json'))).toBe(false);
      expect(isText(await current.ask('/p?format=xml'))).toBe(true);
    });

    test('1.3: it may be switched on for a server and off for a location; it answers GET and HEAD', async () => {
      const nginx = await start(kit, { server: 'wallarm_status on; location /app { wallarm_status off; }' });
      expect(await nginx.status()).toMatchObject({ requests: 0 });
      expect((await nginx.ask('/app')).status).toBe(404);
      expect(await nginx.ask('/wallarm-status', undefined, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
      expect((await nginx.ask('/wallarm-status', undefined, { method: 'POST' })).status).toBe(405);
    });

    test("1.2: the vendor's default server answers, and only its network may ask", async () => {
      const statusPort = await freePort('127.0.0.8');
      const nginx = await start(kit, {
        http: `server {
            listen 127.0.0.8:${statusPort};
            server_name localhost;
            allow 127.0.0.0/8;
            deny all;
            wallarm_mode off;
            disable_acl "on";
            wallarm_enable_apifw off;
            access_log off;
            location /wallarm-status { wallarm_status on; }
          }`,
        server: MODE_BY_QUERY,
      });
      await nginx.ask('/?m=block');
      const address = { host: '127.0.0.8', port: statusPort };
      const answer = await nginx.ask('/wallarm-status-prometheus', 'acl=deny', address);
      expect(JSON.parse(answer.body)).toMatchObject({ requests: 1, blocked: 0 });
    });
  });

  test('the shared object is compiled once per node version', async () => {
    const [first, second, other] = await Promise.all([
      ensureDouble(kit, LATEST_6),
      ensureDouble(kit, LATEST_6),
      ensureDouble(kit, '7.1.0'),
    ]);
    expect(second).toBe(first);
    expect(other).not.toBe(first);
    await expect(ensureDouble(kit, 'latest')).rejects.toThrow('"latest" is no node version');
  });

  test('a kit without headers is told how to get them', async () => {
    const { dev: _, ...bare } = kit;
    await expect(ensureDouble(bare, LATEST_6)).rejects.toThrow('ensureKit(name, { dev: true })');
  });
});

test('without a compiler the reason and the apt-get line are told', async () => {
  vi.stubEnv('PATH', '/nonexistent');
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(await whyNoDouble()).toMatch(/cc is not installed .*: apt-get install .*gcc make libc6-dev$/);
});

function readLog(directory: string): string | undefined {
  try {
    const text = readFileSync(path.join(directory, 'probe.log'), 'utf8');
    return text.endsWith('\n') ? text : undefined;
  } catch {
    return undefined;
  }
}

/** The status once the log phase of former requests is over: two readings agree. */
async function settled(nginx: Running): Promise<Status> {
  let last = await nginx.status();
  return await eventually(async () => {
    const now = await nginx.status();
    const same = now['bytes_out'] === last['bytes_out'];
    last = now;
    return same ? now : undefined;
  }, 'traffic is settled');
}

function statusByHttp2(port: number, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const session = http2.connect(`http://127.0.0.1:${port}`);
    session.once('error', reject);
    const stream = session.request({ ':path': '/', ...headers });
    stream.once('response', (answer) => {
      resolve(Number(answer[':status']));
      stream.close();
      session.close();
    });
    stream.once('error', reject);
    stream.end();
  });
}
