/**
 * Changing files so that it can be taken back: after an error, after a crash, or when the operator wants it.
 *
 * Before anything changes, a journal with copies of what is there is on disk. A change is a new file beside the old one,
 * flushed and renamed over it. A journal that is found unfinished is rolled back by the next run.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  open,
  readFile,
  readdir,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
} from 'node:fs/promises';
import path from 'node:path';
import { exitCodes, UserError } from '../io.ts';
import type { FileChange, NeededDirectory } from './plan.ts';

/** What a file was, and what it became. */
interface Entry {
  /** The file itself, behind every symbolic link. */
  readonly path: string;
  /** Whether wallguard writes the file as a whole. */
  readonly own: boolean;
  /** Undefined: there was none. */
  readonly before: { readonly backup: string; readonly sha256: string } | undefined;
  /** Undefined: it was removed. */
  readonly after: { readonly sha256: string } | undefined;
}

interface Journal {
  readonly version: 1;
  readonly entries: readonly Entry[];
  /** Directories that did not exist, outermost first. */
  readonly directories: readonly string[];
}

/** What is known of an installation after it succeeded. */
interface InstallRecord {
  readonly version: 1;
  /** By real path: the copy of the file without wallguard, and what it was when we last wrote it. */
  readonly files: Readonly<Record<string, { readonly original: string; readonly sha256: string }>>;
  readonly directories: readonly string[];
}

const NO_JOURNAL: Journal = { version: 1, entries: [], directories: [] };

const JOURNAL = 'journal.json';
const RECORD = 'installed.json';
const LOCK = 'lock';

/** The journal of one configuration, and the lock on it. */
export class Transaction {
  readonly #folder: string;
  #journal: Journal = NO_JOURNAL;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Takes the lock.
   * @param folder  where journal and copies are kept; created when it is missing
   * @throws UserError  another run holds it, or the folder cannot be written
   */
  static async begin(folder: string): Promise<Transaction> {
    const transaction = new Transaction(folder);
    try {
      await makeDirectories(folder, 0o700);
      await lock(path.join(folder, LOCK));
    } catch (error) {
      throw asUserError(error, 'cannot write');
    }
    return transaction;
  }

  /** Gives the lock back, and takes the directories away when nothing is in them. */
  async end(): Promise<void> {
    await rm(path.join(this.#folder, LOCK), { force: true });
    await removeEmpty([path.dirname(this.#folder), this.#folder]);
  }

  /**
   * Carries changes out. When this fails, everything is as it was.
   * @throws UserError  a file is not what the plan was made for, or cannot be written
   */
  async apply(changes: readonly FileChange[], directories: readonly NeededDirectory[]): Promise<void> {
    await refuseChanged(changes);
    const entries: Entry[] = [];
    try {
      for (const [index, change] of changes.entries()) entries.push(await this.#entryFor(change, index));
      this.#journal = { ...this.#journal, entries };
      await this.#writeJournal();
      for (const { path: directory, mode, owner } of directories) await this.#makeDirectory(directory, mode, owner);
      for (const change of changes) {
        if (change.after !== undefined) await this.#makeDirectory(path.dirname(change.path), 0o755);
      }
      await refuseChanged(changes);
      for (const [index, change] of changes.entries()) await replace(entries[index]!.path, change.after);
    } catch (error) {
      await this.rollBack();
      throw asUserError(error, 'cannot write');
    }
  }

  /**
   * Puts everything back and forgets the journal. Files that somebody changed meanwhile are put back as well.
   * @throws UserError  naming every file that could not be put back; the journal and the copies are kept then
   */
  async rollBack(): Promise<void> {
    const failures: string[] = [];
    for (const { path: file, before } of this.#journal.entries.toReversed()) {
      const backup = before === undefined ? undefined : path.join(this.#folder, before.backup);
      try {
        await replace(file, backup === undefined ? undefined : await readFile(backup), backup);
      } catch (error) {
        failures.push(`${file}: ${(error as Error).message}${backup === undefined ? '' : `; its copy is ${backup}`}`);
      }
    }
    if (failures.length > 0) throw new UserError(`could not put back\n${failures.join('\n')}`, exitCodes.found);
    await removeEmpty(this.#journal.directories);
    await this.#forget();
  }

  /** Keeps what an uninstall will need: the copies of files that were there before wallguard. */
  async commit(): Promise<void> {
    const record = await this.#readRecord();
    const files: Record<string, InstallRecord['files'][string]> = {};
    const kept = new Set<string>();
    for (const { path: file, own, before, after } of this.#journal.entries) {
      const known = record.files[file];
      if (own || before === undefined || after === undefined) continue;
      // Somebody who edited the file since owns it: there is no telling any more what it would be without us.
      if (known !== undefined && known.sha256 !== before.sha256) continue;
      const original = known?.original ?? `original-${sha256(file).slice(0, 16)}`;
      if (known === undefined) await rename(path.join(this.#folder, before.backup), path.join(this.#folder, original));
      files[file] = { original, sha256: after.sha256 };
    }
    const touched = new Set(this.#journal.entries.map((entry) => entry.path));
    for (const [file, known] of Object.entries(record.files)) if (!touched.has(file)) files[file] = known;
    for (const { original } of Object.values(files)) kept.add(original);
    const directories = [...new Set([...record.directories, ...this.#journal.directories])];
    await writeDurably(
      path.join(this.#folder, RECORD),
      Buffer.from(`${JSON.stringify({ version: 1, files, directories }, null, 2)}\n`),
      0o600,
    );
    await this.#forget(kept);
  }

  /** Removes every trace of wallguard's own: journal, copies, and the directories it made that are empty now. */
  async forgetInstallation(): Promise<void> {
    const { directories } = await this.#readRecord();
    await rm(this.#folder, { recursive: true, force: true });
    await removeEmpty(directories);
  }

  /**
   * Rolls a run back that did not finish.
   * @returns whether there was one
   */
  async recover(): Promise<boolean> {
    const journal = await readJson<Journal>(path.join(this.#folder, JOURNAL));
    if (journal === undefined) return false;
    this.#journal = journal;
    await this.rollBack();
    return true;
  }

  async #entryFor({ path: named, own, before, after }: FileChange, index: number): Promise<Entry> {
    const file = await realpath(named).catch(() => named);
    const next = after === undefined ? undefined : { sha256: sha256(after) };
    if (before === undefined) return { path: file, own, before: undefined, after: next };
    const backup = `before-${index}`;
    await writeDurably(path.join(this.#folder, backup), before, 0o600);
    await copyOwner(file, path.join(this.#folder, backup));
    return { path: file, own, before: { backup, sha256: sha256(before) }, after: next };
  }

  async #makeDirectory(directory: string, mode: number, owner?: string): Promise<void> {
    const made = await makeDirectories(directory, mode);
    if (made.length === 0) return;
    if (owner !== undefined) await giveTo(directory, owner);
    this.#journal = { ...this.#journal, directories: [...this.#journal.directories, ...made] };
    await this.#writeJournal();
  }

  async #writeJournal(): Promise<void> {
    const text = `${JSON.stringify(this.#journal, null, 2)}\n`;
    await writeDurably(path.join(this.#folder, JOURNAL), Buffer.from(text), 0o600);
    await syncDirectory(this.#folder);
  }

  #readRecord(): Promise<InstallRecord> {
    return readRecord(this.#folder);
  }

  async #forget(keep: ReadonlySet<string> = new Set()): Promise<void> {
    await rm(path.join(this.#folder, JOURNAL), { force: true });
    const known = await this.#readRecord();
    const needed = new Set([...keep, ...Object.values(known.files).map(({ original }) => original)]);
    for (const name of await readdir(this.#folder)) {
      if (/^(?:before|original)-/.test(name) && !needed.has(name)) await rm(path.join(this.#folder, name));
    }
    this.#journal = NO_JOURNAL;
  }
}

/** Whether a run was interrupted and its changes are still there. */
export async function isUnfinished(folder: string): Promise<boolean> {
  return (await readJson<Journal>(path.join(folder, JOURNAL))) !== undefined;
}

/**
 * The operator's files as they were before wallguard.
 * @param files  the files that are there now, by the path NGINX names them
 * @returns      contents by that path, for files that nobody changed since the installation
 */
export async function originalsOf(
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<Map<string, Uint8Array>> {
  const record = await readRecord(folder);
  const originals = new Map<string, Uint8Array>();
  for (const [named, bytes] of files) {
    const known = record.files[await realpath(named).catch(() => named)];
    if (known === undefined || known.sha256 !== sha256(bytes)) continue;
    originals.set(named, await readFile(path.join(folder, known.original)));
  }
  return originals;
}

async function readRecord(folder: string): Promise<InstallRecord> {
  return (await readJson<InstallRecord>(path.join(folder, RECORD))) ?? { version: 1, files: {}, directories: [] };
}

async function readJson<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw asUserError(error, 'cannot read the journal');
  }
}

async function refuseChanged(changes: readonly FileChange[]): Promise<void> {
  for (const { path: file, before } of changes) {
    const now = await readFile(file).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
      throw asUserError(error, 'cannot read');
    });
    const same = before === undefined ? now === undefined : now !== undefined && Buffer.compare(before, now) === 0;
    if (!same)
      throw new UserError(
        `${file} changed since the plan was made; nothing was done, run the command again`,
        exitCodes.found,
      );
  }
}

/** Replaces, creates or removes a file. It gets owner and mode of `like`: of the file that is there, or of its copy. */
async function replace(file: string, bytes: Uint8Array | undefined, like = file): Promise<void> {
  if (bytes === undefined) {
    await rm(file, { force: true }).catch((error: unknown) => {
      // What cannot be there need not be removed.
      if (codeOf(error) !== 'ENOTDIR') throw error;
    });
  } else {
    const aside = path.join(path.dirname(file), `.${path.basename(file)}.wallguard-${randomBytes(6).toString('hex')}`);
    try {
      await writeDurably(aside, bytes, 0o644);
      await copyOwner(like, aside);
      await rename(aside, file);
    } finally {
      await rm(aside, { force: true });
    }
  }
  await syncDirectory(path.dirname(file));
}

/** Removes directories that are empty; given outermost first. */
async function removeEmpty(directories: readonly string[]): Promise<void> {
  for (const directory of directories.toReversed()) await rmdir(directory).catch(() => undefined);
}

/** Gives a file the owner and mode of another, where there is another and we may. */
async function copyOwner(from: string, to: string): Promise<void> {
  const found = await stat(from).catch(() => undefined);
  if (found === undefined) return;
  const now = await stat(to);
  if (now.uid !== found.uid || now.gid !== found.gid) await chown(to, found.uid, found.gid);
  await chmod(to, found.mode & 0o7777);
}

async function writeDurably(file: string, bytes: Uint8Array, mode: number): Promise<void> {
  const handle = await open(file, 'w', mode);
  try {
    await handle.writeFile(bytes);
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r').catch(() => undefined);
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
}

/** Makes a directory and what is missing above it; only the last gets the mode. @returns those made, outermost first */
async function makeDirectories(directory: string, mode: number): Promise<string[]> {
  const missing: string[] = [];
  for (let at = directory; (await lstat(at).catch(() => undefined)) === undefined; at = path.dirname(at))
    missing.unshift(at);
  for (const at of missing) {
    await mkdir(at, { mode: 0o755 });
    await chmod(at, at === directory ? mode : 0o755);
  }
  return missing;
}

/** Only root may; whoever else installs runs NGINX as the same user. */
async function giveTo(directory: string, owner: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const [, , uid, gid] = users.find(([name]) => name === owner) ?? [];
  if (uid !== undefined && gid !== undefined) await chown(directory, Number(uid), Number(gid));
}

async function lock(file: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      const handle = await open(file, 'wx', 0o600);
      await handle.writeFile(String(process.pid));
      await handle.close();
      return;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      const holder = Number(await readFile(file, 'utf8').catch(() => ''));
      if (attempt > 0 || isAlive(holder)) {
        throw new UserError(`another wallguard (process ${holder}) is at work; ${file} is its lock`, exitCodes.found, {
          cause: error,
        });
      }
      await rm(file, { force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function asUserError(error: unknown, what: string): unknown {
  const code = codeOf(error);
  if (error instanceof UserError || code === undefined) return error;
  const hint = code === 'EACCES' || code === 'EPERM' ? '; run it as root (sudo), or as the owner of these files' : '';
  return new UserError(`${what}: ${(error as Error).message}${hint}`, exitCodes.found, { cause: error });
}
