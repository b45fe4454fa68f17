/** The command line as a process: its pipes, signals and files. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { repositoryRoot } from '../../../scripts/kits/repository.ts';

let directory = '';
let program = '';

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'wallguard-process-'));
  // Inside the repository, so that the packages outside the bundle are found.
  program = path.join(repositoryRoot, `.cache/cli-under-test-${process.pid}.mjs`);
  const cli = path.join(repositoryRoot, 'tools/src/cli.ts');
  await build({
    stdin: {
      contents: `import { main } from ${JSON.stringify(cli)};\nprocess.exitCode = await main(process.argv.slice(2));\n`,
      resolveDir: repositoryRoot,
    },
    bundle: true,
    outfile: program,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'silent',
  });
});

afterAll(async () => {
  await rm(program, { force: true });
  await rm(directory, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

function start(args: readonly string[]): { child: ReturnType<typeof spawn>; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [program, ...args], { cwd: directory, stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, out, err })),
  );
  return { child, ended };
}

test('results go to standard output, talk to standard error, the exit code to the shell', async () => {
  expect(await start(['version']).ended).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^wallguard \d/),
    err: '',
  });
  expect(await start(['versoin']).ended).toMatchObject({ code: 2, out: '', err: expect.stringContaining('"version"') });
});

test('a reader that goes away ends the writing, not the command', async () => {
  const { child, ended } = start(['help']);
  child.stdout?.destroy();
  expect(await ended).toMatchObject({ code: 0, signal: null, err: '' });
});

test('Ctrl-C ends a command that waits, and leaves nothing behind', async () => {
  // Nobody ever writes into this pipe, so the command is sure to be waiting for it.
  const settings = pipe('silent');
  const { child, ended } = start(['generate', '--settings', settings, '--out', 'interrupted']);
  setTimeout(() => child.kill('SIGINT'), 500);
  expect(await ended).toMatchObject({ code: null, signal: 'SIGINT' });
  expect(await readdir(directory)).not.toContain('interrupted');
});

test('settings may come through a pipe', async () => {
  const settings = pipe('settings.yaml');
  const { ended } = start(['generate', '--settings', settings]);
  await writeFile(settings, 'mode: blok\n');
  expect(await ended).toMatchObject({ code: 3, err: expect.stringContaining(`${settings}:1:7 mode: "blok"`) });
});

test('an output directory that cannot be made is one message', async () => {
  await writeFile(path.join(directory, 'in-the-way'), '');
  expect(await start(['generate', '--out', 'in-the-way/nginx']).ended).toEqual({
    code: 3,
    signal: null,
    out: '',
    err: expect.stringMatching(/^cannot read .*in-the-way\/nginx.*: ENOTDIR.*\n$/),
  });
});

/** A named pipe, as a shell's `<(…)` is one. */
function pipe(name: string): string {
  const file = path.join(directory, name);
  execFileSync('mkfifo', [file]);
  return file;
}
