#!/usr/bin/env node
// Starts the built command line. In a checkout that was not built yet it builds first; an installed package is built.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const packageRoot = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const cli = path.join(packageRoot, 'dist/cli.mjs');
const buildScript = path.join(packageRoot, 'scripts/run.mjs');

function fail(message) {
  process.stderr.write(`wallguard: ${message}\n`);
  process.exit(1);
}

if (!existsSync(cli)) {
  if (!existsSync(buildScript)) fail(`${cli} is missing; install the package again`);
  process.stderr.write('wallguard: this checkout was not built yet; running "npm run build"\n');
  // standard output stays free for what the command prints
  const build = spawnSync(process.execPath, [buildScript, 'build'], { cwd: packageRoot, stdio: ['ignore', 2, 2] });
  if (build.status !== 0) fail('the build failed; its own message is above');
}

process.setSourceMapsEnabled(true);
const { main } = await import(pathToFileURL(cli).href);
process.exitCode = await main(process.argv.slice(2));
