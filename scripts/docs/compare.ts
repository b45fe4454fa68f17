import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomically } from '../kits/files.ts';
import { repositoryRoot } from '../kits/repository.ts';
import { documents, generatedFolders } from './documents.ts';

/** A generated file that is not what the sources say. */
export interface Difference {
  readonly path: string;
  readonly state: 'missing' | 'stale' | 'left over';
  /** What it should hold; undefined for one that should not be there. */
  readonly text?: string;
}

/** Generated files that are missing, differ, or are no longer generated. */
export async function differences(): Promise<Difference[]> {
  const wanted = await documents();
  const found: Difference[] = [];
  for (const { path: file, text } of wanted) {
    const old = await readFile(path.join(repositoryRoot, file), 'utf8').catch(() => undefined);
    if (old !== text) {
      found.push({ path: file, state: old === undefined ? 'missing' : 'stale', text });
    }
  }
  const names = new Set(wanted.map((document) => document.path));
  for (const folder of generatedFolders) {
    for (const name of await readdir(path.join(repositoryRoot, folder)).catch(() => [])) {
      if (!names.has(`${folder}/${name}`)) {
        found.push({ path: `${folder}/${name}`, state: 'left over' });
      }
    }
  }
  return found;
}

/** Makes the repository what the sources say. */
export async function apply(found: readonly Difference[]): Promise<void> {
  for (const { path: file, text } of found) {
    const target = path.join(repositoryRoot, file);
    if (text === undefined) {
      await rm(target);
    } else {
      await mkdir(path.dirname(target), { recursive: true });
      writeFileAtomically(target, text);
    }
  }
}
