/**
 * Each kit runs: NGINX with a master and a worker of another user, njs on every engine it has, ModSecurity with the whole
 * core rule set, Lua with its libraries.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureKit, KIT_NAMES, type JsEngine, type Kit } from '../../scripts/kits/kit.ts';
import { freePort } from '../../scripts/site.ts';
import { eventually, siteDirectory } from './harness.ts';

const SQL_INJECTION = '/?id=1%27%20UNION%20SELECT%20username,%20password%20FROM%20users--';

/** Oldest versions that a kit stands for, and the engines it is there to cover. */
const EXPECTED = {
  'debian-13': { nginx: /^1\.26\./, njs: /^0\.8\.9$/, engines: ['njs'] },
  'debian-testing': { nginx: /^1\.(?:[3-9]\d|\d{3})\./, njs: /^[1-9]\d*\./, engines: ['njs', 'qjs'] },
} as const;

function configuration(kit: Kit, jsEngine: JsEngine, directory: string, port: number): string {
  const { modsecurity: module, lua } = kit.modules;
  if (module === undefined || kit.modsecurity === undefined || lua === undefined) throw new Error(`${kit.name} lacks modules`);
  writeFileSync(
    path.join(directory, 'version.js'),
    'export default { version: function (r) { r.return(200, njs.version + " " + njs.engine); } };\n',
  );
  writeFileSync(
    path.join(directory, 'rules.conf'),
    `SecRuleEngine On\nSecRequestBodyAccess On\nInclude ${kit.modsecurity.crsSetup}\nInclude ${kit.modsecurity.crsRules}\n`,
  );
  mkdirSync(path.join(directory, 'www'));
  writeFileSync(path.join(directory, 'www/index.html'), 'the application');
  return `
    load_module "${lua.ndk}";
    load_module "${lua.lua}";
    load_module "${kit.modules.js}";
    load_module "${module}";
    daemon off;
    ${process.getuid?.() === 0 ? 'user nobody nogroup;' : ''}
    worker_processes 1;
    pid nginx.pid;
    events { worker_connections 64; }
    http {
      include "${kit.mimeTypes}";
      access_log off;
      client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
      lua_package_path "${lua.path}";
      lua_package_cpath "${lua.cpath}";
      js_import main from version.js;
      ${jsEngine === 'qjs' ? 'js_engine qjs;' : ''}
      server {
        listen 127.0.0.1:${port};
        location = /version { js_content main.version; }
        location = /lua {
          content_by_lua_block { require "resty.core"; ngx.print(require("cjson").encode({ok = true})) }
        }
        location / {
          modsecurity on;
          modsecurity_rules_file "${path.join(directory, 'rules.conf')}";
          root www;
        }
      }
    }`;
}

describe.each(KIT_NAMES)('kit %s', (name) => {
  const expected = EXPECTED[name];
  let kit: Kit;
  beforeAll(async () => {
    kit = await ensureKit(name);
  });

  it('says what it holds', () => {
    expect(kit.nginxVersion).toMatch(expected.nginx);
    expect(kit.njsVersion).toMatch(expected.njs);
    expect(kit.engines).toEqual(expected.engines);
  });

  it('comes from the cache at once the second time', async () => {
    const lines: string[] = [];
    const startedAt = performance.now();
    expect(await ensureKit(name, { log: (line) => lines.push(line) })).toEqual(kit);
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(lines).toEqual([]);
  });

  describe.each(expected.engines)('with the engine %s', (jsEngine) => {
    let directory: string;
    let port: number;
    let nginx: ChildProcess;
    let output = '';
    beforeAll(async () => {
      directory = siteDirectory();
      port = await freePort();
      writeFileSync(path.join(directory, 'nginx.conf'), configuration(kit, jsEngine, directory, port));
      const [program = '', ...args] = kit.nginx;
      nginx = spawn(program, [...args, '-p', directory, '-c', 'nginx.conf', '-e', 'stderr'], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      nginx.stderr?.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
      await eventually(
        async () => {
          if (nginx.exitCode !== null) throw new Error(`NGINX ended: ${output}`);
          return await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
        },
        'NGINX answers',
        30_000,
      );
    });
    afterAll(async () => {
      if (nginx.exitCode === null) {
        nginx.kill('SIGTERM');
        await once(nginx, 'close');
      }
      rmSync(directory, { recursive: true, force: true });
    });

    it('runs njs', async () => {
      const response = await fetch(`http://127.0.0.1:${port}/version`);
      expect(response.status).toBe(200);
      const [version, engine] = (await response.text()).split(' ');
      expect(version).toBe(kit.njsVersion);
      expect(engine).toBe(jsEngine === 'qjs' ? 'QuickJS' : 'njs');
    });

    it('serves a clean request', async () => {
      const response = await fetch(`http://127.0.0.1:${port}/?id=1`);
      expect([response.status, await response.text()]).toEqual([200, 'the application']);
      expect(response.headers.get('content-type')).toBe('text/html');
    });

    it('blocks SQL injection', async () => {
      expect((await fetch(`http://127.0.0.1:${port}${SQL_INJECTION}`)).status).toBe(403);
      expect(output).toContain('ModSecurity: Access denied with code 403');
    });

    it('runs Lua', async () => {
      const response = await fetch(`http://127.0.0.1:${port}/lua`);
      expect([response.status, await response.text()]).toEqual([200, '{"ok":true}']);
    });
  });
});
