/** `docs/checks.md`: the checks, each with a configuration from its fixtures and what is said about it. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { checksPage, type CheckExample } from '../../tools/src/checks/document.ts';
import { checks } from '../../tools/src/checks/index.ts';
import { repositoryRoot } from '../kits/repository.ts';

const configuration = 'etc/nginx/nginx.conf';

export async function checksPageText(): Promise<string> {
  const examples = new Map<string, CheckExample>();
  for (const { id } of checks) {
    const example = await firstExample(path.join(repositoryRoot, 'test/fixtures/checks', id));
    if (example !== undefined) examples.set(id, example);
  }
  return checksPage(checks, examples);
}

/** The first `bad-*` case, by name. */
async function firstExample(folder: string): Promise<CheckExample | undefined> {
  const [name] = (await readdir(folder)).filter((one) => one.startsWith('bad-')).sort();
  if (name === undefined) return undefined;
  const read = (file: string): Promise<string> => readFile(path.join(folder, name, file), 'utf8');
  return { file: `/${configuration}`, text: await read(configuration), expected: await read('expected.txt') };
}
