/**
 * Where to go on reading a growing log, decided from what the file system says: rotation by rename, truncation, files
 * that are missing for a while. Reading itself is somebody else's.
 */

/** How far a log was read; kept between readings. */
export interface Tail {
  /** 0 before the first file was seen. */
  readonly inode: number;
  /** Start of the first line that was not read. */
  readonly offset: number;
  /** Lines from before this Unix time in milliseconds are of an earlier life of NGINX; 0 once they are behind. */
  readonly sinceMs: number;
  /** When it was first seen that the file was renamed and is at its end; 0 otherwise. */
  readonly renamedAtMs: number;
}

export interface FileFacts {
  readonly inode: number;
  readonly sizeBytes: number;
}

export interface TailSituation {
  readonly nowMs: number;
  /** The file at the log's path. */
  readonly current: FileFacts | undefined;
  /** The file at `<path>.1`; only looked for when the log was renamed. */
  readonly rotated: FileFacts | undefined;
  /** Where a log that was never read begins. */
  readonly startedAtMs: number;
  readonly lookBackBytes: number;
  /** How long workers may go on writing to a renamed file: until each has reopened its logs. */
  readonly graceMs: number;
}

export interface TailPlan {
  /** Where to read from: file and offset. */
  readonly tail: Tail;
  readonly file: 'current' | 'rotated' | 'none';
}

/** True when `rotated` must be known to plan on. */
export function isRenamed(tail: Tail | undefined, current: FileFacts | undefined): boolean {
  return tail !== undefined && tail.inode !== 0 && (current === undefined || current.inode !== tail.inode);
}

/** What to read next. */
export function planTail(before: Tail | undefined, now: TailSituation): TailPlan {
  const current = now.current;
  if (before === undefined) {
    return current === undefined
      ? { tail: startOf(0), file: 'none' }
      : {
          tail: {
            inode: current.inode,
            offset: Math.max(0, current.sizeBytes - now.lookBackBytes),
            sinceMs: now.startedAtMs,
            renamedAtMs: 0,
          },
          file: 'current',
        };
  }
  if (isRenamed(before, current)) {
    const isThere = now.rotated !== undefined && now.rotated.inode === before.inode;
    const isOver = current !== undefined && before.renamedAtMs > 0 && now.nowMs - before.renamedAtMs >= now.graceMs;
    if (isThere && !isOver) {
      return { tail: before, file: 'rotated' };
    }
  }
  if (current === undefined) {
    return { tail: before, file: 'none' };
  }
  const goesOn = current.inode === before.inode && current.sizeBytes >= before.offset;
  return { tail: goesOn ? before : startOf(current.inode), file: 'current' };
}

/**
 * The tail after reading.
 *
 * @param offset      up to where whole lines were read
 * @param isAtEnd     nothing but a torn line was left
 * @param hasFollower for a renamed file: a new one stands at the log's path
 */
export function afterReading(
  plan: TailPlan,
  offset: number,
  isAtEnd: boolean,
  hasFollower: boolean,
  nowMs: number,
): Tail {
  const tail = plan.tail;
  const isOver = plan.file === 'rotated' && isAtEnd && hasFollower;
  return {
    inode: tail.inode,
    offset: offset,
    sinceMs: isAtEnd ? 0 : tail.sinceMs,
    // Something new in a renamed file: some worker still writes to it.
    renamedAtMs: !isOver ? 0 : offset > tail.offset || tail.renamedAtMs === 0 ? nowMs : tail.renamedAtMs,
  };
}

function startOf(inode: number): Tail {
  return { inode: inode, offset: 0, sinceMs: 0, renamedAtMs: 0 };
}
