import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BOUND_TO_US, runCommand } from './command.ts';
import { KitError } from './kit-error.ts';

/** njs itself, or QuickJS behind the directive `js_engine qjs`. */
export type JsEngine = 'njs' | 'qjs';

/** What is handed to NGINX for a probe; paths are absolute. */
export interface ProbeTarget {
  /** argv of NGINX. */
  readonly nginx: readonly string[];
  readonly js: string;
  readonly modsecurity?: { readonly module: string; readonly crsSetup: string; readonly crsRules: string };
  readonly lua?: { readonly ndk: string; readonly lua: string; readonly path: string; readonly cpath: string };
}

/** What NGINX said about itself. */
export interface ProbeResult {
  readonly nginxVersion: string;
  readonly njsVersion: string;
  readonly engines: readonly JsEngine[];
  /** From the module's greeting in the error log; undefined without ModSecurity. */
  readonly connectorVersion?: string;
  /** `0.10.28`; undefined without Lua. */
  readonly luaVersion?: string;
}

const START_DEADLINE_MS = 20_000;
const POLL_INTERVAL_MS = 20;

/**
 * Runs an NGINX with its modules on a socket in a temporary directory and asks it what it is, so that what a kit says
 * of itself is what was seen to run. ModSecurity has loaded the whole rule set and Lua its library when this returns.
 *
 * @throws KitError with NGINX's own words when it does not start
 */
export async function probeNginx(target: ProbeTarget): Promise<ProbeResult> {
  const directory = mkdtempSync(path.join(tmpdir(), 'wallguard-probe-'));
  try {
    const nginxVersion = await nginxVersionOf(target.nginx);
    writeProbeFiles(directory, target);
    const greeting = await testConfiguration(target.nginx, directory, 'njs.conf');
    if (greeting.code !== 0)
      throw new KitError(`NGINX ${nginxVersion} refuses its modules: ${lastLines(greeting.stderr)}`);
    const connectorVersion = /ModSecurity-nginx v([\d.]+)/.exec(greeting.stderr)?.[1];
    const quickjs = await testConfiguration(target.nginx, directory, 'qjs.conf');
    if (quickjs.code !== 0 && !/"js_engine"|"qjs"/.test(quickjs.stderr)) {
      throw new KitError(`NGINX ${nginxVersion} does not start with js_engine qjs: ${lastLines(quickjs.stderr)}`);
    }
    const [njsVersion, luaVersion] = await askVersions(target, directory);
    return {
      nginxVersion,
      njsVersion,
      engines: quickjs.code === 0 ? ['njs', 'qjs'] : ['njs'],
      ...(connectorVersion === undefined ? {} : { connectorVersion }),
      ...(luaVersion === undefined ? {} : { luaVersion }),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Version that `nginx -v` prints: `1.26.3`. */
async function nginxVersionOf(nginx: readonly string[]): Promise<string> {
  const result = await runCommand([...nginx, '-v']);
  const version = /nginx version: \S+?\/([\d.]+)/.exec(result.stderr)?.[1];
  if (version === undefined) throw new KitError(`NGINX does not run: ${lastLines(result.stderr)}`);
  return version;
}

function writeProbeFiles(directory: string, target: ProbeTarget): void {
  chmodSync(directory, 0o755);
  const at = (name: string): string => path.join(directory, name);
  writeFileSync(at('probe.js'), 'export default { version: function (r) { r.return(200, njs.version); } };\n');
  if (target.modsecurity !== undefined) {
    const { crsSetup, crsRules } = target.modsecurity;
    writeFileSync(at('rules.conf'), `SecRuleEngine On\nInclude ${crsSetup}\nInclude ${crsRules}\n`);
  }
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const configuration = (engine: JsEngine): string =>
    [
      ...(target.lua === undefined ? [] : [`load_module "${target.lua.ndk}";`, `load_module "${target.lua.lua}";`]),
      `load_module "${target.js}";`,
      ...(target.modsecurity === undefined ? [] : [`load_module "${target.modsecurity.module}";`]),
      'daemon off;',
      'master_process off;',
      `pid "${at('pid')}";`,
      'error_log stderr notice;',
      'events {}',
      'http {',
      '  access_log off;',
      ...temporary.map((name) => `  ${name}_temp_path "${at(name)}";`),
      ...(target.lua === undefined
        ? []
        : [`  lua_package_path "${target.lua.path}";`, `  lua_package_cpath "${target.lua.cpath}";`]),
      ...(target.modsecurity === undefined ? [] : [`  modsecurity_rules_file "${at('rules.conf')}";`]),
      `  js_import probe from "${at('probe.js')}";`,
      // The directive is written for QuickJS only: before njs 0.8.6 it does not exist.
      ...(engine === 'qjs' ? ['  js_engine qjs;'] : []),
      '  server {',
      `    listen "unix:${at('socket')}";`,
      '    location /njs { js_content probe.version; }',
      // Lua's own number: 10028 for 0.10.28. The library is asked for too, since a kit promises its path.
      ...(target.lua === undefined
        ? []
        : [
            '    location /lua { content_by_lua_block { require "resty.core"; ngx.print(ngx.config.ngx_lua_version) } }',
          ]),
      '  }',
      '}',
      '',
    ].join('\n');
  writeFileSync(at('njs.conf'), configuration('njs'));
  writeFileSync(at('qjs.conf'), configuration('qjs'));
}

async function testConfiguration(
  nginx: readonly string[],
  directory: string,
  file: string,
): Promise<{ code: number; stderr: string }> {
  return await runCommand([...nginx, '-t', '-e', 'stderr', '-p', directory, '-c', path.join(directory, file)]);
}

/** Starts NGINX and asks njs, and Lua where it is loaded, for their versions. */
async function askVersions(target: ProbeTarget, directory: string): Promise<[njs: string, lua: string | undefined]> {
  const [program = '', ...args] = [...BOUND_TO_US, ...target.nginx];
  const child = spawn(program, [...args, '-e', 'stderr', '-p', directory, '-c', path.join(directory, 'njs.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  child.on('error', (error) => (stderr += error.message));
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const ask = async (uri: string): Promise<string> => {
    const deadline = Date.now() + START_DEADLINE_MS;
    while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
      const answer = await get(path.join(directory, 'socket'), uri);
      if (answer?.status === 200) return answer.body;
      if (answer !== undefined) break;
      await sleep(POLL_INTERVAL_MS);
    }
    throw new KitError(`NGINX does not answer a probe of ${uri}: ${lastLines(stderr)}`);
  };
  try {
    const njs = await ask('/njs');
    return [njs, target.lua === undefined ? undefined : luaVersion(Number(await ask('/lua')))];
  } finally {
    child.kill('SIGTERM');
    await closed;
  }
}

function luaVersion(packed: number): string {
  return [Math.floor(packed / 1_000_000), Math.floor(packed / 1_000) % 1_000, packed % 1_000].join('.');
}

async function get(socketPath: string, uri: string): Promise<{ status: number; body: string } | undefined> {
  return await new Promise((resolve) => {
    const call = request({ socketPath, path: uri, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    call.on('error', () => resolve(undefined));
    call.end();
  });
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' | ');
}
