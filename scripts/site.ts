/**
 * A running site: an NGINX of a kit with the drop-in for given settings, everything in one directory.
 * The demo, the tests and the benches all start their NGINX here.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import path from 'node:path';
import { stringify } from 'yaml';
import type { z } from 'zod';
import { settingsSchema, type Settings } from '../schema/settings.ts';
import { generate } from '../tools/src/generate/generate.ts';
import { buildNjs } from './bundle.ts';
import type { JsEngine, Kit } from './kits/kit.ts';
import { repositoryRoot } from './kits/repository.ts';

type SettingsInput = z.input<typeof settingsSchema>;

export interface SiteOptions {
  readonly kit: Kit;
  /** Empty or missing directory that the worker user can reach; it is created and kept. */
  readonly directory: string;
  readonly jsEngine?: JsEngine;
  /** Settings on top of the site's own paths and ports. */
  readonly settings?: SettingsInput;
  /** Where the protected server proxies to, such as `http://127.0.0.1:3000`. */
  readonly upstream?: string;
  readonly ports?: Partial<SitePorts>;
  readonly workers?: number;
  /** The Wallarm module to load with `engine: wallarm`. */
  readonly wallarmModule?: string;
  /** Further lines for the main context, the http block and the protected server. */
  readonly mainLines?: readonly string[];
  readonly httpLines?: readonly string[];
  readonly serverLines?: readonly string[];
  /** Further options of the protected server's `listen`. */
  readonly listenOptions?: string;
  /** Replaces `location / { … }` of the protected server. */
  readonly locations?: readonly string[];
}

export interface SitePorts {
  readonly app: number;
  readonly monitor: number;
  readonly status: number;
}

export interface SiteFiles {
  readonly telemetry: string;
  readonly auditLog: string;
  readonly errorLog: string;
  readonly accessLog: string;
  readonly nginxConf: string;
  readonly settings: string;
  readonly pid: string;
  /** The control API. */
  readonly controlSocket: string;
}

export interface Site {
  readonly ports: SitePorts;
  readonly urls: { readonly app: string; readonly monitor: string; readonly status: string };
  readonly files: SiteFiles;
  readonly settings: Settings;
  /** Process id of the master. */
  readonly pid: number;
  /** Settles when NGINX ends. */
  readonly ended: Promise<void>;
  reload(): void;
  /** Everything in the error log so far. */
  errors(): string;
  /** Ends NGINX and waits for it. */
  stop(): Promise<void>;
}

/** NGINX refused the configuration or did not start; the message holds what it said. */
export class SiteError extends Error {
  override readonly name = 'SiteError';
}

/** Writes the configuration of a site without starting it. */
export async function writeSite(
  options: SiteOptions,
): Promise<Omit<Site, 'pid' | 'ended' | 'reload' | 'stop' | 'errors'>> {
  const { directory } = options;
  const prefix = path.join(directory, 'nginx');
  const logs = path.join(directory, 'log');
  for (const folder of [
    prefix,
    logs,
    path.join(directory, 'tmp'),
    path.join(directory, 'run'),
    path.join(directory, 'cores'),
    path.join(directory, 'state'),
  ]) {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
  }
  chmodSync(path.join(directory, 'cores'), 0o1777);
  // NGINX's workers keep the lists there; as root they run as another user.
  chmodSync(path.join(directory, 'state'), process.getuid?.() === 0 ? 0o1777 : 0o700);
  const ports: SitePorts = {
    app: options.ports?.app ?? (await freePort()),
    monitor: options.ports?.monitor ?? (await freePort()),
    status: options.ports?.status ?? (await freePort('127.0.0.8')),
  };
  const files: SiteFiles = {
    telemetry: path.join(logs, 'wallguard.jsonl'),
    auditLog: path.join(logs, 'modsec_audit.json'),
    errorLog: path.join(logs, 'error.log'),
    accessLog: path.join(logs, 'access.log'),
    nginxConf: path.join(prefix, 'nginx.conf'),
    settings: path.join(directory, 'wallguard.yaml'),
    pid: path.join(directory, 'run', 'nginx.pid'),
    controlSocket: path.join(directory, 'run', 'control.sock'),
  };
  const input = siteSettings(options, ports, files, prefix);
  const settings = settingsSchema.parse(input);
  writeFileSync(files.settings, stringify(input));
  const bundles = { hot: await buildNjs('hot'), cold: await buildNjs('cold') };
  const version = (JSON.parse(readFileSync(path.join(repositoryRoot, 'package.json'), 'utf8')) as { version: string })
    .version;
  for (const file of generate(settings, { source: files.settings, version, bundles })) {
    const target = path.join(prefix, file.path);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, file.text);
  }
  writeFileSync(files.nginxConf, nginxConf(options, ports, files));
  return {
    ports,
    urls: {
      app: `http://127.0.0.1:${ports.app}`,
      monitor: `http://${settings.monitor.listen}`,
      status: `http://${settings.status_service.listen}/wallarm-status`,
    },
    files,
    settings,
  };
}

/** Starts a site and waits until its port answers. @throws SiteError */
export async function startSite(options: SiteOptions): Promise<Site> {
  const site = await writeSite(options);
  const [command, ...args] = [...options.kit.nginx, ...nginxArguments(options.directory), '-g', 'daemon off;'];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let said = '';
  child.stdout.on('data', (data: Buffer) => (said += data.toString()));
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      said += String(error);
      resolve();
    });
  });
  await portOpen(site.ports.app, child, () => said);
  const pid = child.pid ?? 0;
  return {
    ...site,
    pid,
    ended,
    reload: () => child.kill('SIGHUP'),
    errors: () => readFileSync(site.files.errorLog, 'utf8'),
    stop: async () => {
      const hard = setTimeout(() => killGroup(pid), 5000);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(hard);
    },
  };
}

/** `-p … -e … -c …` for a site's directory. */
export function nginxArguments(directory: string): string[] {
  const prefix = path.join(directory, 'nginx');
  return ['-p', prefix, '-e', path.join(directory, 'log', 'error.log'), '-c', path.join(prefix, 'nginx.conf')];
}

/** A TCP port nobody listens on right now. */
export function freePort(host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function siteSettings(options: SiteOptions, ports: SitePorts, files: SiteFiles, prefix: string): SettingsInput {
  const { kit, settings = {} } = options;
  const { modsecurity } = kit;
  return {
    ...settings,
    config_prefix: prefix,
    njs: { version: kit.njsVersion, engine: options.jsEngine ?? 'njs' },
    monitor: { listen: `127.0.0.1:${ports.monitor}`, ...settings.monitor },
    status_service: { listen: `127.0.0.8:${ports.status}`, ...settings.status_service },
    telemetry: { sinks: [{ file: files.telemetry }], flush: '200ms', ...settings.telemetry },
    access_log: settings.access_log ?? { path: files.accessLog },
    lists: { directory: path.join(options.directory, 'state'), ...settings.lists },
    control: { socket: files.controlSocket, ...settings.control },
    core_dumps: settings.core_dumps ?? { directory: path.join(options.directory, 'cores') },
    modules: {
      js: kit.modules.js,
      ...(kit.modules.modsecurity === undefined ? {} : { modsecurity: kit.modules.modsecurity }),
      ...(options.wallarmModule === undefined ? {} : { wallarm: options.wallarmModule }),
    },
    modsecurity: {
      audit_log: files.auditLog,
      ...(modsecurity === undefined ? {} : { crs_setup: modsecurity.crsSetup, crs_rules: modsecurity.crsRules }),
      ...settings.modsecurity,
    },
  };
}

function nginxConf(options: SiteOptions, ports: SitePorts, files: SiteFiles): string {
  const temp = path.join(options.directory, 'tmp');
  const root = process.getuid?.() === 0;
  return `include wallguard/main.conf;
${(options.mainLines ?? []).join('\n')}
${root ? 'user www-data;' : ''}
pid ${files.pid};
worker_processes ${options.workers ?? 1};
pcre_jit on;
error_log ${files.errorLog} notice;

events {
    worker_connections 1024;
}

http {
    include ${options.kit.mimeTypes};
    access_log ${files.accessLog};
    client_body_temp_path ${temp}/body;
    proxy_temp_path ${temp}/proxy;
    fastcgi_temp_path ${temp}/fastcgi;
    uwsgi_temp_path ${temp}/uwsgi;
    scgi_temp_path ${temp}/scgi;
    client_max_body_size 20m;

    include conf.d/*.conf;
    # As the all-in-one installer of a Wallarm node does; a pattern, since other sites have no such file.
    include wallarm-status.con[f];
    ${(options.httpLines ?? []).join('\n    ')}

    server {
        listen 127.0.0.1:${ports.app}${options.listenOptions === undefined ? '' : ` ${options.listenOptions}`};
        server_name localhost;
        include wallguard/server.conf;
        include wallguard/proxy.conf;
        ${(options.serverLines ?? []).join('\n        ')}

        ${(options.locations ?? defaultLocation(options.upstream)).join('\n        ')}
    }
}
`;
}

function defaultLocation(upstream: string | undefined): string[] {
  return upstream === undefined
    ? ['location / {', '    default_type text/plain;', '    return 200 "clean\\n";', '}']
    : [
        'location / {',
        `    proxy_pass ${upstream};`,
        '    proxy_http_version 1.1;',
        '    proxy_set_header Connection "";',
        '    proxy_set_header Host $http_host;',
        '    proxy_set_header X-Request-ID $request_id;',
        '    proxy_set_header X-Forwarded-For $remote_addr;',
        '}',
      ];
}

async function portOpen(port: number, child: ChildProcess, said: () => string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      throw new SiteError(`NGINX did not start: ${said().trim()}`);
    }
    if (await connects(port)) {
      return;
    }
    if (Date.now() > deadline) {
      killGroup(child.pid);
      throw new SiteError(`NGINX opened no port ${port} in 30 s: ${said().trim()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}

/** True when an ordinary user, such as an NGINX worker, may enter this directory. */
export function reachableByWorker(directory: string): boolean {
  for (let folder = path.resolve(directory); ; folder = path.dirname(folder)) {
    const mode = statSync(folder, { throwIfNoEntry: false })?.mode;
    if (mode !== undefined && (mode & 0o001) === 0) {
      return false;
    }
    if (folder === path.dirname(folder)) {
      return true;
    }
  }
}
