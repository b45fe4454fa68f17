import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Absolute path of the repository, found by walking up from this module to the `package.json` named "wallguard".
 * That holds both where the TypeScript is imported directly (vitest) and where `scripts/run.mjs` has bundled it into
 * `.cache/scripts/`, which lies inside the repository; so scripts use this and never their own `import.meta.url`.
 */
export const repositoryRoot: string = findRepositoryRoot(path.dirname(fileURLToPath(import.meta.url)));

function findRepositoryRoot(start: string): string {
  for (let directory = start; ; directory = path.dirname(directory)) {
    const file = path.join(directory, 'package.json');
    if (existsSync(file)) {
      const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
      if (typeof parsed === 'object' && parsed !== null && 'name' in parsed && parsed.name === 'wallguard')
        return directory;
    }
    if (directory === path.dirname(directory)) throw new Error(`no package.json named "wallguard" above ${start}`);
  }
}
