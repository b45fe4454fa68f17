/**
 * The configuration model against NGINX itself: what is refused, with which words, on which line, and what words mean.
 *
 * NGINX tells its tokenizer's verdict by its messages. Where it complains about a meaning instead (unknown directive …)
 * its tokenizer had no objection up to that line, and there is no more to compare.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureKit, KIT_NAMES } from '../../scripts/kits/kit.ts';
import type { Kit } from '../../scripts/kits/kit.ts';
import { liveFiles } from '../../tools/src/host/live-files.ts';
import { loadConfig } from '../../tools/src/nginx-conf/include.ts';
import { parseFile } from '../../tools/src/nginx-conf/parse.ts';
import { quoteWord } from '../../tools/src/nginx-conf/print.ts';
import { eventually } from './harness.ts';

const FIXTURES = path.join(import.meta.dirname, '../fixtures/nginx-conf');
const run = promisify(execFile);

/** `accepted`, `refused: MESSAGE @ LINE`, or the line up to which the tokenizer had nothing to refuse. */
type Verdict = string | { readonly meaning: string; readonly line: number };

const TOKENIZER = /^(unexpected|too long parameter|Lua code block missing)/;

/** Fixtures whose words NGINX can read and whose meaning it refuses. */
const REFUSED_BY_MEANING = new Set([
  'byte-order-mark.conf',
  'dollar-brace-unclosed.conf',
  'form-feed.conf',
  'missing-semicolon-before-next-line.conf',
  'no-break-space.conf',
  'unquoted-regex-with-brace.conf',
]);

/** A folder with a configuration for `nginx -t` that includes one file at http level. */
class Bench {
  readonly directory = mkdtempSync(path.join(tmpdir(), 'wallguard-differential-'));
  readonly kit: Kit;

  constructor(kit: Kit) {
    this.kit = kit;
    mkdirSync(path.join(this.directory, 'temp'));
    const lua = kit.modules.lua;
    const main = [
      ...(lua === undefined ? [] : [`load_module ${lua.ndk};`, `load_module ${lua.lua};`]),
      'user root;',
      `pid ${this.directory}/nginx.pid;`,
      `error_log ${this.directory}/error.log;`,
      'events { }',
      'http {',
      'types_hash_bucket_size 8192;',
      'variables_hash_bucket_size 1024;',
      ...(lua === undefined ? [] : [`lua_package_path "${lua.path};;";`, `lua_package_cpath "${lua.cpath};;";`]),
      'access_log off;',
      ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${this.directory}/temp/${name};`,
      ),
      'include case.conf;',
      '}',
      '',
    ].join('\n');
    writeFileSync(path.join(this.directory, 'nginx.conf'), main);
  }

  arguments(): string[] {
    return ['-e', `${this.directory}/error.log`, '-p', this.directory, '-c', `${this.directory}/nginx.conf`];
  }

  write(text: string | Uint8Array): void {
    writeFileSync(path.join(this.directory, 'case.conf'), text);
  }

  /** What NGINX says to the case. */
  async verdict(): Promise<Verdict> {
    const [command = '', ...args] = this.kit.nginx;
    const result: { code?: unknown; stderr: string } = await run(command, [...args, '-t', ...this.arguments()], {
      encoding: 'latin1',
    }).catch((error: unknown) => error as { code: unknown; stderr: string });
    if (result.code === undefined) return 'accepted';
    const found = /\[emerg\] (?:\d+#\d+: )?([^]*?) in \S+\/(?:case|nginx)\.conf:(\d+)$/m.exec(result.stderr);
    if (found === null) throw new Error(`NGINX failed for another reason than the case: ${result.stderr}`);
    const [, message = '', line] = found;
    return TOKENIZER.test(message) ? `refused: ${message} @ ${line}` : { meaning: message, line: Number(line) };
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Our verdict, in the form and as far as NGINX has one. It writes bytes as they are where we escape them. */
function ourVerdict(text: string | Uint8Array, theirs: Verdict): Verdict {
  const [first] = parseFile('case.conf', text).errors;
  if (typeof theirs !== 'string' && (first === undefined || first.at.line >= theirs.line)) return theirs;
  if (first === undefined) return 'accepted';
  const message = first.message.replace(/\\x([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return `refused: ${message} @ ${first.at.line}`;
}

const kits = await Promise.all(KIT_NAMES.map((name) => ensureKit(name)));

describe.each(kits.map((kit) => ({ kit, version: kit.nginxVersion })))('NGINX $version', ({ kit }) => {
  const bench = new Bench(kit);
  afterAll(() => bench.remove());

  const fixtures = readdirSync(FIXTURES).filter((name) => kit.modules.lua !== undefined || !name.startsWith('lua-'));
  test.each(fixtures)('%s', async (name) => {
    const bytes = readFileSync(path.join(FIXTURES, name));
    bench.write(bytes);
    const theirs = await bench.verdict();
    expect(typeof theirs === 'string').toBe(!REFUSED_BY_MEANING.has(name));
    expect(ourVerdict(bytes, theirs)).toEqual(theirs);
  });

  const x = (count: number): string => 'x'.repeat(count);
  test.each<[name: string, text: (count: number) => string]>([
    ['plain word before ;', (count) => `types { a ${x(count)}; }\n`],
    ['plain word before a space', (count) => `types { a ${x(count)} b; }\n`],
    ['quoted word before ;', (count) => `types { a "${x(count)}"; }\n`],
    ['quoted word before a space', (count) => `types { a "${x(count)}" b; }\n`],
    ['quoted word before )', (count) => `types { a "${x(count)}"); }\n`],
    ['word that ends in an escape', (count) => `types { a ${x(count - 2)}\\y; }\n`],
    ['comment', (count) => `#${x(count - 1)}\nserver { }\n`],
    ['word after other text', (count) => `${'# filler\n'.repeat(700)}types { a ${x(count)} b; }\n`],
    ['quoted word with line ends', (count) => `types {\n a "${`${x(9)}\n`.repeat(409)}${x(count - 4090)}" b; }\n`],
    ['word at the end of the file', (count) => `types { a ${x(count)}`],
  ])('buffer limit: %s', async (_name, text) => {
    for (const count of [4092, 4093, 4094, 4095, 4096, 4097]) {
      bench.write(text(count));
      const theirs = await bench.verdict();
      expect(theirs).toBeTypeOf('string');
      expect(ourVerdict(text(count), theirs), `${count} bytes`).toBe(theirs);
    }
  });

  test('files of the distribution', async () => {
    const folder = path.join(kit.root, 'etc/nginx');
    const names = readdirSync(folder).filter((name) => /^(mime\.types|.*_params|fastcgi\.conf|koi-.*|win-.*)$/.test(name));
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) {
      const bytes = readFileSync(path.join(folder, name));
      bench.write(bytes);
      expect(await bench.verdict(), name).toBe('accepted');
      expect(parseFile(name, bytes).errors, name).toEqual([]);
    }
    // The rest is no part of an http block by itself; it is what Debian starts NGINX with.
    for (const name of ['nginx.conf', 'sites-available/default', 'snippets/fastcgi-php.conf']) {
      const { errors, unread } = parseFile(name, readFileSync(path.join(folder, name)));
      expect({ name, errors, unread }).toEqual({ name, errors: [], unread: [] });
    }
  });

  test('random text in a table: same verdict, words and line', { timeout: 120_000 }, async () => {
    const piece = fc.oneof(
      fc.constantFrom('"', "'", '\\', '{', '}', ';', '#', '$', '${', ')', ' ', '\n', '\r', '\t', '\f', 'a', 'b', '""', "''", '"b c"', ' ;', ';\n', '# no\n', '\\"', '\u00a0'),
      fc.string({ minLength: 1, maxLength: 3 }).filter((text) => !text.includes('\0')),
    );
    const soup = fc.array(piece, { maxLength: 12 }).map((parts) => `types {\na b;\n${parts.join('')};\n}\n`);
    await fc.assert(
      fc.asyncProperty(soup, async (text) => {
        bench.write(text);
        const theirs = await bench.verdict();
        expect(ourVerdict(text, theirs)).toEqual(theirs);
      }),
      { numRuns: 300 },
    );
  });

  test.each<[name: string, files: Record<string, string>]>([
    ['a literal path that is missing', { 'case.conf': 'include\n none.conf;\n' }],
    ['a pattern that matches nothing', { 'case.conf': 'include none/*.conf;\n' }],
    ['relative to the main file', { 'case.conf': 'include sub/a.conf;\n', 'sub/a.conf': 'include b.conf;', 'b.conf': 'server { }' }],
    ['not relative to the including file', { 'case.conf': 'include sub/a.conf;\n', 'sub/a.conf': 'include c.conf;', 'sub/c.conf': '' }],
    ['an error in an included file', { 'case.conf': 'include sub/*;\n', 'sub/1': 'server { }\n', 'sub/2': 'server {\n;' }],
    ['byte order', { 'case.conf': 'include sub/*;\n', 'sub/B': '\n;', 'sub/a': ';', 'sub/10': '', 'sub/9': '' }],
    ['hidden files are left out', { 'case.conf': 'include sub/*;\n', 'sub/.a': ';', 'sub/b': '' }],
    ['a block that spans files', { 'case.conf': 'include open.conf;\n}\n', 'open.conf': 'server {\n' }],
    ['a directory among the matches', { 'case.conf': 'include sub/*;\n', 'sub/a/b': '' }],
  ])('include: %s', async (_name, files) => {
    rmSync(path.join(bench.directory, 'sub'), { recursive: true, force: true });
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(bench.directory, name)), { recursive: true });
      writeFileSync(path.join(bench.directory, name), text);
    }
    const [command = '', ...args] = kit.nginx;
    const ran: { stderr: string } = await run(command, [...args, '-t', ...bench.arguments()]).catch(
      (error: unknown) => error as { stderr: string },
    );
    const theirs = /\[(?:emerg|crit)\] (?:\d+#\d+: )?(.*?)(?: in (\S+):(\d+))?$/m.exec(ran.stderr);
    const tree = await loadConfig(liveFiles(), path.join(bench.directory, 'nginx.conf'), bench.directory);
    const [ours] = tree.errors;
    expect(ours === undefined).toBe(theirs === null);
    // To a directory NGINX gives no line, since it is the reading that fails.
    if (theirs?.[2] !== undefined) {
      expect(`${ours?.message} in ${ours?.at.file}:${ours?.at.line}`).toBe(`${theirs[1]} in ${theirs[2]}:${theirs[3]}`);
    }
  });
});

describe('what words mean', () => {
  const kit = kits[0]!;
  const bench = new Bench(kit);
  /** As written in the configuration; each is answered back by NGINX as it understood it. */
  const written = [
    ['a#b', 'a}b', 'a\\ b', 'a\\;b', 'a\\{b', '\\"b', 'a"b"c', "a'b", '\\d\\\\', 'x\\ty\\nz\\r.'],
    ['"a b"', "'a b'", '"it\'s"', "'say \"x\"'", '"\\" \\\' \\\\ \\t \\r \\n"', '"\\d \\. \\; \\{ \\x"', '"a\nb"', '"ż 日本"', '"\\\\n"', "'\\\\\\n'"],
    ['a\u00a0b', 'a\fb', '"a;{}b"', '"# no"', 'żółw', '"x\\\ny"'],
    ...[['a b', '"', "'", '\\', '\\n', '{', '}', ';', '#', 'a\tb', 'a\nb', 'a\r\nb', '^/v\\d{2}/', '\\\\"\\"']].map((values) =>
      values.map(quoteWord),
    ),
  ].flat();
  let port = 0;
  let stop: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    port = await freePort();
    const locations = written.map((word, index) => `location = /${index} { return 200 ${word}; }`);
    bench.write(`server { listen 127.0.0.1:${port}; ${locations.join('\n')} }`);
    const [command = '', ...args] = kit.nginx;
    const nginx = spawn(command, [...args, ...bench.arguments(), '-g', 'daemon off; master_process off;'], { stdio: 'inherit' });
    const exited = new Promise<void>((resolve) => nginx.once('exit', () => resolve()));
    stop = async () => {
      nginx.kill('SIGTERM');
      await exited;
    };
    await eventually(() => fetch(`http://127.0.0.1:${port}/0`).then(() => true, () => undefined), 'NGINX answers');
  });
  afterAll(async () => {
    await stop?.();
    bench.remove();
  });

  test.each(written.map((word, index) => ({ word, index })))('$word', async ({ word, index }) => {
    const file = parseFile('word.conf', `return 200 ${word};`);
    expect(file.errors).toEqual([]);
    const answer = await fetch(`http://127.0.0.1:${port}/${index}`);
    expect(await answer.text()).toBe(file.directives[0]?.args[1]?.value);
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}
