/**
 * How far back the trigger zone really remembers. A full zone drops what would expire first, so under a flood the window
 * shrinks; njs does not tell how much was dropped. Dated markers do: they lie in the same zone with the same lifetime as
 * payloads, and the oldest one that is left shows what else is (edge-peers-and-standards.md G4).
 */
import type { SlotStore } from './slots.ts';

/** Leaves a marker, at most one for each sixtieth of the window; to be called at least that often. */
export function leaveMarker(store: SlotStore, windowMs: number, atMs: number): void {
  store.add(sinceKey(windowMs), atMs, 31_536_000_000);
  store.add(markerKey(windowMs, stepOf(windowMs, atMs)), atMs, windowMs);
}

/**
 * Time within which no payload was dropped; the window itself when none was.
 *
 * @param nowMs  on the clock of {@link leaveMarker}
 */
export function effectiveWindow(store: SlotStore, windowMs: number, nowMs: number): number {
  const sinceMs = store.get(sinceKey(windowMs));
  if (sinceMs === undefined) {
    return windowMs;
  }
  const stepMs = stepLength(windowMs);
  const now = stepOf(windowMs, nowMs);
  const first = Math.max(stepOf(windowMs, sinceMs), now - Math.ceil(windowMs / stepMs));
  for (let step = first; step <= now; step++) {
    const atMs = store.get(markerKey(windowMs, step));
    if (atMs !== undefined && stepOf(windowMs, atMs) === step) {
      // The first may have just expired, and the one after it came late.
      return step <= first + 2 ? windowMs : nowMs - atMs;
    }
  }
  return 0;
}

/** A second is as fine as a periodic run keeps. */
function stepLength(windowMs: number): number {
  return Math.max(1000, Math.ceil(windowMs / 60));
}

function stepOf(windowMs: number, atMs: number): number {
  return Math.floor(atMs / stepLength(windowMs));
}

/** 16 bytes like the slots, so that markers and payloads share their fate. */
function markerKey(windowMs: number, step: number): string {
  const index = step % 64;
  return 'mark' + windowMs.toString(36).padStart(10, '0') + Math.floor(index / 10) + (index % 10);
}

function sinceKey(windowMs: number): string {
  return 'mark' + windowMs.toString(36).padStart(10, '0') + '!s';
}
