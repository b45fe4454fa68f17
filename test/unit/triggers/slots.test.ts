import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { forget, shown, sight, slotCount, slotKey } from '../../../njs/src/core/triggers/slots.ts';
import { MemoryStore } from './memory-store.ts';

const source = 'trigger-source';

/** The definition itself: payloads whose last sighting lies within the window. */
function exactCount(history: readonly { atMs: number; payload: number }[], windowMs: number): number {
  const now = history.at(-1)?.atMs ?? 0;
  return new Set(history.filter(({ atMs }) => now - atMs < windowMs).map(({ payload }) => payload)).size;
}

describe('sight', () => {
  const windowMs = 1000;

  test('counts different payloads, not sightings', () => {
    const store = new MemoryStore();
    expect([11, 12, 11, 13, 12].map((payload) => sight(store, source, 3, windowMs, payload))).toEqual([1, 2, 2, 3, 3]);
  });

  test('a payload seen again stays, the others leave when their window is over', () => {
    const store = new MemoryStore();
    for (const payload of [1, 2, 3]) sight(store, source, 3, windowMs, payload);
    store.now = 900;
    sight(store, source, 3, windowMs, 1);
    store.now = 1100;
    expect(sight(store, source, 3, windowMs, 4)).toBe(2);
  });

  test('a drip of new payloads slower than the window never adds up', () => {
    const store = new MemoryStore();
    const counts = Array.from({ length: 20 }, (_, index) => {
      store.now = index * 600;
      return sight(store, source, 3, windowMs, index + 1);
    });
    expect(Math.max(...counts)).toBe(2);
  });

  test('keeps the memory of one source within its slots', () => {
    const store = new MemoryStore();
    for (let payload = 1; payload <= 500; payload += 1) sight(store, source, 3, windowMs, payload);
    expect(store.live()).toHaveLength(slotCount(3));
  });

  test('counts a payload for which the zone has no room, though it cannot keep it', () => {
    const store = new MemoryStore();
    for (const payload of [1, 2, 3]) sight(store, source, 3, windowMs, payload);
    store.add = () => false;
    expect(sight(store, source, 3, windowMs, 4)).toBe(4);
    expect(shown(store, source, 3)).toBe(3);
  });

  test('finds room when racing writers took three slots for one payload', () => {
    const store = new MemoryStore();
    for (const index of [0, 1, 2]) store.add(slotKey(source, index), 1, windowMs);
    expect([2, 3, 4].map((payload) => sight(store, source, 3, windowMs, payload))).toEqual([2, 3, 4]);
    expect(shown(store, source, 3)).toBe(4);
  });

  test('starts anew after its slots were freed', () => {
    const store = new MemoryStore();
    for (const payload of [1, 2, 3, 4]) sight(store, source, 3, windowMs, payload);
    forget(store, source, 3);
    expect(store.live()).toHaveLength(0);
    expect(sight(store, source, 3, windowMs, 5)).toBe(1);
  });

  test('agrees with the definition up to the threshold and beyond it never falls below', () => {
    const event = fc.record({ waitMs: fc.integer({ min: 0, max: 700 }), payload: fc.integer({ min: 1, max: 12 }) });
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        (events, threshold) => {
          const store = new MemoryStore();
          const history: { atMs: number; payload: number }[] = [];
          for (const { waitMs, payload } of events) {
            store.now += waitMs;
            history.push({ atMs: store.now, payload });
            const counted = sight(store, source, threshold, windowMs, payload);
            const exact = exactCount(history, windowMs);
            if (exact <= threshold) {
              expect(counted).toBe(exact);
            } else {
              expect(counted).toBeGreaterThan(threshold);
              // As in production: firing frees the slots and begins a new history.
              forget(store, source, threshold);
              history.length = 0;
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

test('slot keys are 16 bytes up to the highest threshold', () => {
  const keys = Array.from({ length: slotCount(100) }, (_, index) => slotKey(source, index));
  expect(new Set(keys).size).toBe(keys.length);
  expect(new Set(keys.map((key) => Buffer.byteLength(key)))).toEqual(new Set([16]));
});
