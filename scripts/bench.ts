/**
 * `npm run bench`: what wallguard costs, as ratios measured side by side.
 *
 * NGINX has one core, load and upstream the other. All designs of a round run one after the other and rounds are
 * interleaved (A B C A B C …); medians are compared, so a slow moment of the machine hits all of them.
 *
 * Options: `--rounds N` (5), `--seconds N` (2), `--write FILE` (Markdown), `--kit NAME` (all kits).
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { requestFields } from '../schema/telemetry.ts';
import { load, loadCore, median, nginxCore, type Load, type Target } from './bench/load.ts';
import { constants, luaLog } from './bench/lua-log.ts';
import { ensureKit, KIT_NAMES, type JsEngine, type Kit } from './kits/kit.ts';
import { freePort, startSite, type Site } from './site.ts';

interface Design extends Target {
  readonly name: string;
}

/** A ratio of requests per second that the project promises. */
interface Goal {
  readonly of: string;
  readonly to: string;
  readonly atLeast: number;
}

const goals: readonly Goal[] = [
  { of: 'wallguard, clean', to: 'native JSON log', atLeast: 0.95 },
  { of: 'wallguard, clean', to: 'Lua JSON log', atLeast: 1 },
  { of: 'wallguard, blocked', to: 'static 403', atLeast: 0.3 },
  { of: 'wallguard, blocked natively', to: 'static 403', atLeast: 0.9 },
  // The plain static 403 writes no log line and sends none of the page's headers.
  { of: 'wallguard, blocked natively', to: 'static 403, same log and headers', atLeast: 0.9 },
];

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    write: { type: 'string' },
    kit: { type: 'string' },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const browser = ['Accept: text/html', 'Accept-Language: en'];

async function main(): Promise<void> {
  requireTools();
  const report: string[] = [
    `Machine: ${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores; Node ${process.version}.`,
  ];
  report.push(
    `${rounds} interleaved rounds of ${seconds} s, wrk with 32 connections; NGINX on one core, load and upstream on the other.`,
  );
  for (const name of KIT_NAMES.filter((kit) => options.kit === undefined || kit === options.kit)) {
    const kit = await ensureKit(name);
    for (const engine of kit.engines) {
      report.push('', ...(await benchBuild(kit, engine)));
      process.stderr.write('\n');
    }
  }
  const text = `${report.join('\n')}\n`;
  process.stdout.write(text);
  if (options.write !== undefined) {
    writeFileSync(
      options.write,
      `# Benchmarks\n\nPrinted by \`npm run bench -- --write ${options.write}\`.\n\n${text}`,
    );
  }
}

function requireTools(): void {
  for (const [tool, debianPackage] of [
    ['wrk', 'wrk'],
    ['taskset', 'util-linux'],
  ]) {
    if (spawnSync('which', [tool ?? '']).status !== 0) {
      process.stderr.write(`bench: ${tool} is missing; as root: apt-get install -y ${debianPackage}\n`);
      process.exit(1);
    }
  }
  if (cpus().length < 2) {
    process.stderr.write('bench: needs two cores, one for NGINX and one for the load\n');
    process.exit(1);
  }
}

async function benchBuild(kit: Kit, engine: JsEngine): Promise<string[]> {
  const root = mkdtempSync(path.join(tmpdir(), 'wallguard-bench-'));
  chmodSync(root, 0o755);
  const sites: Site[] = [];
  try {
    const upstream = await startOn(loadCore, kit, engine, path.join(root, 'upstream'), {
      locations: ['location / {', '    default_type text/plain;', '    return 200 "upstream\\n";', '}'],
      settings: { access_log: 'off' },
    });
    sites.push(upstream);
    const designs = await measuredSites(kit, engine, root, upstream.urls.app, sites);
    const samples = new Map<string, Load[]>(designs.map(({ name }) => [name, []]));
    for (const design of designs) await load(design, 1);
    for (let round = 0; round < rounds; round += 1) {
      for (const design of designs) {
        process.stderr.write(
          `\rnginx ${kit.nginxVersion} njs ${kit.njsVersion} ${engine}: round ${round + 1} of ${rounds}  `,
        );
        samples.get(design.name)?.push(await load(design, seconds));
      }
    }
    return table(`NGINX ${kit.nginxVersion}, njs ${kit.njsVersion}, engine ${engine}`, samples);
  } finally {
    for (const site of sites) await site.stop();
    rmSync(root, { recursive: true, force: true });
  }
}

/** Starts a site and pins its processes to one core. */
async function startOn(
  core: string,
  kit: Kit,
  jsEngine: JsEngine,
  directory: string,
  options: Omit<Parameters<typeof startSite>[0], 'kit' | 'jsEngine' | 'directory'>,
): Promise<Site> {
  const site = await startSite({
    ...options,
    kit: { ...kit, nginx: ['taskset', '-c', core, ...kit.nginx] },
    jsEngine,
    directory,
    httpLines: ['keepalive_requests 10000000;', ...(options.httpLines ?? [])],
  });
  return site;
}

async function measuredSites(
  kit: Kit,
  engine: JsEngine,
  root: string,
  upstream: string,
  sites: Site[],
): Promise<Design[]> {
  const directory = path.join(root, 'main');
  const nativeDirectory = path.join(root, 'native');
  const bare = await freePort();
  const json = await freePort();
  const luaPort = await freePort();
  const still = await freePort();
  const equal = await freePort();
  const page = path.join(root, 'page.html');
  writeFileSync(page, 'x');
  const lua = kit.modules.lua;
  const luaLines = lua === undefined ? undefined : luaLog(root);
  const proxied = [
    'location / {',
    '    proxy_pass http://app;',
    '    proxy_http_version 1.1;',
    '    proxy_set_header Connection "";',
    '}',
  ];
  const plainFormat = requestFields.map(({ key, native }) => `"${key}":${constants[key] ?? native}`).join(',');
  const common = [
    `upstream app { server ${upstream.replace('http://', '')}; keepalive 64; }`,
    ...server(still, [
      'access_log off;',
      'error_page 403 /page.html;',
      `location = /page.html { internal; root ${root}; }`,
      'location / { return 403; }',
    ]),
  ];
  const native = await startOn(nginxCore, kit, engine, nativeDirectory, {
    settings: { engine: 'none', access_log: 'off', telemetry: { flush: '1s' }, block_page: { native_for_lists: true } },
    locations: proxied,
    httpLines: common.slice(0, 1),
  });
  sites.push(native);
  const headers = await pageHeaders(`${native.urls.app}/wallarm-status`);
  const main = await startOn(nginxCore, kit, engine, directory, {
    settings: { engine: 'none', access_log: 'off', telemetry: { flush: '1s' } },
    locations: proxied,
    mainLines: lua === undefined ? [] : [`load_module ${lua.ndk};`, `load_module ${lua.lua};`],
    httpLines: [
      ...common,
      `log_format bench_plain escape=json '{${plainFormat}}';`,
      ...(lua === undefined || luaLines === undefined ? [] : [`lua_package_path "${lua.path};;";`, ...luaLines.http]),
      ...server(bare, ['access_log off;', ...proxied]),
      ...server(equal, [
        `access_log ${directory}/log/equal.jsonl bench_plain buffer=64k flush=1s;`,
        'error_page 403 /page.html;',
        `location = /page.html { internal; root ${root}; ${headers.join(' ')} }`,
        'location / { return 403; }',
      ]),
      ...server(json, [`access_log ${directory}/log/plain.jsonl bench_plain buffer=64k flush=1s;`, ...proxied]),
      ...(luaLines === undefined ? [] : server(luaPort, [...luaLines.server, ...proxied])),
    ],
  });
  sites.push(main);
  const blocked = `${main.urls.app}/wallarm-status`;
  const answer = await fetch(blocked, { headers: { Accept: 'text/html', 'Accept-Language': 'en' } });
  const body = await answer.text();
  if (answer.status !== 403 || !body.includes('<html')) {
    throw new Error(`${blocked} gave ${answer.status}, not the blocking page:\n${body.slice(0, 200)}`);
  }
  writeFileSync(page, 'x'.repeat(Buffer.byteLength(body)));
  const here = (port: number): string => `http://127.0.0.1:${port}/`;
  return [
    { name: 'bare NGINX', url: here(bare), pid: main.pid },
    { name: 'native JSON log', url: here(json), pid: main.pid },
    { name: 'wallguard, clean', url: `${main.urls.app}/`, pid: main.pid },
    ...(luaLines === undefined ? [] : [{ name: 'Lua JSON log', url: here(luaPort), pid: main.pid }]),
    { name: 'static 403', url: here(still), pid: main.pid },
    { name: 'static 403, same log and headers', url: here(equal), pid: main.pid },
    { name: 'wallguard, blocked', url: blocked, headers: browser, pid: main.pid },
    {
      name: 'wallguard, blocked natively',
      url: `${native.urls.app}/wallarm-status`,
      headers: browser,
      pid: native.pid,
    },
  ];
}

/** The page's own headers as `add_header` lines; what NGINX sends by itself is left out. */
async function pageHeaders(url: string): Promise<string[]> {
  const answer = await fetch(url, { headers: { Accept: 'text/html', 'Accept-Language': 'en' } });
  await answer.text();
  const own = ['connection', 'content-length', 'content-type', 'date', 'server'];
  return [...answer.headers]
    .filter(([name]) => !own.includes(name))
    .map(
      ([name, value]) =>
        `add_header ${name} ${name === 'x-request-id' ? '$request_id' : JSON.stringify(value)} always;`,
    );
}

function server(port: number, lines: readonly string[]): string[] {
  return ['server {', `    listen 127.0.0.1:${port};`, ...lines.map((line) => `    ${line}`), '}'];
}

function table(title: string, samples: ReadonlyMap<string, readonly Load[]>): string[] {
  const rate = (name: string): number => median((samples.get(name) ?? []).map((sample) => sample.requestsPerSecond));
  const cpu = (name: string): number => median((samples.get(name) ?? []).map((sample) => sample.cpuMicroseconds));
  const lines = [
    `## ${title}`,
    '',
    '| design | requests/s | CPU µs/request | to bare |',
    '| --- | ---: | ---: | ---: |',
  ];
  for (const name of samples.keys()) {
    lines.push(
      `| ${name} | ${Math.round(rate(name))} | ${cpu(name).toFixed(1)} | ${(rate(name) / rate('bare NGINX')).toFixed(2)} |`,
    );
  }
  lines.push('', '| ratio | measured | goal | |', '| --- | ---: | ---: | --- |');
  for (const { of, to, atLeast } of goals) {
    // Ratios are taken within a round, where both ran seconds apart, and their median counts.
    const ratio = median(
      (samples.get(of) ?? []).map(
        (sample, round) => sample.requestsPerSecond / (samples.get(to)?.[round]?.requestsPerSecond ?? Number.NaN),
      ),
    );
    const verdict = Number.isNaN(ratio) ? 'not measured' : ratio >= atLeast ? 'met' : '**missed**';
    lines.push(`| ${of} / ${to} | ${ratio.toFixed(2)} | ≥ ${atLeast} | ${verdict} |`);
  }
  return lines;
}

await main();
