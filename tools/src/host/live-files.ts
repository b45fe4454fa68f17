/**
 * Configuration files of this machine, or of one copied into a folder.
 */
import { lstat, readFile, readdir, readlink, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import type { ConfigFiles, FileRead } from '../nginx-conf/config-files.ts';
import { expandPattern } from '../nginx-conf/glob.ts';
import type { Listing } from '../nginx-conf/glob.ts';

/** The files of this machine. */
export function liveFiles(): ConfigFiles {
  return filesThrough(async (path) => path);
}

/**
 * The files of a machine whose root directory was copied to a folder. Paths are as on that machine; symbolic links, also
 * absolute ones, are followed inside the folder and never lead out of it.
 */
export function rootedFiles(root: string): ConfigFiles {
  return filesThrough((path) => resolveInRoot(root, path));
}

/** As many as Linux follows before it answers ELOOP. */
const MAX_LINKS = 40;

/** A chain of links that does not end. */
class LinkLoopError extends Error {
  readonly code = 'ELOOP';
}

/**
 * Where a path of the copied machine is on this one.
 * @returns a path under `root`; it need not exist
 * @throws  the error of the first directory that cannot be looked into, or ELOOP
 */
export async function resolveInRoot(root: string, path: string): Promise<string> {
  const pending = path.split('/').toReversed();
  const resolved: string[] = [];
  let links = 0;
  while (pending.length > 0) {
    const part = pending.pop();
    if (part === undefined || part === '' || part === '.') continue;
    if (part === '..') {
      resolved.pop();
      continue;
    }
    const here = posix.join(root, ...resolved, part);
    const target = await linkTarget(here);
    if (target === undefined) {
      resolved.push(part);
    } else {
      if (++links > MAX_LINKS) throw new LinkLoopError(`too many symbolic links in ${path}`);
      if (target.startsWith('/')) resolved.length = 0;
      pending.push(...target.split('/').toReversed());
    }
  }
  return posix.join(root, ...resolved);
}

/** Undefined for what is no link; a name that does not exist is none either. */
async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function filesThrough(locate: (path: string) => Promise<string>): ConfigFiles {
  const list = async (directory: string): Promise<Listing> => {
    try {
      return { state: 'present', names: await readdir(await locate(directory)) };
    } catch (error) {
      return isAbsent(error) ? { state: 'absent' } : { state: 'unreadable', reason: reasonOf(error) };
    }
  };
  const exists = async (path: string): Promise<boolean> => {
    try {
      await stat(await locate(path));
      return true;
    } catch (error) {
      // What cannot be looked at may be there: reading it will tell.
      return !isAbsent(error);
    }
  };
  return {
    async read(path): Promise<FileRead> {
      try {
        return { state: 'present', bytes: await readFile(await locate(path)) };
      } catch (error) {
        return isAbsent(error) ? { state: 'absent' } : { state: 'unreadable', reason: reasonOf(error) };
      }
    },
    glob: (pattern) => expandPattern(pattern, { list, exists }),
  };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function isAbsent(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** In the form of NGINX's messages: `13: Permission denied`. */
function reasonOf(error: unknown): string {
  const known: Record<string, string> = {
    EACCES: '13: Permission denied',
    EISDIR: '21: Is a directory',
    ELOOP: '40: Too many levels of symbolic links',
  };
  return known[codeOf(error) ?? ''] ?? (error instanceof Error ? error.message : String(error));
}
