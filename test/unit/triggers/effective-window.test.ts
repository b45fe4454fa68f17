import { describe, expect, test } from 'vitest';
import { effectiveWindow, leaveMarker } from '../../../njs/src/core/triggers/effective-window.ts';
import { MemoryStore } from './memory-store.ts';

const hourMs = 3_600_000;
const startMs = 1_700_000_000_000;

/** Lets time pass with a marker each ten seconds. */
function pass(store: MemoryStore, ms: number, windowMs: number): void {
  for (let left = ms; left > 0; left -= 10_000) {
    store.now += Math.min(left, 10_000);
    leaveMarker(store, windowMs, store.now);
  }
}

function runningFor(ms: number, windowMs = hourMs): MemoryStore {
  const store = new MemoryStore();
  store.now = startMs;
  leaveMarker(store, windowMs, store.now);
  pass(store, ms, windowMs);
  return store;
}

describe('effective window', () => {
  test.each([0, 30_000, hourMs / 2, hourMs, 5 * hourMs])(
    'is the window as long as nothing is dropped: after %d ms',
    (ms) => {
      const store = runningFor(ms);
      expect(effectiveWindow(store, hourMs, store.now)).toBe(hourMs);
    },
  );

  test('is the window before the first marker', () => {
    expect(effectiveWindow(new MemoryStore(), hourMs, startMs)).toBe(hourMs);
  });

  test.each([5, 20, 50])('shrinks by what a full zone drops: %d of 60 markers', (dropped) => {
    const store = runningFor(5 * hourMs);
    store.evict(dropped);
    const effective = effectiveWindow(store, hourMs, store.now);
    expect(effective).toBeGreaterThan(hourMs - (dropped + 2) * 60_000);
    expect(effective).toBeLessThanOrEqual(hourMs - (dropped - 2) * 60_000);
  });

  test('shrinks in the first hour as well', () => {
    const store = runningFor(hourMs / 2);
    store.evict(20);
    expect(effectiveWindow(store, hourMs, store.now)).toBeLessThan(11 * 60_000);
  });

  test('is nothing when even the last marker was dropped', () => {
    const store = runningFor(hourMs);
    store.evict(60);
    expect(effectiveWindow(store, hourMs, store.now)).toBe(0);
  });

  test('recovers one window after the flood', () => {
    const store = runningFor(5 * hourMs);
    store.evict(50);
    pass(store, hourMs, hourMs);
    expect(effectiveWindow(store, hourMs, store.now)).toBe(hourMs);
  });

  test('windows do not disturb each other', () => {
    const store = runningFor(hourMs);
    pass(store, 60_000, 60_000);
    store.evict(30);
    expect(effectiveWindow(store, 60_000, store.now)).toBeLessThan(60_000);
  });

  test('markers are as large as payloads', () => {
    expect(
      runningFor(hourMs)
        .live()
        .map((key) => key.length),
    ).toEqual(Array<number>(61).fill(16));
  });
});
