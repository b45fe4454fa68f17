/**
 * How many different payloads one source showed within a window: an exact sliding window over a shared dictionary that
 * offers nothing but atomic operations on single numbers. Source: edge-peers-and-standards.md G3.
 *
 * Each tracked source has a fixed number of slots. A slot holds the fingerprint of one payload and lives for exactly one
 * window after that payload was last seen. `add` takes an expired slot for absent, every writer writes before it reads,
 * and the count is the number of different values in live slots; so of two concurrent last payloads at least one
 * writer sees both.
 */

/** Numbers shared by all workers, with expiry. */
export interface SlotStore {
  /** Value of a live slot. */
  get(key: string): number | undefined;
  /** Takes a free or expired slot. False when it is taken. */
  add(key: string, value: number, ttlMs: number): boolean;
  /**
   * Restarts the expiry of a slot, or takes it if it is gone; returns its value. Of an expired slot njs continues the
   * old value, so this is for slots that were just seen live.
   */
  touch(key: string, value: number, ttlMs: number): number;
  delete(key: string): void;
}

/** Highest threshold that a trigger may have: its slots are all read for each payload. */
export function highestThreshold(): number {
  return 100;
}

/**
 * Slots of one source for one trigger; 128 bytes of the zone each while they live. Two are spare: writers that race may
 * take two slots for one payload, and there must be room left for the payload that decides.
 */
export function slotCount(threshold: number): number {
  const spare = 2;
  return threshold + 1 + spare;
}

/**
 * Key of a slot: 16 bytes, so that an entry of the zone takes 128 bytes (edge-peers-and-standards.md G2).
 *
 * @param source  14 characters that name trigger and source
 */
export function slotKey(source: string, index: number): string {
  return source + String.fromCharCode(48 + Math.floor(index / 10), 48 + (index % 10));
}

/**
 * Notes that a source showed a payload now.
 *
 * @param fingerprint  non-zero integer below 2^53
 * @returns how many different payloads it showed within the window, this one included
 */
export function sight(
  store: SlotStore,
  source: string,
  threshold: number,
  windowMs: number,
  fingerprint: number,
): number {
  const slots = slotCount(threshold);
  if (!refresh(store, source, slots, windowMs, fingerprint)) {
    take(store, source, slots, windowMs, fingerprint);
  }
  // Seen it was, even if no slot was free or the zone had no room for it.
  return distinct(store, source, slots, [fingerprint]);
}

/** How many different payloads a source showed within the window, without noting anything. */
export function shown(store: SlotStore, source: string, threshold: number): number {
  return distinct(store, source, slotCount(threshold), []);
}

function distinct(store: SlotStore, source: string, slots: number, seen: number[]): number {
  for (let index = 0; index < slots; index++) {
    const value = store.get(slotKey(source, index));
    if (value !== undefined && seen.indexOf(value) === -1) {
      seen.push(value);
    }
  }
  return seen.length;
}

/** Frees the slots of a source, after its trigger fired. */
export function forget(store: SlotStore, source: string, threshold: number): void {
  const slots = slotCount(threshold);
  for (let index = 0; index < slots; index++) {
    store.delete(slotKey(source, index));
  }
}

function refresh(store: SlotStore, source: string, slots: number, windowMs: number, fingerprint: number): boolean {
  for (let index = 0; index < slots; index++) {
    const key = slotKey(source, index);
    // Between the look and the touch the slot may have expired and been taken by another payload.
    if (store.get(key) === fingerprint && store.touch(key, fingerprint, windowMs) === fingerprint) {
      return true;
    }
  }
  return false;
}

/** All slots taken means that the source is over the threshold, which the writer of the deciding payload has seen. */
function take(store: SlotStore, source: string, slots: number, windowMs: number, fingerprint: number): void {
  for (let index = 0; index < slots; index++) {
    const key = slotKey(source, index);
    if (store.add(key, fingerprint, windowMs)) {
      return;
    }
    if (store.get(key) === fingerprint) {
      store.touch(key, fingerprint, windowMs);
      return;
    }
  }
}
