/**
 * This machine, or one whose files were copied into a folder.
 */
import { readFile, readdir, stat, statfs } from 'node:fs/promises';
import { posix } from 'node:path';
import { absent, notKnown, present } from '../evidence/evidence.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { FileStat, FileSystemSpace, HostAnswers, HostQuestionKind, SystemUser } from '../evidence/host-facts.ts';
import { liveFiles, resolveInRoot, rootedFiles } from '../host/live-files.ts';
import { runCommand } from '../install/run-command.ts';
import type { Host } from './host.ts';
import { parseUnitProperties, parseUser } from './system-files.ts';
import { unitFromFiles } from './unit-files.ts';

type Answers = { readonly [K in HostQuestionKind]: (of: string) => Promise<Evidence<HostAnswers[K]>> };

const SYSTEMCTL_TIMEOUT_MS = 10_000;

/** This machine. */
export function liveHost(): Host {
  const files = fileAnswers(async (path) => path);
  return hostOf(liveFiles(), {
    ...files,
    sysctl: async (name) => trimmed(await files.text(`/proc/sys/${name.replaceAll('.', '/')}`)),
    unit: unitFromSystemctl,
    user: async (name) => userIn(name, files.text),
  });
}

/** A machine whose root directory was copied to, or mounted on, a folder. */
export function rootedHost(root: string): Host {
  const files = fileAnswers((path) => resolveInRoot(root, path));
  return hostOf(rootedFiles(root), {
    ...files,
    space: async (path) => notKnown('notCollected', `${path}: a copied tree does not tell the free space`),
    sysctl: async (name) => notKnown('notCollected', `${name}: a copied tree does not tell the kernel's settings`),
    unit: async (name) => unitFromFiles(name, files),
    user: async (name) => userIn(name, files.text),
  });
}

/** Configuration files alone, without a machine: a dump, or standard input. */
export function filesOnlyHost(files: Host['files'], source: string): Host {
  return {
    files,
    ask: async (_kind, of) => notKnown('notCollected', `${of}: of the machine nothing is known but ${source}`),
  };
}

/**
 * A configuration in a folder of this machine that will be loaded somewhere else: what lies in the folder is told, the
 * rest of this machine says nothing about it.
 */
export function folderHost(directory: string, source: string): Host {
  const live = liveHost();
  const nothing = filesOnlyHost(live.files, source);
  const isInside = (of: string): boolean => `${posix.normalize(of)}/`.startsWith(`${posix.normalize(directory)}/`);
  return {
    files: live.files,
    ask: (kind, of) => (isInside(of) ? live : nothing).ask(kind, of),
  };
}

function hostOf(files: Host['files'], answers: Answers): Host {
  return { files, ask: (kind, of) => answers[kind](of) };
}

function fileAnswers(locate: (path: string) => Promise<string>): Pick<Answers, 'stat' | 'text' | 'list' | 'space'> {
  const look = async <T>(path: string, read: (located: string) => Promise<T>): Promise<Evidence<T>> => {
    try {
      return present(await read(await locate(path)));
    } catch (error) {
      return unreadable(path, error as NodeJS.ErrnoException);
    }
  };
  return {
    stat: (path) => look(path, statOf),
    text: (path) => look(path, async (located) => await readFile(located, 'utf8')),
    list: (path) => look(path, async (located) => (await readdir(located)).sort()),
    space: (path) => look(path, spaceOf),
  };
}

async function statOf(path: string): Promise<FileStat> {
  const found = await stat(path);
  const type = found.isDirectory() ? 'directory' : found.isFile() ? 'file' : 'other';
  return { type, mode: found.mode & 0o7777, uid: found.uid, gid: found.gid, sizeBytes: found.size };
}

async function spaceOf(path: string): Promise<FileSystemSpace> {
  const { bavail, blocks, bsize } = await statfs(path);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

function unreadable(path: string, error: NodeJS.ErrnoException): Evidence<never> {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return absent(`${path} does not exist`);
  if (error.code === 'EACCES' || error.code === 'EPERM') return notKnown('denied', `${path}: permission denied`);
  return notKnown('notCollected', `${path}: ${error.message}`);
}

function trimmed(text: Evidence<string>): Evidence<string> {
  return text.state === 'present' ? present(text.value.trim()) : text;
}

async function userIn(name: string, readText: Answers['text']): Promise<Evidence<SystemUser>> {
  const [passwd, group] = [await readText('/etc/passwd'), await readText('/etc/group')];
  if (passwd.state !== 'present') return notKnown('notCollected', `user ${name}: ${passwd.reason}`);
  const user = parseUser(name, passwd.value, group.state === 'present' ? group.value : '');
  // It may still come from a directory service, which is not asked.
  return user === undefined ? notKnown('notCollected', `user ${name} is not in /etc/passwd`) : present(user);
}

async function unitFromSystemctl(name: string): Promise<Evidence<HostAnswers['unit']>> {
  let output;
  try {
    output = await runCommand(['systemctl', 'show', '--no-pager', '--', name], { timeoutMs: SYSTEMCTL_TIMEOUT_MS });
  } catch {
    return absent('this machine has no systemctl');
  }
  if (output.timedOut) return notKnown('timeout', `systemctl show ${name} gave no answer`);
  if (output.code !== 0) return absent(`systemctl show ${name}: ${output.stderr.trim()}`);
  const properties = parseUnitProperties(output.stdout);
  return properties['LoadState'] === 'loaded' ? present(properties) : absent(`there is no unit ${name}`);
}
