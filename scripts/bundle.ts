/**
 * Builds `dist/`: the njs bundles, the CLI, the drop-in for default settings.
 *
 * The njs bundles must parse on the oldest supported engine. esbuild lowers or rejects what its `supported` map names;
 * what it lets through is caught by lint and by the parse gate (njs-capabilities.md 2.1).
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { repositoryRoot } from './kits/repository.ts';

/** `false` makes esbuild lower the syntax, or stop where it cannot. */
const oldestEngine = {
  'optional-chain': false,
  'logical-assignment': false,
  'optional-catch-binding': false,
  'object-rest-spread': false,
  class: false,
  destructuring: false,
  'for-of': false,
  'for-await': false,
  'default-argument': false,
  'array-spread': false,
  generator: false,
  'async-generator': false,
  'new-target': false,
  'top-level-await': false,
  bigint: false,
  'import-meta': false,
  'dynamic-import': false,
  'regexp-dot-all-flag': false,
  'regexp-match-indices': false,
  'regexp-set-notation': false,
  'regexp-sticky-and-unicode-flags': false,
  'regexp-unicode-property-escapes': false,
  'class-field': false,
  'class-static-field': false,
  using: false,
  decorators: false,
  'unicode-escapes': false,
  'nullish-coalescing': true,
  'exponent-operator': true,
  'template-literal': true,
  arrow: true,
  'const-and-let': true,
  'object-extensions': true,
  'object-accessors': true,
  'rest-argument': true,
  'async-await': true,
  'regexp-named-capture-groups': true,
  'regexp-lookbehind-assertions': true,
};

/** Entries in `njs/src/lazy/`, which the hot bundle holds as one function each. */
const lazyEntries = ['verdict', 'payloads'];

/** Bundles one entry for njs. @throws when the oldest engine could not parse it. */
export async function buildNjs(entry: 'hot' | 'cold'): Promise<string> {
  const { imports, functions, name } = await bundle(entry);
  const parts = [...imports];
  const body = [functions];
  for (const lazy of entry === 'hot' ? lazyEntries : []) {
    const inner = await bundle(`lazy/${lazy}`);
    parts.push(...inner.imports.filter((line) => !parts.includes(line)));
    const wrapper = `wallguardLazy${lazy.charAt(0).toUpperCase()}${lazy.slice(1)}`;
    body.push(`function ${wrapper}() {\n${inner.functions.replace(/^(?=.)/gm, '  ')}  return ${inner.name};\n}\n`);
  }
  return [...parts.map((line) => `${line}\n`), ...body, `export default ${name};\n`].join('');
}

interface Bundle {
  /** Lines such as `import fs from "fs";`. */
  readonly imports: readonly string[];
  readonly functions: string;
  /** The object that the entry exports. */
  readonly name: string;
}

async function bundle(entry: string): Promise<Bundle> {
  const result = await build({
    entryPoints: [join(repositoryRoot, 'njs/src', `${entry}.ts`)],
    bundle: true,
    write: false,
    outfile: `${entry}.js`,
    format: 'esm',
    platform: 'neutral',
    target: 'es2020',
    charset: 'ascii',
    legalComments: 'none',
    supported: oldestEngine,
    external: ['fs', 'crypto', 'querystring', 'buffer'],
    logLevel: 'silent',
  });
  const [warning] = result.warnings;
  if (warning !== undefined) {
    throw new Error(`njs bundle ${entry}: ${warning.text} (${warning.location?.file}:${warning.location?.line})`);
  }
  const text = result.outputFiles[0]?.text ?? '';
  // njs before 0.7.12 refuses `export { x as default }`, and one plain form for all keeps the bundle readable.
  const footer = /export \{\s*([\w$]+) as default\s*\};?\s*$/;
  const name = footer.exec(text)?.[1];
  if (name === undefined) {
    throw new Error(`njs bundle ${entry}: default export not found; the entry must end in "export default { … }"`);
  }
  refuseTopLevelWork(text, entry);
  const importLine = /^import .*$\n?/gm;
  return {
    imports: (text.match(importLine) ?? []).map((line) => line.trimEnd()),
    functions: text.replace(footer, '').replace(importLine, ''),
    name,
  };
}

/**
 * On the older engine the top level of a bundle runs anew for every request that touches it, so it may hold functions
 * and imports only; a table belongs into the function that uses it (njs-capabilities.md 8.3).
 *
 * @param text  esbuild's output, whose top-level statements start in the first column
 */
function refuseTopLevelWork(text: string, entry: string): void {
  const allowed = new RegExp(
    `^(?://|\\s|\\}|\\)|import |export |(?:async )?function |var ${basename(entry)}_default = \\{|$)`,
  );
  const offending = text.split('\n').find((line) => !allowed.test(line));
  if (offending !== undefined) {
    throw new Error(`njs bundle ${entry}: only functions may stand at top level, found: ${offending.slice(0, 80)}`);
  }
}

/** Bundles the CLI; dependencies stay outside, package.json names them. */
export async function buildCli(): Promise<void> {
  await build({
    entryPoints: [join(repositoryRoot, 'tools/src/cli.ts')],
    bundle: true,
    outfile: join(repositoryRoot, 'dist/cli.mjs'),
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'linked',
    logLevel: 'silent',
  });
}

async function writeWhole(path: string, text: string): Promise<void> {
  const old = await readFile(path, 'utf8').catch(() => undefined);
  if (old === text) {
    return;
  }
  await writeFile(`${path}.tmp`, text);
  await rename(`${path}.tmp`, path);
}

/** Builds everything into `dist/`. */
export async function buildAll(): Promise<void> {
  await mkdir(join(repositoryRoot, 'dist/njs'), { recursive: true });
  for (const entry of ['hot', 'cold'] as const) {
    await writeWhole(join(repositoryRoot, 'dist/njs', `${entry}.js`), await buildNjs(entry));
  }
  await buildCli();
}
