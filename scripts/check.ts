/** `npm run check`: types, lint, format, dead code, generated files. All of them run, whatever the others say. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { repositoryRoot } from './kits/repository.ts';

interface Check {
  readonly name: string;
  /** Script in `node_modules` or in the repository, and its arguments; run with this Node. */
  readonly command: readonly string[];
}

const prettierCache = ['--cache', '--cache-location', '.cache/prettier'];

// The slowest first, so that two beside each other end together.
const checks: readonly Check[] = [
  { name: 'types', command: ['node_modules/typescript/bin/tsc', '-b'] },
  {
    name: 'format',
    command: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', ...prettierCache, '.'],
  },
  { name: 'lint', command: ['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'generated files', command: ['scripts/run.mjs', 'docs', '--check'] },
  { name: 'dead code', command: ['node_modules/knip/bin/knip.js', '--treat-config-hints-as-errors'] },
];

/** Most of them use more than one core by themselves. */
const concurrency = 2;

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly seconds: number;
}

async function run({ command }: Check): Promise<Outcome> {
  const startedAt = Date.now();
  const [script = '', ...args] = command;
  return await new Promise((resolve) => {
    const child = spawn(process.execPath, [path.join(repositoryRoot, script), ...args], {
      cwd: repositoryRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (chunk: string): void => void (output += chunk);
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    const end = (code: number): void => resolve({ code, output, seconds: (Date.now() - startedAt) / 1000 });
    child.on('error', (error) => {
      output += `${error.message}\n`;
      end(1);
    });
    child.on('close', (code) => end(code ?? 1));
  });
}

const width = Math.max(...checks.map(({ name }) => name.length));
const waiting = [...checks];
const failed: string[] = [];

async function work(): Promise<void> {
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
    const { code, output, seconds } = await run(check);
    const verdict = code === 0 ? 'ok    ' : 'FAILED';
    process.stdout.write(`${verdict}  ${check.name.padEnd(width)}  ${seconds.toFixed(1)} s\n`);
    if (code !== 0) {
      failed.push(check.name);
      process.stdout.write(output.replace(/^(?=.)/gm, '  '));
    }
  }
}

await Promise.all(Array.from({ length: concurrency }, work));
if (failed.length > 0) {
  process.stdout.write(`failed: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}
