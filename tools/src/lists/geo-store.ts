/**
 * Changes `wallguard/lists.geo` of an installed configuration: all or nothing, tested before NGINX sees it, put back
 * when NGINX does not take it.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ListEntry } from '../../../schema/lists.ts';
import { liveFiles } from '../host/live-files.ts';
import { testIsolated } from '../install/isolated-test.ts';
import { inspectBuild } from '../install/nginx-build.ts';
import { findRunning, reload } from '../install/running-nginx.ts';
import { Transaction } from '../install/transaction.ts';
import { exitCodes, UserError, type Io } from '../io.ts';
import { overlaidFiles } from '../nginx-conf/config-files.ts';
import { loadConfig } from '../nginx-conf/include.ts';
import { geoFile, geoFilePath, GeoFileError, liveEntries, readGeoFile } from './geo-file.ts';

/** The configuration that the file belongs to. */
export interface GeoPlace {
  /** Directory of nginx.conf. */
  readonly configPrefix: string;
  /** The NGINX binary; undefined: the one that is found. */
  readonly nginx: string | undefined;
}

/**
 * Entries of the file that have not ended; none where there is no file.
 * @throws UserError  it cannot be read, or holds what wallguard did not write
 */
export async function readGeoEntries(configPrefix: string, nowMs: number): Promise<ListEntry[]> {
  const bytes = await readPresent(path.join(configPrefix, geoFilePath));
  return bytes === undefined ? [] : liveEntries(entriesOf(bytes, configPrefix), nowMs);
}

/**
 * Writes what `change` makes of the entries: under the lock that the installer takes as well, first as a copy that
 * `nginx -t` has to accept, then for NGINX to load. Entries that have ended are left out.
 *
 * @throws UserError  everything is as it was
 */
export async function changeGeoEntries(
  place: GeoPlace,
  nowMs: number,
  change: (entries: readonly ListEntry[]) => readonly ListEntry[],
  io: Io,
): Promise<void> {
  const { configPrefix } = place;
  const file = path.join(configPrefix, geoFilePath);
  const folder = path.dirname(file);
  const build = await inspectBuild(place.nginx);
  const transaction = await Transaction.begin(path.join(folder, 'journal'));
  try {
    const interrupted = await transaction.recover();
    if (interrupted) io.err('an earlier run was interrupted; its changes were put back\n');
    const before = await readPresent(file);
    const entries = before === undefined ? [] : entriesOf(before, configPrefix);
    const after = Buffer.from(textOf(change(liveEntries(entries, nowMs))));
    if (!interrupted && before !== undefined && Buffer.compare(before, after) === 0) return;

    const planned = new Map([[file, after]]);
    const tree = await loadConfig(
      overlaidFiles(liveFiles(), planned),
      path.join(configPrefix, 'nginx.conf'),
      build.prefix,
    );
    if (tree.errors.length === 0 && !tree.files.some((read) => read.path === file)) {
      throw new UserError(
        `the configuration below ${configPrefix} does not include ${geoFilePath}; run "wallguard install" again`,
        exitCodes.found,
      );
    }
    const verdict = await testIsolated({ tree, build, planned });
    if (verdict.outcome !== 'passed') {
      const reasons = verdict.diagnostics
        .filter(({ level }) => level !== 'warn')
        .map(({ message, file: at, line }) => (at === undefined ? message : `${at}:${line}: ${message}`));
      throw new UserError(`NGINX refuses the configuration:\n${reasons.join('\n')}\nnothing was done`, exitCodes.found);
    }
    const running = await findRunning(tree, build);
    await transaction.apply([{ path: file, before, after, own: true }], []);
    if (running.state === 'running') {
      const reloaded = await reload(running.master, tree, build);
      if (reloaded.state === 'failed') {
        await transaction.rollBack();
        const again = await reload(running.master, tree, build);
        throw new UserError(
          `NGINX did not load the lists: ${reloaded.reason}\n${
            again.state === 'reloaded'
              ? 'the former ones were put back, and NGINX runs as before'
              : `the former ones were put back, but NGINX did not reload: ${again.reason}`
          }`,
          exitCodes.found,
        );
      }
    } else {
      io.err(`NGINX does not run (${running.reason}): it reads the lists when it starts\n`);
    }
    await transaction.commit();
  } finally {
    await transaction.end();
  }
}

async function readPresent(file: string): Promise<Buffer | undefined> {
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new UserError(`cannot read ${file}: ${error.message}`, undefined, { cause: error });
  });
}

function entriesOf(bytes: Buffer, configPrefix: string): ListEntry[] {
  try {
    return readGeoFile(bytes.toString());
  } catch (error) {
    if (!(error instanceof GeoFileError)) throw error;
    const place = `${path.join(configPrefix, geoFilePath)}:${error.line}`;
    throw new UserError(`${place}: ${error.message}; remove what was written there by hand`, undefined, {
      cause: error,
    });
  }
}

function textOf(entries: readonly ListEntry[]): string {
  try {
    return geoFile(entries);
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(error.message, exitCodes.found, { cause: error });
    throw error;
  }
}
