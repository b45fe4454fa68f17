/**
 * History of what the command line changed in `lists.geo`, one {@link ListChange} a line, only ever appended to. What
 * goes through the control API is in the history that NGINX keeps.
 *
 * The file lies beside `lists.geo`, where only those write who may change that: in a directory of the workers' they
 * could lead root's pen to another file.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { ListChange } from '../../../schema/lists.ts';
import { asciiJson } from '../control/table.ts';
import { exitCodes, UserError } from '../io.ts';

/** Below the configuration prefix. */
const historyFilePath = 'wallguard/lists-history.jsonl';

/** The file, open for appending. */
export interface HistoryFile {
  append(changes: readonly ListChange[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the file before anything is changed: a change that cannot be recorded is not made.
 * @throws UserError  it cannot be written
 */
export async function openHistory(configPrefix: string): Promise<HistoryFile> {
  const file = path.join(configPrefix, historyFilePath);
  try {
    const handle = await open(file, 'a', 0o644);
    return {
      append: async (changes) => {
        await handle.writeFile(changes.map((change) => `${asciiJson(change)}\n`).join(''));
        await handle.sync();
      },
      close: () => handle.close(),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new UserError(
        `${path.dirname(file)} is not there: networks and long lists are kept beside NGINX's configuration; install wallguard first, or name the directory of nginx.conf with --prefix DIR`,
        exitCodes.unreadable,
        { cause: error },
      );
    }
    throw new UserError(
      `cannot write the history ${file}: ${(error as Error).message}; nothing was changed`,
      exitCodes.found,
      { cause: error },
    );
  }
}

/** The last changes that `wanted` asks for, newest first. A torn line is passed over. */
export async function readHistory(
  configPrefix: string,
  limit: number,
  wanted: (change: ListChange) => boolean,
): Promise<ListChange[]> {
  const file = path.join(configPrefix, historyFilePath);
  const last: ListChange[] = [];
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      const change = parseChange(line);
      if (change === undefined || !wanted(change)) continue;
      last.push(change);
      // Not at each line: a history may be long, and its start is not asked for.
      if (last.length > 2 * limit) last.splice(0, last.length - limit);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new UserError(`cannot read the history ${file}: ${(error as Error).message}`, undefined, { cause: error });
  }
  return last.slice(-limit).reverse();
}

function parseChange(line: string): ListChange | undefined {
  try {
    return JSON.parse(line) as ListChange;
  } catch {
    return undefined;
  }
}
