/**
 * Workers that evaluate at the same time, interleaved at every single operation of the dictionary: each operation is
 * atomic there, everything between two of them is not.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate, type Outcome } from '../../../njs/src/core/triggers/evaluate.ts';
import type { SlotStore } from '../../../njs/src/core/triggers/slots.ts';
import { MemoryStore } from './memory-store.ts';
import { sha256 } from './sha256.ts';
import { preparedTrigger, someEvent } from './some-trigger.ts';

class Paused extends Error {}

/**
 * A run that stops before each operation. It is started anew for every step: operations already done answer as they did
 * then, the next one is done for real, and the one after it is where the run stops again.
 */
class Worker {
  outcome: Outcome | undefined;
  readonly #run: (store: SlotStore) => Outcome;
  readonly #store: MemoryStore;
  readonly #nowMs: number;
  readonly #answers: unknown[] = [];

  constructor(store: MemoryStore, nowMs: number, run: (store: SlotStore) => Outcome) {
    this.#store = store;
    this.#nowMs = nowMs;
    this.#run = run;
  }

  /** Does the next operation, unless the run is over. */
  step(): void {
    if (this.outcome !== undefined) return;
    let asked = 0;
    let fresh = true;
    const operation = <T>(perform: () => T): T => {
      if (asked < this.#answers.length) return this.#answers[asked++] as T;
      if (!fresh) throw new Paused();
      fresh = false;
      // NGINX caches the time: it stands still while a worker handles one request.
      this.#store.now = this.#nowMs;
      const answer = perform();
      this.#answers.push(answer);
      asked += 1;
      return answer;
    };
    try {
      this.outcome = this.#run({
        get: (key) => operation(() => this.#store.get(key)),
        add: (key, value, ttlMs) => operation(() => this.#store.add(key, value, ttlMs)),
        touch: (key, value, ttlMs) => operation(() => this.#store.touch(key, value, ttlMs)),
        delete: (key) => operation(() => this.#store.delete(key)),
      });
    } catch (error) {
      if (!(error instanceof Paused)) throw error;
    }
  }
}

/** Lets workers take turns as the schedule says, then in order until all are done. */
function interleave(workers: readonly Worker[], schedule: readonly number[]): Outcome[] {
  for (const turn of schedule) {
    workers[turn % workers.length]?.step();
  }
  for (const worker of workers) {
    while (worker.outcome === undefined) worker.step();
  }
  return workers.map(({ outcome }) => {
    if (outcome === undefined) throw new Error('a worker did not end');
    return outcome;
  });
}

const windowMs = 1000;
/** Whose turn it is: at random, in lockstep, or for a while each. */
const schedule = fc.oneof(
  fc.array(fc.nat(11), { maxLength: 120 }),
  fc.nat(40).map((alone) => [...Array<number>(alone).fill(0), ...Array.from({ length: 120 }, (_, turn) => turn)]),
  fc
    .array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 30 })), { maxLength: 10 })
    .map((turns) => turns.flatMap(([worker, steps]) => Array<number>(steps).fill(worker))),
);
const value = fc.nat(6).map((number) => `v${number}`);

function fired(outcomes: readonly Outcome[]): number {
  return outcomes.filter(({ kind }) => kind === 'fired').length;
}

describe('two to four workers at once', () => {
  test('fire exactly once if all payloads together are too many, never otherwise', () => {
    let firings = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.uniqueArray(value, { maxLength: 4 }),
        fc.array(fc.array(value, { minLength: 1, maxLength: 2 }), { minLength: 2, maxLength: 4 }),
        schedule,
        (threshold, before, requests, turns) => {
          const store = new MemoryStore();
          const prepared = preparedTrigger({ threshold, windowMs });
          const earlier = before.slice(0, threshold);
          for (const payload of earlier) evaluate(prepared, someEvent({ payloads: [payload] }), store, sha256);
          const workers = requests.map(
            (payloads) => new Worker(store, 500, (slots) => evaluate(prepared, someEvent({ payloads }), slots, sha256)),
          );
          const outcomes = interleave(workers, turns);
          const different = new Set([...earlier, ...requests.flat()]).size;
          expect(fired(outcomes)).toBe(different > threshold ? 1 : 0);
          firings += fired(outcomes);
        },
      ),
      { numRuns: 1000 },
    );
    expect(firings).toBeGreaterThan(100);
  });

  test('with clocks that differ and slots that end meanwhile: what all see live fires, what none sees live does not', () => {
    let firings = 0;
    let silences = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.uniqueArray(fc.tuple(value, fc.nat(8)), { maxLength: 4, selector: ([payload]) => payload }),
        fc.array(fc.tuple(value, fc.nat(4)), { minLength: 2, maxLength: 4 }),
        schedule,
        (threshold, before, requests, turns) => {
          const store = new MemoryStore();
          const prepared = preparedTrigger({ threshold, windowMs });
          const earlier = before.slice(0, threshold).sort(([, one], [, other]) => one - other);
          for (const [payload, atMs] of earlier) {
            store.now = atMs;
            evaluate(prepared, someEvent({ payloads: [payload] }), store, sha256);
          }
          const workers = requests.map(
            ([payload, lateMs]) =>
              new Worker(store, windowMs + lateMs, (slots) =>
                evaluate(prepared, someEvent({ payloads: [payload] }), slots, sha256),
              ),
          );
          const outcomes = interleave(workers, turns);
          const clocks = requests.map(([, lateMs]) => windowMs + lateMs);
          const liveAt = (nowMs: number) =>
            earlier.filter(([, atMs]) => nowMs - atMs < windowMs).map(([payload]) => payload);
          const now = requests.map(([payload]) => payload);
          const atLeast = new Set([...liveAt(Math.max(...clocks)), ...now]).size;
          const atMost = new Set([...liveAt(Math.min(...clocks)), ...now]).size;
          expect(fired(outcomes)).toBeLessThanOrEqual(1);
          if (atLeast > threshold) expect(fired(outcomes)).toBe(1);
          if (atMost <= threshold) expect(fired(outcomes)).toBe(0);
          firings += fired(outcomes);
          silences += atMost <= threshold ? 1 : 0;
        },
      ),
      { numRuns: 1000 },
    );
    expect(firings).toBeGreaterThan(100);
    expect(silences).toBeGreaterThan(100);
  });
});
