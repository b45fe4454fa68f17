/**
 * The files of the lists, in `lists` below the settings' directory:
 *
 *     hosts/<hint key>          entries of the addresses under that key, see core/lists/host-file.ts
 *     deny/<hint key>           empty: NGINX may refuse these clients by itself
 *     ends/<second>/<hint key>  empty: some entry under that key ends by this Unix second
 *     history.jsonl             every change of a list, one line each, only ever appended to
 *     triggers.json             what the control API changed of the triggers
 *     triggers.jsonl            each of these changes, one line each
 *     tmp/                      files that are being written
 *
 * A file is written aside and renamed, so that a reader sees the old or the new one. Who changes a key must hold its
 * turn; see `inTurn`.
 */
import fs from 'fs';

/** Text of a key's file; empty when there is none. */
export function hostText(directory: string, key: string): string {
  return fileText(hostFile(directory, key));
}

/** Puts this text in place of a key's file; empty removes it. @throws when the disk refuses */
export function setHostText(directory: string, key: string, text: string): void {
  if (text === '') {
    removeFile(hostFile(directory, key));
  } else {
    writeWhole(directory, hostFile(directory, key), key, text);
  }
}

/** Sets or removes the mark by which NGINX refuses the clients of a key. */
export function setDenyMark(directory: string, key: string, isSet: boolean): void {
  const file = directory + '/lists/deny/' + key;
  if (isSet) {
    writeWhole(directory, file, 'deny-' + key, '');
  } else {
    removeFile(file);
  }
}

/** Leaves word that an entry under this key ends then. */
export function noteEnd(directory: string, key: string, endMs: number): void {
  const folder = directory + '/lists/ends/' + Math.ceil(endMs / 1000);
  try {
    makeFolder(folder);
  } catch (_noFolder) {
    makeFolders(directory);
    makeFolder(folder);
  }
  fs.writeFileSync(folder + '/' + key, '');
}

/** Seconds up to this one in which entries end; without `since` all there are. */
export function secondsWithEnds(directory: string, since: number, until: number): number[] {
  const seconds: number[] = [];
  if (since > 0) {
    for (let second = since; second <= until; second++) {
      seconds.push(second);
    }
    return seconds;
  }
  const names = fileNames(directory + '/lists/ends');
  for (let index = 0; index < names.length; index++) {
    const second = Number(names[index]);
    if (second <= until) {
      seconds.push(second);
    }
  }
  return seconds;
}

/** Keys under which an entry ends in that second. */
export function endingKeys(directory: string, second: number): string[] {
  return fileNames(directory + '/lists/ends/' + second);
}

/** The second has been dealt with, for this key or, when none is left, altogether. */
export function forgetEnd(directory: string, second: number, key: string): void {
  const folder = directory + '/lists/ends/' + second;
  removeFile(folder + '/' + key);
}

export function forgetSecond(directory: string, second: number): void {
  try {
    fs.rmdirSync(directory + '/lists/ends/' + second);
  } catch (_notEmptyOrGone) {
    // The next sweep finds it again.
  }
}

/** All keys that have a file, in order of their text. */
export function allKeys(directory: string): string[] {
  return fileNames(directory + '/lists/hosts')
    .filter((name) => name !== 'other')
    .sort();
}

/** Appends a line to the history of the lists. @throws when the disk refuses */
export function appendHistory(directory: string, line: string): void {
  append(directory, 'history.jsonl', line);
}

/** Appends a line to the history of what the control API changed of triggers. @throws when the disk refuses */
export function appendTriggerHistory(directory: string, line: string): void {
  append(directory, 'triggers.jsonl', line);
}

/** The last whole lines of the history, at most so many bytes. */
export function historyEnd(directory: string, mostBytes: number): string {
  let fd: number;
  try {
    fd = fs.openSync(directory + '/lists/history.jsonl', 'r');
  } catch (_none) {
    return '';
  }
  try {
    const size = fs.fstatSync(fd).size;
    const from = Math.max(0, size - mostBytes);
    const bytes = Buffer.alloc(Math.max(1, size - from));
    const length = fs.readSync(fd, bytes, 0, size - from, from);
    const text = bytes.toString('utf8', 0, length);
    return from === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } finally {
    fs.closeSync(fd);
  }
}

/** What the control API changed of the triggers, as text; empty when nothing. */
export function triggerOverlays(directory: string): string {
  return fileText(directory + '/lists/triggers.json');
}

/** @throws when the disk refuses */
export function setTriggerOverlays(directory: string, text: string): void {
  writeWhole(directory, directory + '/lists/triggers.json', 'triggers.json', text);
}

function hostFile(directory: string, key: string): string {
  return directory + '/lists/hosts/' + key;
}

function writeWhole(directory: string, file: string, name: string, text: string): void {
  const aside = directory + '/lists/tmp/' + name + '.' + process.pid;
  try {
    fs.writeFileSync(aside, text);
  } catch (_noFolder) {
    makeFolders(directory);
    fs.writeFileSync(aside, text);
  }
  fs.renameSync(aside, file);
}

/** Also makes the hint for clients whose key NGINX cannot tell. */
function makeFolders(directory: string): void {
  makeFolder(directory + '/lists');
  makeFolder(directory + '/lists/tmp');
  makeFolder(directory + '/lists/hosts');
  makeFolder(directory + '/lists/deny');
  makeFolder(directory + '/lists/ends');
  fs.writeFileSync(directory + '/lists/hosts/other', '[]\n');
}

function append(directory: string, name: string, line: string): void {
  const file = directory + '/lists/' + name;
  try {
    fs.appendFileSync(file, line + '\n');
  } catch (_noFolder) {
    makeFolders(directory);
    fs.appendFileSync(file, line + '\n');
  }
}

function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder);
  } catch (error) {
    if ((error as { readonly code?: string }).code !== 'EEXIST') {
      throw error;
    }
  }
}

function removeFile(file: string): void {
  try {
    fs.unlinkSync(file);
  } catch (error) {
    if ((error as { readonly code?: string }).code !== 'ENOENT') {
      throw error;
    }
  }
}

function fileText(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as { readonly code?: string }).code === 'ENOENT') {
      return '';
    }
    throw error;
  }
}

function fileNames(folder: string): string[] {
  try {
    return fs.readdirSync(folder).map(String);
  } catch (error) {
    if ((error as { readonly code?: string }).code === 'ENOENT') {
      return [];
    }
    throw error;
  }
}
