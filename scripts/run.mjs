// Bootstrap of every command of this repository: `node scripts/run.mjs NAME [args…]` bundles scripts/NAME.ts and runs it.
// It is the one script in plain JavaScript, because it has to work before anything is installed and on a Node that is too old.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const scriptsDirectory = path.dirname(fileURLToPath(import.meta.url));
const repositoryRoot = path.dirname(scriptsDirectory);

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function requireNode(major, minor) {
  const [haveMajor, haveMinor] = process.versions.node.split('.').map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  fail(
    `wallguard needs Node ${major}.${minor} or newer, and this is ${process.version}. Install a newer Node and run it again.`,
  );
}

function scriptFile(name) {
  const names = readdirSync(scriptsDirectory)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort();
  if (!names.includes(name)) fail(`usage: node scripts/run.mjs NAME [arguments]\nNAME is one of: ${names.join(', ')}`);
  return path.join(scriptsDirectory, `${name}.ts`);
}

// The lock file's contents are compared, not its age: a checkout changes the age of a file without changing what it says.
function installedMatchesLock() {
  const installedFile = path.join(repositoryRoot, 'node_modules/.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = JSON.parse(readFileSync(path.join(repositoryRoot, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  for (const [location, entry] of Object.entries(wanted)) {
    if (location === '') continue;
    const found = installed[location];
    // Packages built for another platform are in the lock file and rightly not on the disk.
    if (found === undefined && (entry.optional || entry.devOptional)) continue;
    if (found?.version !== entry.version || found?.integrity !== entry.integrity) return false;
  }
  return Object.keys(installed).every((location) => location in wanted);
}

function installDependencies() {
  if (installedMatchesLock()) return;
  process.stderr.write('wallguard: installing the npm packages named in package-lock.json (npm ci)\n');
  // standard output stays free for what the command prints
  const npm = spawnSync('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], {
    cwd: repositoryRoot,
    stdio: ['ignore', 2, 2],
  });
  if (npm.error) fail(`npm cannot be run: ${npm.error.message}. Install npm (it comes with Node) and run it again.`);
  if (npm.status !== 0) fail(`npm ci failed (${npm.signal ?? `exit ${npm.status}`}); its own message is above.`);
}

async function bundle(name, source) {
  const { build } = await import('esbuild');
  const directory = path.join(repositoryRoot, '.cache/scripts');
  const target = path.join(directory, `${name}.mjs`);
  const result = await build({
    absWorkingDir: repositoryRoot,
    entryPoints: [source],
    outfile: target,
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'warning',
  }).catch(() => fail(`scripts/${name}.ts cannot be bundled; esbuild's message is above.`));
  try {
    mkdirSync(directory, { recursive: true });
    // Written aside and renamed: two commands may start at the same moment.
    const partial = `${target}.${process.pid}`;
    writeFileSync(partial, result.outputFiles[0].contents);
    renameSync(partial, target);
  } catch (error) {
    fail(`${directory} cannot be written: ${error.message}. Run as the user who owns the checkout, or remove .cache.`);
  }
  return target;
}

requireNode(20, 19);
const [name = '', ...args] = process.argv.slice(2);
const source = scriptFile(name);
installDependencies();
const target = await bundle(name, source);
process.setSourceMapsEnabled(true);
process.argv = [process.execPath, target, ...args];
await import(pathToFileURL(target).href);
