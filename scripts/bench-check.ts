/**
 * `npm run bench:check`: how long `wallguard check`, all checks on, takes for a configuration of ten thousand servers,
 * against `nginx -t` on the same files.
 *
 * Both run as processes of their own, in turn; medians are compared. Options: `--rounds N` (5), `--servers N` (10000).
 */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { median } from './bench/load.ts';
import { buildAll } from './bundle.ts';
import { ensureKit, type Kit } from './kits/kit.ts';
import { repositoryRoot } from './kits/repository.ts';

/** What the project promises. */
const mostTimes = 3;
const mostBytes = 1024 ** 3;

const serversPerFile = 100;
/** How often the memory of a process is looked at; the kernel keeps its highest value. */
const lookEveryMs = 10;

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, servers: { type: 'string', default: '10000' } },
});

interface Run {
  readonly ms: number;
  readonly bytes: number;
}

async function main(): Promise<void> {
  const kit = await ensureKit('debian-testing');
  await buildAll();
  const directory = mkdtempSync(path.join(tmpdir(), 'wallguard-bench-check-'));
  try {
    const { nginxTest, check } = prepare(directory, kit, Number(values.servers));
    const runs = { nginx: [] as Run[], wallguard: [] as Run[] };
    for (let round = 0; round < Number(values.rounds); round++) {
      runs.nginx.push(await run(nginxTest, [0]));
      runs.wallguard.push(await run(check, [0, 1]));
    }
    report(runs.nginx, runs.wallguard);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function report(nginx: readonly Run[], wallguard: readonly Run[]): void {
  const [nginxMs, wallguardMs] = [nginx, wallguard].map((runs) => median(runs.map(({ ms }) => ms))) as [number, number];
  const bytes = Math.max(...wallguard.map((one) => one.bytes));
  const ratio = wallguardMs / nginxMs;
  process.stdout.write(
    [
      `${values.servers} servers, ${values.rounds} rounds, medians:`,
      `nginx -t         ${nginxMs.toFixed(0).padStart(6)} ms`,
      `wallguard check  ${wallguardMs.toFixed(0).padStart(6)} ms  (its own nginx -t included)`,
      `ratio            ${ratio.toFixed(2).padStart(6)}     at most ${mostTimes}`,
      `memory           ${(bytes / 1024 ** 2).toFixed(0).padStart(6)} MiB at most ${mostBytes / 1024 ** 2}`,
      '',
    ].join('\n'),
  );
  if (ratio > mostTimes || bytes > mostBytes) process.exitCode = 1;
}

/** Writes the configuration; the commands to compare. */
function prepare(directory: string, kit: Kit, servers: number): { nginxTest: string[]; check: string[] } {
  mkdirSync(path.join(directory, 'conf.d'));
  const main = path.join(directory, 'nginx.conf');
  writeFileSync(main, mainConfig(directory));
  for (let first = 0; first < servers; first += serversPerFile) {
    const numbers = Array.from({ length: Math.min(serversPerFile, servers - first) }, (_, index) => first + index);
    const file = path.join(directory, 'conf.d', `${String(first).padStart(6, '0')}.conf`);
    writeFileSync(file, numbers.map(serverConfig).join('\n'));
  }
  // One path for --nginx, although the kit needs its own loader in front of the binary.
  const nginx = path.join(directory, 'nginx');
  writeFileSync(nginx, `#!/bin/sh\nexec ${kit.nginx.map((word) => `'${word}'`).join(' ')} "$@"\n`);
  chmodSync(nginx, 0o755);
  return {
    nginxTest: [nginx, '-t', '-p', directory, '-c', main, '-e', path.join(directory, 'error.log')],
    check: [process.execPath, path.join(repositoryRoot, 'bin/wallguard.mjs'), 'check', '--nginx', nginx, main],
  };
}

function mainConfig(directory: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events {}
http {
    server_names_hash_max_size 65536;
    server_names_hash_bucket_size 128;
${temporary.map((name) => `    ${name}_temp_path ${directory}/${name};\n`).join('')}    access_log ${directory}/access.log;
    upstream app {
        server 127.0.0.1:9000;
        keepalive 16;
    }
    include conf.d/*.conf;
}
`;
}

function serverConfig(number: number): string {
  return `server {
    listen 127.0.0.1:8080;
    server_name shop${number}.example www.shop${number}.example;
    client_max_body_size 10m;
    error_page 502 504 /unavailable.html;

    location / {
        proxy_pass http://app;
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        proxy_set_header Connection "";
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_connect_timeout 5s;
        proxy_read_timeout 60s;
        proxy_send_timeout 60s;
    }

    location /static/ {
        root /srv/shop${number};
        expires 1h;
    }
}
`;
}

/** @param expected  exit codes that mean that the work was done */
function run([command = '', ...args]: readonly string[], expected: readonly number[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    let bytes = 0;
    const look = setInterval(() => (bytes = Math.max(bytes, highestMemory(child.pid))), lookEveryMs);
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.once('error', reject);
    child.once('close', (code) => {
      clearInterval(look);
      if (expected.includes(code ?? -1)) resolve({ ms: performance.now() - start, bytes });
      else reject(new Error(`${command} ended with ${code}: ${said}`));
    });
  });
}

function highestMemory(pid: number | undefined): number {
  const file = `/proc/${pid}/status`;
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
}

await main();
