import type { ListEntry } from '../../../schema/lists.ts';
import { failed } from '../adapters/failures.ts';
import { hostText } from '../adapters/list-files.ts';
import { readHostFile } from '../core/lists/host-file.ts';

/** Entries of a key, ended ones included; none when there is no file, or none that can be read. */
export function hostEntries(directory: string, key: string): ListEntry[] {
  const text = hostText(directory, key);
  const entries = text === '' ? [] : readHostFile(text);
  if (entries === null) {
    const file = directory + '/lists/hosts/' + key;
    failed('lists', new Error(file + ' is damaged; its entries are lost, and it can be removed'));
    return [];
  }
  return entries;
}
