/** `node scripts/run.mjs directives`: writes what wallguard knows about directives; `--check` only says if it is stale. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { referenceText } from './directives/reference-text.ts';
import { writeFileAtomically } from './kits/files.ts';
import { repositoryRoot } from './kits/repository.ts';

const file = 'tools/src/directives/reference.json';
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const target = path.join(repositoryRoot, file);
const text = await referenceText();
if (!values.check) {
  writeFileAtomically(target, text);
  process.stdout.write(`wrote ${file}\n`);
} else if (readFileSync(target, 'utf8') !== text) {
  process.stderr.write(`${file} is stale; run "node scripts/run.mjs directives" and commit what it wrote.\n`);
  process.exitCode = 1;
}
