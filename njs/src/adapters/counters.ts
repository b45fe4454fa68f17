/**
 * Counters in the shared dictionary zone `wallguard_counters` (numbers, no timeout).
 *
 * Only `incr` touches them, so concurrent workers lose nothing. On njs 0.8.9 `incr` resets an entry's timeout; the zone
 * has none. A full zone drops the increment: counting is never a reason to fail a request (njs-capabilities.md 4.1).
 */

/** Adds `by` to a counter; a missing one starts at 0. */
export function count(name: string, by: number): void {
  try {
    zone().incr(name, by, 0);
  } catch (_full) {
    // The zone is full: its free space is published, an exception here would cost the request.
  }
}

/** Takes the next number of a sequence that all workers share; 0 when the zone has no room for it. */
export function nextNumber(name: string): number {
  try {
    return zone().incr(name, 1, 0);
  } catch (_full) {
    return 0;
  }
}

/** Current value; 0 when nothing was counted yet. */
export function counted(name: string): number {
  const value = zone().get(name);
  return value === undefined ? 0 : value;
}

function zone(): NgxSharedDict<number> {
  return ngx.shared.wallguard_counters as NgxSharedDict<number>;
}
