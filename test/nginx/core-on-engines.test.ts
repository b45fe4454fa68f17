/**
 * The core of lists and triggers gives the same answers in Node and in every njs, whose engines differ in Unicode,
 * regular expressions and numbers; and NGINX's own `map` names hints like the core does.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseAddress, printAddress } from '../../njs/src/core/lists/address.ts';
import { hintKey, hintRules, otherHint } from '../../njs/src/core/lists/hint-key.ts';
import { quote } from '../../tools/src/generate/text.ts';
import { sha256 } from '../unit/triggers/sha256.ts';
import { allBuilds, siteForTest, type Build } from './harness.ts';
import { answers } from './core-answers.ts';

const samples = ['audit-modsecurity-3.0.14.jsonl', 'audit-modsecurity-3.0.16.jsonl'].map((name) =>
  path.join(import.meta.dirname, '../unit/triggers/samples', name),
);

/** Runs the bundled answers with the njs of a kit. */
async function answersOf({ kit, jsEngine }: Build): Promise<unknown> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wallguard-core-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const result = await build({
    stdin: {
      contents: `
        import cr from 'crypto';
        import fs from 'fs';
        import { answers } from './core-answers.ts';
        function sha256(text) { return cr.createHash('sha256').update(text).digest('hex'); }
        const lines = ${JSON.stringify(samples)}.map((file) => fs.readFileSync(file, 'utf8'));
        console.log(JSON.stringify(answers(lines, sha256)));
      `,
      resolveDir: import.meta.dirname,
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'es2020',
    charset: 'ascii',
    external: ['crypto', 'fs'],
  });
  const file = path.join(folder, 'answers.js');
  writeFileSync(file, result.outputFiles[0]?.text ?? '');
  const [command, ...args] = kit.njsCli ?? [];
  if (command === undefined) throw new Error(`kit ${kit.name} has no njs command-line tool`);
  const run = spawnSync(command, [...args, ...(jsEngine === 'qjs' ? ['-n', 'QuickJS', '-m'] : ['-m']), file], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (run.status !== 0) throw new Error(`${run.stdout}${run.stderr}`);
  return JSON.parse(run.stdout);
}

const builds = await allBuilds();

describe.each(builds)('$name', (tested) => {
  test('payloads, names and addresses are those of Node', async () => {
    const inNode = answers(
      samples.map((file) => readFileSync(file, 'utf8')),
      sha256,
    );
    expect(await answersOf(tested)).toEqual(JSON.parse(JSON.stringify(inNode)));
  });
});

describe.each(builds.filter(({ jsEngine }) => jsEngine === 'njs'))('$name', (tested) => {
  test.each([64, 56, 32])('its map names hints by /%d like the list does', async (prefix) => {
    const site = await siteForTest(tested, {
      httpLines: [
        'map $arg_address $hint {',
        `    default ${otherHint()};`,
        ...hintRules(prefix).map(({ regex, value }) => `    ${quote(`~${regex}`)} ${quote(value)};`),
        '}',
      ],
      locations: ['location / { return 200 $hint; }'],
    });
    const texts = ['192.0.2.1', '::ffff:192.0.2.1', 'unix:', '2001:db8::ffff:1', '0:ffff::', '::1.2.3.4'];
    for (let pattern = 0; pattern < 256; pattern++) {
      const groups = Array.from({ length: 8 }, (_, index) => ((pattern >> index) & 1) === 1 ? 0xa0 + index : 0);
      texts.push(printAddress({ family: 6, groups }));
    }
    for (const text of texts) {
      const address = parseAddress(text);
      const named = await (await fetch(`${site.urls.app}/?address=${text}`)).text();
      expect([text, named]).toEqual([text, address === null ? otherHint() : hintKey(address, prefix)]);
    }
  });
});
