/** What is known about directives, against real builds: their files, and what they say. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ensureKit, KIT_NAMES, type Kit } from '../../scripts/kits/kit.ts';
import { argumentBits } from '../../tools/src/directives/directive-table.ts';
import type { DirectiveForm } from '../../tools/src/directives/directive-table.ts';
import { readBuildTable, type BuildTable } from '../../tools/src/directives/elf.ts';
import { buildTable, referenceTable } from '../../tools/src/directives/tables.ts';
import { wallarmDirectives } from '../../tools/src/directives/wallarm.ts';
import { Config } from '../../tools/src/evidence/config.ts';
import { judgedDirectives, type ArgumentMisfit } from '../../tools/src/evidence/judged-directives.ts';
import { memoryFiles } from '../../tools/src/nginx-conf/config-files.ts';
import { loadConfig } from '../../tools/src/nginx-conf/include.ts';
import { ensureDouble, whyNoDouble } from '../double/build.ts';

const noDouble = await whyNoDouble();
if (noDouble !== undefined) process.stderr.write(`skipped: ${noDouble}\n`);

const kits = await Promise.all(KIT_NAMES.map((name) => ensureKit(name, { dev: true })));
const builds = kits.map((kit) => ({ name: `nginx ${kit.nginxVersion}`, kit }));

function binaryOf(kit: Kit): string {
  return path.join(kit.root, 'usr/sbin/nginx');
}

function readTable(file: string): BuildTable {
  const table = readBuildTable(readFileSync(file));
  if ('unknown' in table) throw new Error(`${file}: ${table.unknown}`);
  return table;
}

describe.each(builds)('$name', ({ kit }) => {
  const binary = readTable(binaryOf(kit));
  const folder = path.join(kit.root, 'usr/lib/nginx/modules');
  const modules = readdirSync(folder).map((file) => ({ file, table: readTable(path.join(folder, file)) }));

  test('the binary and every module tell their version and directives', () => {
    expect(binary.version).toBe(kit.nginxVersion);
    expect(binary.modules.length).toBeGreaterThan(60);
    expect(binary.modules.flatMap(({ commands }) => commands).length).toBeGreaterThan(500);
    expect(binary.modules.every(({ name }) => name !== undefined)).toBe(true);
    for (const { file, table } of modules) {
      expect(table.version, file).toBe(kit.nginxVersion);
      expect(table.modules.some(({ name }) => name !== undefined && file.startsWith(name)), file).toBe(true);
      expect(table.modules.flatMap(({ commands }) => commands).length, file).toBeGreaterThan(0);
    }
  });

  test('the shipped table allows everything that the build allows', () => {
    const reference = referenceTable();
    const missing = [binary, ...modules.map(({ table }) => table)]
      .flatMap((table) => table.modules)
      .flatMap(({ kind, commands }) =>
        commands
          .filter(({ name, type }) => !reference.forms(name).some((form) => form.kind === kind && covers(form, type)))
          .map(({ name, type }) => `${kind} ${name} 0x${type.toString(16)}`),
      );
    expect(missing).toEqual([]);
  });

  test.skipIf(noDouble !== undefined)('the double of the Wallarm module knows no directive that the table does not', async () => {
    const table = readTable(await ensureDouble(kit, '6.13.0'));
    expect(table.version).toBe(kit.nginxVersion);
    const known = new Map(wallarmDirectives());
    const commands = table.modules.flatMap((module) => module.commands).filter(({ name }) => !name.includes('double'));
    expect(commands.length).toBeGreaterThan(5);
    const different = commands.filter(({ name, type }) => {
      const form = known.get(name);
      return form === undefined || !covers(form, type);
    });
    expect(different.map(({ name, type }) => `${name} 0x${type.toString(16)}`)).toEqual([]);
  });

  test('complains as NGINX does, about any directive anywhere', { timeout: 180_000 }, async () => {
    const table = buildTable(binary, [], []);
    const directory = mkdtempSync(path.join(tmpdir(), 'wallguard-directives-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    mkdirSync(path.join(directory, 'temp'));
    const names = [...new Set(binary.modules.flatMap(({ commands }) => commands.map(({ name }) => name)))];
    const statement = fc
      .tuple(fc.constantFrom(...names, 'grumble'), fc.nat(4), fc.boolean())
      .map(([name, count, block]) => `${name}${' x'.repeat(count)}${block ? ' { }' : ';'}`);
    let complaints = 0;
    await fc.assert(
      fc.asyncProperty(statement, fc.constantFrom(...Object.keys(places)), async (text, place) => {
        const config = places[place]?.(text) ?? '';
        const line = config.split('\n').indexOf(text) + 1;
        const file = path.join(directory, 'nginx.conf');
        writeFileSync(file, config);
        const said = complaintOfNginx(await nginxSays(kit, directory, file), line);
        const ours = await complaintOf(config, line, table);
        if (said !== undefined) complaints++;
        expect(ours, `${text} in ${place}`).toBe(said);
      }),
      { numRuns: 150, seed: 4 },
    );
    // Otherwise nothing was compared.
    expect(complaints).toBeGreaterThan(50);
  });
});

/** Contexts, blocks and numbers of arguments of the type are all in the form. */
function covers(form: DirectiveForm, type: number): boolean {
  const contexts = 0xff000000;
  const sameBlock = ((form.type ^ type) & argumentBits.block) === 0;
  return sameBlock && (type & contexts & ~form.type) === 0 && (countsOf(type) & ~countsOf(form.type)) === 0;
}

/** Numbers of arguments as bits; bit 8: more. */
function countsOf(type: number): number {
  if ((type & argumentBits.any) !== 0) return 0x1ff;
  if ((type & argumentBits.flag) !== 0) return 1 << 1;
  if ((type & argumentBits.oneOrMore) !== 0) return 0x1fe;
  if ((type & argumentBits.twoOrMore) !== 0) return 0x1fc;
  return type & argumentBits.counted;
}

/** Configurations with a line of their own for the statement, by its context. */
const places: Readonly<Record<string, (statement: string) => string>> = {
  main: (statement) => `${statement}\nevents {}\nhttp {}\n`,
  events: (statement) => `events {\n${statement}\n}\nhttp {}\n`,
  http: (statement) => `events {}\nhttp {\n${statement}\n}\n`,
  upstream: (statement) => `events {}\nhttp {\nupstream u {\n${statement}\nserver 127.0.0.1;\n}\n}\n`,
  server: (statement) => `events {}\nhttp {\nserver {\n${statement}\n}\n}\n`,
  location: (statement) => `events {}\nhttp {\nserver {\nlocation / {\n${statement}\n}\n}\n}\n`,
  'if in server': (statement) => `events {}\nhttp {\nserver {\nif ($uri) {\n${statement}\n}\n}\n}\n`,
  'if in location': (statement) => `events {}\nhttp {\nserver {\nlocation / {\nif ($uri) {\n${statement}\n}\n}\n}\n}\n`,
  limit_except: (statement) => `events {}\nhttp {\nserver {\nlocation / {\nlimit_except GET {\n${statement}\n}\n}\n}\n}\n`,
};

async function nginxSays(kit: Kit, directory: string, file: string): Promise<string> {
  const [command, ...args] = [...kit.nginx, '-t', '-p', directory, '-e', `${directory}/error.log`, '-c', file];
  return await new Promise((resolve) => {
    execFile(command, args, { timeout: 10_000 }, (_error, _stdout, stderr) => resolve(stderr));
  });
}

/** What NGINX says about the line as far as directives, contexts and numbers go; undefined: nothing of that kind. */
function complaintOfNginx(stderr: string, line: number): string | undefined {
  const kinds = [
    /unknown directive "[^"]*"/,
    /"[^"]*" directive is not allowed here/,
    /invalid number of arguments in "[^"]*" directive/,
    /directive "[^"]*" has no opening "\{"/,
    /directive "[^"]*" is not terminated by ";"/,
  ];
  const said = new RegExp(`\\[emerg\\] (?:\\d+#\\d+: )?(.*) in \\S+:${line}$`, 'm').exec(stderr)?.[1];
  return kinds.flatMap((kind) => (said === undefined ? [] : (kind.exec(said)?.[0] ?? [])))[0];
}

async function complaintOf(text: string, line: number, table: ReturnType<typeof buildTable>): Promise<string | undefined> {
  const tree = await loadConfig(memoryFiles({ '/nginx.conf': text }), '/nginx.conf');
  const { unknown, misplaced, wrongArguments } = judgedDirectives(new Config(tree), table);
  const here = <T extends { node: { directive: { name: { line: number } } } }>(misfits: readonly T[]): T | undefined =>
    misfits.find(({ node }) => node.directive.name.line === line);
  const [first, second, third] = [here(unknown), here(misplaced), here(wrongArguments)];
  if (first !== undefined) return `unknown directive "${first.node.name}"`;
  if (second !== undefined) return `"${second.node.name}" directive is not allowed here`;
  return third === undefined ? undefined : argumentComplaint(third);
}

function argumentComplaint({ node: { name }, wrong }: ArgumentMisfit): string {
  return {
    count: `invalid number of arguments in "${name}" directive`,
    block: `directive "${name}" has no opening "{"`,
    semicolon: `directive "${name}" is not terminated by ";"`,
  }[wrong];
}
