/**
 * What the lists mean for one request. Order and effects: wallarm-node.md 2.1 and 5.1; `docs/triggers.md` has the table.
 */
import type { ListEntry, ListName } from '../../../../schema/lists.ts';
import type { Mode } from '../../../../schema/settings.ts';
import { holdsFor, isLive, lastToEnd } from './entry.ts';

export interface Decision {
  /** List that holds the source for this application; empty when none does or none is consulted. */
  readonly list: ListName | '';
  /** Answer with the blocking page before anything else looks at the request. */
  readonly refuse: boolean;
  /** Filtration mode for the engine. */
  readonly engineMode: Mode;
  /** False when nothing in this request may count for a trigger. */
  readonly counts: boolean;
}

/** Lists that a mode consults, in this order. `block` needs no graylist: it blocks every attack. */
export function consultedLists(mode: Mode): readonly ListName[] {
  switch (mode) {
    case 'off':
      return [];
    case 'safe_blocking':
      return ['allow', 'deny', 'gray'];
    default:
      return ['allow', 'deny'];
  }
}

/**
 * The entry that decides: of the first consulted list that holds the source for this application.
 *
 * @param entriesOn  entries of a list that cover the source's address, expired ones and other applications' included
 * @param application  -1 for the default one
 */
export function consult(
  mode: Mode,
  entriesOn: (list: ListName) => readonly ListEntry[],
  application: number,
  nowMs: number,
): ListEntry | null {
  const lists = consultedLists(mode);
  for (let index = 0; index < lists.length; index++) {
    const found = lastToEnd(
      entriesOn(lists[index] as ListName).filter((entry) => isLive(entry, nowMs) && holdsFor(entry, application)),
    );
    if (found !== null) {
      return found;
    }
  }
  return null;
}

/**
 * @param list  list of the entry that {@link consult} found, empty for none
 * @param accessPhase  false for `wallarm_acl_access_phase off`: then nothing is blocked in `monitoring`
 */
export function decide(mode: Mode, list: ListName | '', accessPhase: boolean): Decision {
  const found = consultedLists(mode).indexOf(list as ListName) < 0 ? '' : list;
  const refuse = found === 'deny' && (accessPhase || mode !== 'monitoring');
  return {
    list: found,
    refuse,
    engineMode: engineMode(mode, found),
    counts: mode !== 'off' && found !== 'allow' && !refuse,
  };
}

function engineMode(mode: Mode, list: ListName | ''): Mode {
  // The one mode in which a virtual patch does not block either.
  if (list === 'allow') {
    return 'off';
  }
  return list === 'gray' ? 'block' : mode;
}
