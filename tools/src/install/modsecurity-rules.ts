/**
 * Rules files of libmodsecurity, as far as testing a configuration needs them: which of them name files that are
 * written when rules are loaded (audit log, debug log, directories).
 */
import { posix } from 'node:path';

const WRITE =
  /^(\s*(?:SecAuditLog|SecAuditLog2|SecAuditLogStorageDir|SecDataDir|SecDebugLog|SecTmpDir|SecUploadDir)\s+"?)([^\s"]+)/i;
const INCLUDE = /^(\s*Include\s+"?)([^\s"]+)/i;

/**
 * Follows `Include` from the files given. A pattern is not followed: rule sets are included so, and name no logs.
 * @param read  rejects when a file cannot be read; NGINX will say so better
 * @returns     text of the files that write, or include one that does, by path; one character for each byte
 */
export async function writingRules(
  paths: readonly string[],
  read: (path: string) => Promise<Uint8Array>,
): Promise<ReadonlyMap<string, string>> {
  const writing = new Map<string, string>();
  const seen = new Set<string>();
  const visit = async (path: string): Promise<boolean> => {
    if (seen.has(path)) return writing.has(path);
    seen.add(path);
    const text = await read(path).then(
      (bytes) => Buffer.from(bytes).toString('latin1'),
      () => '',
    );
    let writes = false;
    for (const line of text.split('\n')) {
      if (WRITE.test(line)) writes = true;
      const included = INCLUDE.exec(line)?.[2];
      if (included === undefined || /[*?[]/.test(included)) continue;
      if (await visit(posix.resolve(posix.dirname(path), included))) writes = true;
    }
    if (writes) writing.set(path, text);
    return writes;
  };
  for (const path of paths) await visit(path);
  return writing;
}

/**
 * Text of a rules file with other paths.
 * @param written   for a path that is written
 * @param included  for an absolute path that is included
 */
export async function redirectRules(
  text: string,
  written: (path: string) => Promise<string>,
  included: (path: string) => string,
): Promise<string> {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const write = WRITE.exec(line);
    const include = INCLUDE.exec(line);
    if (write !== null) {
      const [head, start = '', path = ''] = write;
      lines.push(start + (await written(path)) + line.slice(head.length));
    } else if (include?.[2]?.startsWith('/')) {
      const [head, start = '', path = ''] = include;
      lines.push(start + included(path) + line.slice(head.length));
    } else {
      lines.push(line);
    }
  }
  return lines.join('\n');
}
