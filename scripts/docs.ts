/** `npm run docs`: writes every generated file of the repository; `--check` only says which ones are stale. */
import { parseArgs } from 'node:util';
import { apply, differences } from './docs/compare.ts';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const found = await differences();
if (!values.check) {
  await apply(found);
}
for (const { path, state } of found) {
  process.stdout.write(
    values.check ? `${path} is ${state}\n` : `${state === 'left over' ? 'removed' : 'wrote'} ${path}\n`,
  );
}
if (values.check && found.length > 0) {
  process.stderr.write('These files are generated; run "npm run docs" and commit what it wrote.\n');
  process.exitCode = 1;
}
