import fs from 'fs';
import type { Bytes } from '../core/telemetry/heads.ts';
import type { FileFacts } from '../core/telemetry/tail.ts';

/** Inode and size of a file; undefined when there is none. @throws when it may not be looked at */
export function fileFacts(path: string): FileFacts | undefined {
  try {
    const facts = fs.statSync(path);
    return { inode: facts.ino, sizeBytes: facts.size };
  } catch (error) {
    if ((error as { readonly code?: string }).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

/** What was read of a file. */
export interface Reading {
  /** Up to where `consume` took it. */
  readonly offset: number;
  readonly isAtEnd: boolean;
  /** Bytes given up because a line was longer than a chunk. */
  readonly skippedBytes: number;
}

/**
 * Reads a file from an offset on in chunks.
 *
 * @param chunkBytes   longest line that can be read
 * @param budgetBytes  about how much is read at most
 * @param consume      takes whole lines from the start of the chunk and returns how many bytes these were; -1 when it can
 *                     take none now, which ends the reading
 */
export function readFrom(
  path: string,
  offset: number,
  chunkBytes: number,
  budgetBytes: number,
  consume: (chunk: Bytes, length: number) => number,
): Reading {
  const fd = fs.openSync(path, 'r');
  try {
    const end = fs.fstatSync(fd).size;
    const chunk = Buffer.alloc(Math.max(1, Math.min(chunkBytes, end - offset)));
    let at = offset;
    let skipped = 0;
    while (at < end && at - offset < budgetBytes) {
      const length = fs.readSync(fd, chunk, 0, Math.min(chunk.length, end - at), at);
      if (length <= 0) {
        break;
      }
      let used = consume(chunk as unknown as Bytes, length);
      if (used < 0) {
        return { offset: at, isAtEnd: false, skippedBytes: skipped };
      }
      if (used === 0) {
        if (at + length >= end) {
          return { offset: at, isAtEnd: true, skippedBytes: skipped };
        }
        used = length;
        skipped += length;
      }
      at += used;
    }
    return { offset: at, isAtEnd: at >= end, skippedBytes: skipped };
  } finally {
    fs.closeSync(fd);
  }
}

/** Text of some bytes. */
export function bytesOf(text: string): Bytes {
  return Buffer.from(text) as unknown as Bytes;
}
