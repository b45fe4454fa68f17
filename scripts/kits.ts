import { parseArgs } from 'node:util';
import { errorCode } from './kits/files.ts';
import { ensureKit, KIT_NAMES, KitError, systemKit, type Kit, type KitName } from './kits/kit.ts';
import { runCommand } from './kits/command.ts';

const USAGE = `usage: npm run kits -- [${KIT_NAMES.join(' | ')} | all] [--dev] [--refresh]

Fetches NGINX builds into .cache/kits (or WALLGUARD_KITS) and prints what they hold.
  --dev      also what compiling a dynamic module takes
  --refresh  ask the mirror for newer packages although a kit is cached
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { dev: { type: 'boolean' }, refresh: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  const names = chosenKits(positionals);
  const kits: Kit[] = [];
  for (const name of names) {
    kits.push(await ensureKit(name, { dev: values.dev ?? false, refresh: values.refresh ?? false }));
  }
  const system = await systemKit();
  if (!('reason' in system)) kits.push(system);
  process.stdout.write(await describe(kits));
  if ('reason' in system) process.stdout.write(`\nNo system kit: ${system.reason}\n`);
}

function chosenKits(positionals: readonly string[]): KitName[] {
  if (positionals.length === 0 || positionals.includes('all')) return [...KIT_NAMES];
  return positionals.map((wanted) => {
    const name = KIT_NAMES.find((known) => known === wanted);
    if (name === undefined) throw new KitError(`there is no kit "${wanted}": ${KIT_NAMES.join(', ')}, all`);
    return name;
  });
}

async function describe(kits: readonly Kit[]): Promise<string> {
  const rows = [['kit', 'nginx', 'njs', 'engines', 'ModSecurity', 'connector', 'CRS', 'Lua', 'dev', 'size', 'path']];
  for (const kit of kits) {
    rows.push([
      kit.name,
      kit.nginxVersion,
      kit.njsVersion,
      kit.engines.join(' '),
      kit.modsecurity?.libraryVersion ?? '-',
      kit.modsecurity?.connectorVersion ?? '-',
      kit.modsecurity?.crsVersion ?? '-',
      kit.modules.lua?.version ?? '-',
      kit.dev === undefined ? '-' : 'yes',
      kit.name === 'system' ? '-' : await sizeOf(kit.root),
      kit.root,
    ]);
  }
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

async function sizeOf(directory: string): Promise<string> {
  const result = await runCommand(['du', '-sk', directory]);
  return `${Math.round(Number.parseInt(result.stdout, 10) / 1024)} MB`;
}

try {
  await main();
} catch (error) {
  const usage = errorCode(error)?.startsWith('ERR_PARSE_ARGS') === true;
  if (!(error instanceof Error) || !(error instanceof KitError || usage)) throw error;
  process.stderr.write(`${error.message}\n${usage ? USAGE : ''}`);
  process.exitCode = 1;
}
