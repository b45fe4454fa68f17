import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';

/** Whether an error of `node:fs` says that the path is not there. */
export function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Writes a file so that a reader, or a crash, sees the old text or the new one and never a part. */
export function writeFileAtomically(file: string, text: string): void {
  const partial = `${file}.${process.pid}`;
  const descriptor = openSync(partial, 'w', 0o644);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(partial, file);
}
