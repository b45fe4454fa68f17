import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from './io.ts';

/**
 * Directory of this package, found by walking up to its `package.json`: that holds for the sources, for `dist/` in a
 * checkout, and for an installed package.
 */
export const packageRoot: string = findPackageRoot(path.dirname(fileURLToPath(import.meta.url)));

function findPackageRoot(start: string): string {
  for (let directory = start; ; directory = path.dirname(directory)) {
    const file = path.join(directory, 'package.json');
    if (existsSync(file) && manifest(file).name === 'wallguard') {
      return directory;
    }
    if (directory === path.dirname(directory)) {
      throw new Error(`no package.json named "wallguard" above ${start}`);
    }
  }
}

/** wallguard's own version. */
export function packageVersion(): string {
  return manifest(path.join(packageRoot, 'package.json')).version;
}

/**
 * Text of the built njs bundles.
 *
 * @throws UserError in a checkout that was not built
 */
export async function readBundles(): Promise<{ hot: string; cold: string }> {
  return { hot: await readBundle('hot'), cold: await readBundle('cold') };
}

async function readBundle(name: string): Promise<string> {
  const file = path.join(packageRoot, 'dist/njs', `${name}.js`);
  return await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UserError(`cannot read the njs bundle ${file}; run "npm run build" first`, undefined, { cause: error });
  });
}

function manifest(file: string): { name: string; version: string } {
  return JSON.parse(readFileSync(file, 'utf8')) as { name: string; version: string };
}
