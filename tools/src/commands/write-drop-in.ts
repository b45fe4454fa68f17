import { mkdir, mkdtemp, lstat, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { generatedMark, type GeneratedFile } from '../generate/generate.ts';
import { exitCodes, UserError } from '../io.ts';

/** Folders in which files of a former run are looked for. */
const ownFolders = ['conf.d', 'wallguard'];

/** What became of a file. */
export interface WrittenFile {
  /** Relative to the output directory. */
  readonly path: string;
  /** `kept`: it belongs to somebody else and was there already. */
  readonly state: 'new' | 'changed' | 'unchanged' | 'kept' | 'removed';
}

/**
 * Writes a drop-in. All files are written aside and flushed first and then renamed into place, so that a full disk
 * changes nothing and a reader never sees half a file. Files of a former run that are no longer generated are removed,
 * if they carry wallguard's header.
 *
 * @throws UserError naming every file in the way that wallguard did not write, unless `force`
 */
export async function writeDropIn(
  directory: string,
  files: readonly GeneratedFile[],
  options: { readonly force: boolean },
): Promise<WrittenFile[]> {
  const renewed = await Promise.all(files.map((file) => renew(directory, file)));
  const plan = await Promise.all(renewed.map(async (file) => ({ file, state: await stateOf(directory, file) })));
  const inTheWay = plan.filter(({ state }) => state === 'foreign');
  if (inTheWay.length > 0 && !options.force) {
    throw new UserError(
      `${inTheWay.map(({ file }) => path.join(directory, file.path)).join('\n')}\n` +
        'not written by wallguard; nothing was done. Move such files away, choose another --out, or use --force',
      exitCodes.found,
    );
  }
  const stale = await staleFiles(directory, files);
  const toWrite = plan.filter(({ state }) => state !== 'unchanged' && state !== 'kept').map(({ file }) => file);

  try {
    await mkdir(directory, { recursive: true });
    const aside = await mkdtemp(path.join(directory, '.wallguard-'));
    try {
      for (const [index, file] of toWrite.entries()) {
        await writeFlushed(path.join(aside, String(index)), file.text);
      }
      for (const [index, file] of toWrite.entries()) {
        const target = path.join(directory, file.path);
        await mkdir(path.dirname(target), { recursive: true });
        await rename(path.join(aside, String(index)), target);
      }
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
    for (const file of stale) {
      await rm(path.join(directory, file));
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) {
      throw new UserError(`cannot write the drop-in: ${error.message}`, exitCodes.found, { cause: error });
    }
    throw error;
  }
  return [
    ...plan.map(({ file, state }) => ({ path: file.path, state: state === 'foreign' ? ('changed' as const) : state })),
    ...stale.map((file) => ({ path: file, state: 'removed' as const })),
  ];
}

/** The file with what is to be kept of the one that is there. */
async function renew(directory: string, file: GeneratedFile): Promise<GeneratedFile> {
  const old = file.renewed === undefined ? undefined : await readOld(path.join(directory, file.path));
  if (file.renewed === undefined || typeof old !== 'string' || !hasMark(old)) {
    return file;
  }
  try {
    return { ...file, text: file.renewed(old) };
  } catch (error) {
    throw new UserError(
      `${path.join(directory, file.path)}: ${(error as Error).message}; nothing was done, since its entries would be lost. Move it away`,
      exitCodes.found,
      { cause: error },
    );
  }
}

async function stateOf(
  directory: string,
  file: GeneratedFile,
): Promise<'new' | 'changed' | 'unchanged' | 'kept' | 'foreign'> {
  const old = await readOld(path.join(directory, file.path));
  if (old === undefined) {
    return 'new';
  }
  if (old === file.text) {
    return 'unchanged';
  }
  if (file.onlyIfMissing) {
    return 'kept';
  }
  return (await isOwn(directory, file.path, old)) ? 'changed' : 'foreign';
}

/** JSON has no comments to carry the header in: such a file belongs to the configuration that it stands beside. */
async function isOwn(directory: string, file: string, text: string | null): Promise<boolean> {
  if (text !== null && file.endsWith('.json')) {
    return hasMark(await readOld(path.join(directory, 'wallguard/server.conf')));
  }
  return hasMark(text);
}

function hasMark(text: string | null | undefined): boolean {
  return text?.split('\n', 1)[0]?.includes(generatedMark) ?? false;
}

/** Text of a file; undefined when there is none, null when it is something else than a plain file. */
async function readOld(file: string): Promise<string | null | undefined> {
  try {
    return (await lstat(file)).isFile() ? await readFile(file, 'utf8') : null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw new UserError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`, undefined, {
      cause: error,
    });
  }
}

async function staleFiles(directory: string, files: readonly GeneratedFile[]): Promise<string[]> {
  const current = new Set(files.map((file) => file.path));
  const stale: string[] = [];
  for (const folder of ownFolders) {
    const names: string[] = await readdir(path.join(directory, folder)).catch(() => []);
    for (const name of names.sort()) {
      const file = `${folder}/${name}`;
      if (!current.has(file) && hasMark(await readOld(path.join(directory, file)))) {
        stale.push(file);
      }
    }
  }
  return stale;
}

async function writeFlushed(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o644);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
