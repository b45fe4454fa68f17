/** Which njs a module file holds. The file does not say it, so the module itself is asked. */
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NginxBuild } from './nginx-build.ts';

/** The version, or why there is none. */
export type NjsAnswer = { readonly version: string } | { readonly failure: string };

const DEADLINE_MS = 15_000;
const POLL_MS = 25;

/**
 * Starts NGINX with nothing but the module, on a socket in a temporary directory, and asks for `njs.version`. It reads
 * no configuration of the host and is ended before this returns.
 * @param modulePath  absolute
 */
export async function askNjsVersion(build: NginxBuild, modulePath: string): Promise<NjsAnswer> {
  const directory = await mkdtemp(path.join(tmpdir(), 'wallguard-njs-'));
  try {
    await chmod(directory, 0o700);
    await writeFile(
      path.join(directory, 'version.js'),
      'export default { version: function (r) { r.return(200, njs.version); } };\n',
    );
    await writeFile(path.join(directory, 'nginx.conf'), configuration(directory, modulePath, build));
    return await ask(build.command, directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function configuration(directory: string, modulePath: string, build: NginxBuild): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].filter(
    (name) => !build.has(`without-http_${name}_module`),
  );
  return [
    `load_module "${modulePath}";`,
    'daemon off;',
    'master_process off;',
    `pid "${directory}/pid";`,
    'error_log stderr;',
    'events { }',
    'http {',
    '    access_log off;',
    ...temporary.map((name) => `    ${name}_temp_path "${directory}/${name}";`),
    `    js_import version from "${directory}/version.js";`,
    '    server {',
    `        listen "unix:${directory}/socket";`,
    '        location / { js_content version.version; }',
    '    }',
    '}',
    '',
  ].join('\n');
}

async function ask(command: string, directory: string): Promise<NjsAnswer> {
  const child = spawn(command, ['-e', 'stderr', '-p', directory, '-c', path.join(directory, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  const state = { ended: false };
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const end = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      said += error.message;
      resolve();
    });
  }).then(() => {
    state.ended = true;
  });
  try {
    const deadline = Date.now() + DEADLINE_MS;
    while (!state.ended && Date.now() < deadline) {
      const answer = await get(path.join(directory, 'socket'));
      if (answer !== undefined) return { version: answer };
      await sleep(POLL_MS);
    }
    return { failure: state.ended ? said.trim() : `NGINX gave no answer in ${DEADLINE_MS / 1000} s` };
  } finally {
    child.kill('SIGKILL');
    await end;
  }
}

function get(socketPath: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const call = request({ socketPath, path: '/', timeout: 2000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.once('end', () => resolve(response.statusCode === 200 ? body : undefined));
    });
    call.once('timeout', () => call.destroy());
    call.once('error', () => resolve(undefined));
    call.end();
  });
}
