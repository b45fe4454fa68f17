/** Where configuration files come from. Paths are absolute and as NGINX on that machine would name them. */
import { posix } from 'node:path';
import { compareBytes, expandPattern, matchesPattern } from './glob.ts';
import type { GlobResult, Listing } from './glob.ts';

/** A file's contents, or why there are none. "Could not look" is never the same as "is not there". */
export type FileRead =
  | { readonly state: 'present'; readonly bytes: Uint8Array }
  | { readonly state: 'absent' }
  | { readonly state: 'unreadable'; readonly reason: string };

/** The file system as far as reading a configuration needs it. */
export interface ConfigFiles {
  read(path: string): Promise<FileRead>;
  /** Expands a pattern as glob(3) does; see {@link expandPattern}. */
  glob(pattern: string): Promise<GlobResult>;
}

/**
 * Files held in memory.
 * @param files  absolute path → contents (a string is UTF-8), or the reason why it cannot be read
 */
export function memoryFiles(
  files: Readonly<Record<string, string | Uint8Array | { readonly unreadable: string }>>,
): ConfigFiles {
  const contents = new Map(Object.entries(files).map(([path, content]) => [posix.normalize(path), content]));
  const directories = new Map<string, Set<string>>();
  for (const path of contents.keys()) {
    for (let at = path; at !== '/'; at = posix.dirname(at)) {
      const directory = posix.dirname(at);
      const names = directories.get(directory) ?? new Set();
      directories.set(directory, names.add(posix.basename(at)));
    }
  }
  const list = async (directory: string): Promise<Listing> => {
    const names = directories.get(posix.normalize(directory));
    return names === undefined ? { state: 'absent' } : { state: 'present', names: [...names] };
  };
  return {
    async read(path) {
      const content = contents.get(posix.normalize(path));
      if (content === undefined) return { state: 'absent' };
      if (typeof content === 'string') return { state: 'present', bytes: Buffer.from(content) };
      return content instanceof Uint8Array
        ? { state: 'present', bytes: content }
        : { state: 'unreadable', reason: content.unreadable };
    },
    glob: (pattern) =>
      expandPattern(pattern, {
        list,
        exists: async (path) => contents.has(posix.normalize(path)) || directories.has(posix.normalize(path)),
      }),
  };
}

/**
 * Files with planned changes laid over them, to read a configuration that is not written yet.
 * @param changes  absolute path → new contents; undefined: the file will be gone
 */
export function overlaidFiles(base: ConfigFiles, changes: ReadonlyMap<string, Uint8Array | undefined>): ConfigFiles {
  return {
    async read(path) {
      const changed = posix.normalize(path);
      if (!changes.has(changed)) return base.read(path);
      const bytes = changes.get(changed);
      return bytes === undefined ? { state: 'absent' } : { state: 'present', bytes };
    },
    async glob(pattern) {
      const { paths, unreadable } = await base.glob(pattern);
      const kept = paths.filter((path) => !changes.has(posix.normalize(path)));
      const added = [...changes]
        .filter(([path, bytes]) => bytes !== undefined && matchesPattern(posix.normalize(pattern), path))
        .map(([path]) => path);
      return { paths: [...kept, ...added].toSorted(compareBytes), unreadable };
    },
  };
}

/**
 * The files inside a dump as `nginx -T` prints it: `# configuration file PATH:` before each.
 * @param dump  standard output of `nginx -T`
 * @returns     the files, and the path of the main one (the first); undefined when it is no such dump. NGINX prints
 *              nothing at all when the configuration is broken, and a file only once however often it is included.
 */
export function filesOfDump(dump: string): { main: string; files: ConfigFiles } | undefined {
  const contents: Record<string, string> = {};
  const headers = [...dump.matchAll(/^# configuration file (\/.*):\n/gm)];
  headers.forEach((header, index) => {
    const end = headers[index + 1]?.index ?? dump.length;
    const text = dump.slice(header.index + header[0].length, end);
    // NGINX adds one line feed of its own after each file.
    contents[header[1]!] ??= text.endsWith('\n') ? text.slice(0, -1) : text;
  });
  const main = headers[0]?.[1];
  return main === undefined ? undefined : { main, files: memoryFiles(contents) };
}
