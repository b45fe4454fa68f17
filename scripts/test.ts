/**
 * `npm test`: gets what the tests need, builds, and runs every level: unit, NGINX, browser, container.
 * Arguments are those of `vitest run`: `npm test -- --project unit block-page`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseCLI, startVitest, type Vitest } from 'vitest/node';
import { buildAll } from './bundle.ts';
import { gateBundles } from './bundle-gate.ts';
import { ensureKit, KIT_NAMES, KitError } from './kits/kit.ts';
import { repositoryRoot } from './kits/repository.ts';
import { aptLine, findProgram, install, requirements, unmet } from './test/requirements.ts';

function say(line: string): void {
  process.stderr.write(`test: ${line}\n`);
}

/** Installs what is missing where that is possible, and says what could not be done. */
function provideRequirements(): void {
  const missing = unmet();
  if (missing.length === 0) return;
  const packages = missing.flatMap((name) => requirements[name].packages);
  const why = missing.map((name) => `${name} (${requirements[name].purpose})`).join(', ');
  if (process.getuid?.() !== 0 || findProgram('apt-get') === undefined) {
    say(`missing: ${why}. Tests that need it are skipped. As root: ${aptLine(packages)}`);
    return;
  }
  say(`missing: ${why}. Installing Debian packages: ${packages.join(' ')}`);
  const failure = install(missing);
  if (failure !== undefined) say(failure);
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** `file: number of skipped tests`. */
  readonly skippedFiles: readonly string[];
  /** Skipped tests of levels that need something from the machine. */
  readonly skippedForWant: number;
}

function countTests(vitest: Vitest): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const skippedFiles: string[] = [];
  let skippedForWant = 0;
  for (const module of vitest.state.getTestModules()) {
    let skippedHere = 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      // A test that never got a result was about to run when its file or the run broke off.
      counts[state === 'pending' ? 'failed' : state] += 1;
      if (state === 'skipped') skippedHere += 1;
    }
    // A file that cannot be loaded, or whose hooks throw, has no failing test of its own.
    if (!module.ok() && ![...module.children.allTests('failed')].length) counts.failed += 1;
    if (skippedHere > 0) skippedFiles.push(`${module.relativeModuleId}: ${skippedHere}`);
    if (module.project.name !== 'unit') skippedForWant += skippedHere;
  }
  return { ...counts, skippedFiles, skippedForWant };
}

async function main(): Promise<void> {
  const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
  provideRequirements();
  const compiles = !unmet().includes('compiler');
  for (const name of KIT_NAMES) await ensureKit(name, { dev: compiles });
  await buildAll();
  await gateBundles(say);

  const directory = mkdtempSync(path.join(tmpdir(), 'wallguard-test-'));
  const reasonsFile = path.join(directory, 'skip-reasons');
  process.env['WALLGUARD_SKIP_REASONS'] = reasonsFile;
  try {
    const vitest = await startVitest('test', filter, { ...options, root: repositoryRoot, run: true, watch: false });
    const counts = countTests(vitest);
    const unhandled = vitest.state.getUnhandledErrors().length;
    await vitest.close();

    const reasons = new Set(readReasons(reasonsFile));
    if (counts.skipped > 0) {
      process.stdout.write(`\nskipped:\n${counts.skippedFiles.map((line) => `  ${line}\n`).join('')}`);
      for (const reason of reasons) process.stdout.write(`  because ${reason}\n`);
    }
    const unnoticed = process.env['CI'] === 'true' && counts.skippedForWant > 0;
    if (unnoticed) process.stdout.write('CI=true: tests that need something from the machine have to run here\n');
    if (unhandled > 0) process.stdout.write(`errors outside of tests: ${unhandled}\n`);
    if (counts.passed + counts.failed + counts.skipped === 0) process.stdout.write('no test was found\n');
    process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
    if (counts.failed > 0 || unhandled > 0 || unnoticed || counts.passed === 0) process.exitCode = 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function readReasons(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n');
  } catch {
    // Nobody gave a reason.
    return [];
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof KitError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
