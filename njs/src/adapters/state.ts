/**
 * Texts shared by all workers, in the zone `wallguard_state`. They are lost at a restart and may be lost when the zone
 * is full: nothing here may be needed for more than comfort. Every entry has its own time to live, since njs 0.8.9 asks
 * for a zone timeout and offers no entry without one (njs-capabilities.md 4.1).
 */

/** The text kept under a key; empty when there is none. */
export function recall(key: string): string {
  return zone().get(key) || '';
}

/** Keeps a text for at most `ttlMs`. Without room for it nothing is kept. */
export function remember(key: string, text: string, ttlMs: number): void {
  try {
    zone().set(key, text, ttlMs);
  } catch (_full) {
    // The zone's free space is a metric; whoever recalls finds nothing and does without.
  }
}

/** True for one caller at a time, in all workers, until `release` or until `ttlMs` passed. */
export function claim(key: string, ttlMs: number): boolean {
  try {
    return zone().add(key, '1', ttlMs);
  } catch (_full) {
    // Work done twice is better than work not done.
    return true;
  }
}

/** Ends a claim. */
export function release(key: string): void {
  zone().delete(key);
}

function zone(): NgxSharedDict<string> {
  return ngx.shared['wallguard_state'] as NgxSharedDict<string>;
}
