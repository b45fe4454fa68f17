import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';

/** The code of an error that Node or the system raised: `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether an error of `node:fs` or of starting a program says that the path is not there. */
export function isMissing(error: unknown): boolean {
  const code = errorCode(error);
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
