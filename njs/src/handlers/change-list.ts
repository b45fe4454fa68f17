import type { ListChange, ListEntry, ListOperation } from '../../../schema/lists.ts';
import type { ListSettings } from '../../../schema/runtime.ts';
import type { ListChangeEvent } from '../../../schema/telemetry.ts';
import { count } from '../adapters/counters.ts';
import { failed } from '../adapters/failures.ts';
import { appendHistory, noteEnd, setDenyMark, setHostText } from '../adapters/list-files.ts';
import { put } from '../adapters/outbox.ts';
import { inTurn } from '../adapters/turns.ts';
import { isLive } from '../core/lists/entry.ts';
import { refusesAll, writeHostFile } from '../core/lists/host-file.ts';
import { listChangesCounter } from '../core/telemetry/counter-names.ts';
import { hostEntries } from './host-entries.ts';
import { shownAddress } from './shown-address.ts';

/** What is to become of the live entries of a key; `entries` is null when nothing is to change. */
export interface Wanted {
  readonly entries: readonly ListEntry[] | null;
  readonly changes: readonly ListChange[];
}

/**
 * Changes the entries of one key, with history, events and counts. Entries that have ended go on this occasion.
 *
 * @throws when the disk refuses; nothing was changed then
 */
export function changeKey(
  settings: ListSettings,
  key: string,
  nowMs: number,
  decide: (live: readonly ListEntry[]) => Wanted,
): void {
  const changes = inTurn('list|' + key, function () {
    const present = hostEntries(settings.directory, key);
    const live = present.filter(function (entry) {
      return isLive(entry, nowMs);
    });
    const wanted = decide(live);
    const ended = present.filter(function (entry) {
      return !isLive(entry, nowMs);
    });
    const entries = wanted.entries === null ? live : wanted.entries;
    if (wanted.entries !== null || ended.length > 0) {
      write(settings, key, live, entries, nowMs);
    }
    return ended
      .map(function (entry) {
        return changeOf('expire', entry, nowMs, 'wallguard', '');
      })
      .concat(wanted.changes);
  });
  for (let index = 0; index < changes.length; index++) {
    record(settings, changes[index] as ListChange);
  }
}

export function changeOf(
  operation: ListOperation,
  entry: ListEntry,
  atMs: number,
  author: string,
  reason: string,
): ListChange {
  return { atMs: atMs, operation: operation, entry: entry, author: author, reason: reason };
}

/** Ends are noted first: a note without an entry is harmless, an entry without its note would stay. */
function write(
  settings: ListSettings,
  key: string,
  live: readonly ListEntry[],
  entries: readonly ListEntry[],
  nowMs: number,
): void {
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index] as ListEntry;
    if (entry.expiresMs !== 0 && live.indexOf(entry) < 0) {
      noteEnd(settings.directory, key, entry.expiresMs);
    }
  }
  const marked = settings.keepsMarks && refusesAll(entries, settings.ipv6Prefix, nowMs);
  if (!marked) {
    setDenyMark(settings.directory, key, false);
  }
  setHostText(settings.directory, key, entries.length === 0 ? '' : writeHostFile(entries));
  if (marked) {
    setDenyMark(settings.directory, key, true);
  }
}

/** Tells of a change everywhere. What cannot be told is no reason to undo it. */
function record(settings: ListSettings, change: ListChange): void {
  const entry = change.entry;
  try {
    appendHistory(settings.directory, JSON.stringify(change));
  } catch (error) {
    failed('lists', error);
  }
  count(listChangesCounter(entry.list, change.operation, entry.source), 1);
  const event: ListChangeEvent = {
    schema: 'wallguard/1',
    'event.name': 'list_change',
    timestamp: change.atMs / 1000,
    'wallguard.list': entry.list,
    'wallguard.list.operation': change.operation,
    'client.address': shownAddress(entry.address),
    'wallguard.list.applications': entry.applications.map(String),
    'wallguard.list.expires': entry.expiresMs / 1000,
    'wallguard.list.source': entry.source,
    'wallguard.list.author': change.author,
    'wallguard.list.reason': change.reason === '' ? entry.reason : change.reason,
  };
  put(JSON.stringify(event));
}
