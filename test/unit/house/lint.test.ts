/**
 * The house rules of `.oxlintrc.json` fire where they should and nowhere else: one run of oxlint over a tree in which
 * every file breaks exactly one rule, or none.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const repository = path.resolve(import.meta.dirname, '../../..');

/** Folder, source, the rule that must fire. */
const bad: readonly [folder: string, source: string, rule: string][] = [
  ['njs/src', "import './core/other.ts';", 'wallguard(import-arrows)'],
  ['njs/src', "import './handlers/other.ts';\nexport * from './handlers/other.ts';", 'wallguard(njs-syntax)'],
  ['njs/src/handlers', "import '../../../schema/settings.ts';", 'wallguard(import-arrows)'],
  ['njs/src/handlers', "import '../../../tools/src/io.ts';", 'wallguard(import-arrows)'],
  [
    'njs/src/handlers',
    "import fs from 'fs';\nexport function f(): void { fs.fstatSync(1); }",
    'wallguard(import-arrows)',
  ],
  [
    'njs/src/handlers',
    "import type { A } from '../../../tools/src/io.ts';\nexport type B = A;",
    'wallguard(import-arrows)',
  ],
  [
    'njs/src/adapters',
    "import { f } from '../core/other.ts';\nexport function g(): void { f(); }",
    'wallguard(import-arrows)',
  ],
  [
    'njs/src/adapters',
    "import fs from 'node:fs';\nexport function g(): void { fs.readFileSync('a'); }",
    'wallguard(import-arrows)',
  ],
  [
    'njs/src/adapters',
    "import { readFileSync } from 'fs';\nexport function g(): void { readFileSync('a'); }",
    'wallguard(njs-syntax)',
  ],
  [
    'njs/src/adapters',
    "import * as fs from 'fs';\nexport function g(): void { fs.readFileSync('a'); }",
    'wallguard(njs-syntax)',
  ],
  [
    'njs/src/adapters',
    'export function g(d: { keys(): string[] }): string[] { return d.keys(); }',
    'wallguard(njs-syntax)',
  ],
  [
    'njs/src/adapters',
    'export function g(d: { size(): number }): number { return d.size(); }',
    'wallguard(njs-syntax)',
  ],
  ['njs/src/core', "import '../handlers/other.ts';", 'wallguard(import-arrows)'],
  ['njs/src/core', "import '../adapters/other.ts';", 'wallguard(import-arrows)'],
  ['njs/src/core', "export { f } from '../adapters/other.ts';", 'wallguard(import-arrows)'],
  [
    'njs/src/core',
    "export async function f(): Promise<unknown> { const a = await import('../adapters/other.ts'); return a; }",
    'wallguard(import-arrows)',
  ],
  ['njs/src/core', "export type F = import('../adapters/other.ts').F;", 'wallguard(import-arrows)'],
  ['njs/src/core', "export function f(): void { ngx.log(1, 'a'); }", 'eslint(no-restricted-globals)'],
  ['njs/src/core', 'export function f(): number { return process.pid; }', 'eslint(no-restricted-globals)'],
  ['njs/src/core', "export function f(): unknown { return Buffer.from('a'); }", 'eslint(no-restricted-globals)'],
  ['njs/src/core', 'export function f(): number { return Date.now(); }', 'eslint(no-restricted-properties)'],
  ['njs/src/core', 'export function f(): number { return Math.random(); }', 'eslint(no-restricted-properties)'],
  ['njs/src/core', 'export function f(): Date { return new Date(); }', 'wallguard(plain-core)'],
  ['njs/src/core', 'export function f(r: NginxHTTPRequest): string { return r.uri; }', 'wallguard(plain-core)'],
  ['njs/src/core', 'export function f(a: number[]): number { return Math.max(...a); }', 'wallguard(njs-syntax)'],
  ['njs/src/core', 'export function f(a: number[]): Date { return new Date(...a); }', 'wallguard(njs-syntax)'],
  [
    'njs/src/core',
    'export async function f(g: () => Promise<number>): Promise<number> { return Math.abs(await g()); }',
    'wallguard(njs-syntax)',
  ],
  [
    'njs/src/core',
    'export async function f(g: () => Promise<number>): Promise<number> { return Math.max(1, 2 + (await g())); }',
    'wallguard(njs-syntax)',
  ],
  [
    'njs/src/core',
    'export function f(): object { return { a(): unknown { return super.toString(); } }; }',
    'wallguard(njs-syntax)',
  ],
  ['njs/src/core', 'export function f(a: string): boolean { return /a.b/s.test(a); }', 'wallguard(njs-syntax)'],
  ['njs/src/core', 'export function f(a: string): boolean { return /a/u.test(a); }', 'wallguard(njs-syntax)'],
  ['njs/src/core', 'export function f(a: string): boolean { return /a/y.test(a); }', 'wallguard(njs-syntax)'],
  ['njs/src/core', 'export const table = { a: 1 };', 'wallguard(njs-syntax)'],
  ['njs/src/core', 'const spare = 2;\nexport function f(): number { return spare; }', 'wallguard(njs-syntax)'],
  [
    'njs/src/core',
    'let count = 0;\nexport function f(): number { count += 1; return count; }',
    'wallguard(njs-syntax)',
  ],
  [
    'njs/src/core',
    'const pattern = /a/;\nexport function f(a: string): boolean { return pattern.test(a); }',
    'wallguard(njs-syntax)',
  ],
  ['njs/src/core', "export const f = (): string => 'a';", 'wallguard(njs-syntax)'],
  ['schema', "import '../tools/src/io.ts';", 'wallguard(import-arrows)'],
  [
    'schema',
    "import fs from 'node:fs';\nexport function f(): void { fs.readFileSync('a'); }",
    'wallguard(import-arrows)',
  ],
  [
    'tools/src/generate',
    "import fs from 'node:fs';\nexport function f(): void { fs.readFileSync('a'); }",
    'wallguard(import-arrows)',
  ],
  ['tools/src/generate', "import '../settings/other.ts';", 'wallguard(import-arrows)'],
  ['tools/src/generate', 'export function f(): number { return Date.now(); }', 'eslint(no-restricted-properties)'],
  ['tools/src/generate', 'export function f(): number { return process.pid; }', 'eslint(no-restricted-globals)'],
  [
    'tools/src/nginx-conf',
    "import fs from 'node:fs/promises';\nexport async function f(): Promise<void> { await fs.readFile('a'); }",
    'wallguard(import-arrows)',
  ],
  ['tools/src/nginx-conf', "import '../../../schema/settings.ts';", 'wallguard(import-arrows)'],
  ['tools/src/nginx-conf', "import 'yaml';", 'wallguard(import-arrows)'],
  [
    'tools/src/block-page',
    "import fs from 'node:fs';\nexport function f(): void { fs.readFileSync('a'); }",
    'wallguard(import-arrows)',
  ],
  ['tools/src/commands', "import '../../../njs/src/adapters/other.ts';", 'wallguard(import-arrows)'],
  ['tools/src/commands', "import '../../../scripts/other.ts';", 'wallguard(import-arrows)'],
  [
    'test/unit',
    "import { test } from 'vitest';\ntest.only('a', () => { throw new Error('a'); });",
    'vitest(no-focused-tests)',
  ],
  ['test/unit', "import { test } from 'vitest';\ntest('a', () => { Math.abs(1); });", 'vitest(expect-expect)'],
];

/** Sources in which no rule may fire. */
const good: readonly [folder: string, source: string][] = [
  [
    'tools/src/block-page',
    "import { suggest } from '../suggest.ts';\nimport { quoteValue } from '../settings/problem.ts';\nexport function f(): unknown { return suggest(quoteValue(1), []); }",
  ],
  ['njs/src', "import { f } from './handlers/other.ts';\nexport default { f };"],
  [
    'njs/src/handlers',
    "import { g } from '../adapters/other.ts';\nimport type { A } from '../../../schema/settings.ts';\nexport function f(a: A): void { g(a); }",
  ],
  [
    'njs/src/adapters',
    "import fs from 'fs';\nimport type { A } from '../core/other.ts';\nexport function g(a: A): string[] { fs.readFileSync(a.name); return Object.keys(a); }",
  ],
  ['njs/src/core', 'export function f(ms: number): string { return new Date(ms).toISOString(); }'],
  ['njs/src/core', 'export function f(a: number[]): number { return Math.max.apply(null, a); }'],
  [
    'njs/src/core',
    'export async function f(g: () => Promise<number>): Promise<number> { const a = await g(); return Math.abs(a); }',
  ],
  [
    'njs/src/core',
    'export interface A { readonly b: string }\nexport type C = A;\nexport function f(): RegExp { return /a/gim; }',
  ],
  [
    'tools/src/commands',
    "import { f } from '../../../njs/src/core/other.ts';\nimport fs from 'node:fs';\nexport function g(): void { f(fs.readFileSync('a')); }",
  ],
  [
    'tools/src/nginx-conf',
    "import path from 'node:path';\nexport function f(): string { return path.join('a', 'b'); }",
  ],
  ['scripts', "import '../tools/src/io.ts';\nimport '../njs/src/core/other.ts';"],
];

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
}

let tree = '';
let fired: Map<string, string[]>;

beforeAll(async () => {
  tree = await mkdtemp(path.join(tmpdir(), 'wallguard-lint-'));
  const config = JSON.parse(await readFile(path.join(repository, '.oxlintrc.json'), 'utf8')) as Record<string, unknown>;
  // Types need a project around each file; the rules under test need none.
  delete config['options'];
  await writeFile(path.join(tree, '.oxlintrc.json'), JSON.stringify(config));
  await cp(path.join(repository, 'scripts/lint'), path.join(tree, 'scripts/lint'), { recursive: true });
  for (const [name, [folder, source]] of [...named('bad', bad), ...named('good', good)]) {
    await mkdir(path.join(tree, folder), { recursive: true });
    await writeFile(path.join(tree, folder, `${name}.ts`), `${source}\n`);
  }
  const diagnostics = await lint(tree);
  fired = new Map();
  for (const { code, filename } of diagnostics) {
    const name = path.basename(filename, '.ts');
    fired.set(name, [...(fired.get(name) ?? []), code]);
  }
});

afterAll(async () => {
  await rm(tree, { recursive: true, force: true });
});

describe('a bad file is refused', () => {
  test.each(named('bad', bad))('%s %s', (name, [, , rule]) => {
    expect(new Set(fired.get(name))).toContain(rule);
  });
});

describe('a good file is not', () => {
  test.each(named('good', good))('%s %s', (name) => {
    const house = (fired.get(name) ?? []).filter((code) => /wallguard|restricted/.test(code));
    expect(house).toEqual([]);
  });
});

test('every house rule has a file that breaks it', () => {
  const rules = new Set(bad.map(([, , rule]) => rule));
  expect([...rules].filter((rule) => rule.startsWith('wallguard')).sort()).toEqual([
    'wallguard(import-arrows)',
    'wallguard(njs-syntax)',
    'wallguard(plain-core)',
  ]);
});

function named<T>(kind: string, cases: readonly T[]): [string, T][] {
  return cases.map((entry, index) => [`${kind}-${index}`, entry]);
}

async function lint(directory: string): Promise<Diagnostic[]> {
  const oxlint = path.join(repository, 'node_modules/oxlint/bin/oxlint');
  const output = await new Promise<string>((resolve) => {
    // oxlint exits with 1 when a rule fires; what it printed is what matters.
    execFile(
      process.execPath,
      [oxlint, '--format', 'json', '--disable-nested-config', '.'],
      { cwd: directory, maxBuffer: 1e8 },
      (_error, stdout, stderr) => resolve(stdout.startsWith('{') ? stdout : `${stdout}${stderr}`),
    );
  });
  return (JSON.parse(output) as { diagnostics: Diagnostic[] }).diagnostics;
}
