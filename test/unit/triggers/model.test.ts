/** The trigger engine against the definition, over random histories. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { coolDown, evaluate, takeBack, type PreparedTrigger } from '../../../njs/src/core/triggers/evaluate.ts';
import type { TriggerEvent } from '../../../njs/src/core/triggers/evaluate.ts';
import type { ListEntry } from '../../../schema/lists.ts';
import { MemoryStore } from './memory-store.ts';
import { sha256 } from './sha256.ts';
import { preparedTrigger, someEvent } from './some-trigger.ts';

/** What a trigger is, without slots, marks or memory limits: it remembers every sighting for ever. */
class ExactModel {
  readonly #prepared: PreparedTrigger;
  #sightings: { readonly fingerprint: number; readonly atMs: number }[] = [];
  #quietUntilMs = 0;
  #listings: { readonly endsMs: number; readonly number: number } | undefined;

  constructor(prepared: PreparedTrigger) {
    this.#prepared = prepared;
  }

  event(event: TriggerEvent): string {
    const { trigger, wantsType } = this.#prepared;
    if (event.refused || event.allowlisted) return 'passed';
    const payloads = event.payloads.filter(({ type }) => wantsType(type));
    if (payloads.length === 0) return 'passed';
    if (event.atMs < this.#quietUntilMs) return 'passed';
    let count = 0;
    for (const { fingerprint } of payloads) {
      this.#sightings.push({ fingerprint, atMs: event.atMs });
      const recent = this.#sightings.filter(({ atMs }) => event.atMs - atMs < trigger.windowMs);
      count = new Set(recent.map((sighting) => sighting.fingerprint)).size;
      if (count > trigger.threshold) return this.#fire(event.atMs, count);
    }
    return `counted ${count}`;
  }

  #fire(atMs: number, count: number): string {
    const { escalation, periodMs, longestPeriodMs } = this.#prepared.trigger.reaction;
    const remembered = this.#listings !== undefined && atMs < this.#listings.endsMs + longestPeriodMs;
    const earlier = remembered && escalation > 1 ? (this.#listings?.number ?? 0) : 0;
    const period =
      earlier === 0 ? periodMs : Math.max(periodMs, Math.min(periodMs * escalation ** earlier, longestPeriodMs));
    this.#sightings = [];
    this.#quietUntilMs = atMs + period;
    this.#listings = { endsMs: atMs + period, number: earlier + 1 };
    return `fired ${count} for ${period}, listing ${earlier + 1}`;
  }

  removed(atMs: number, previousPeriodMs: number): void {
    this.#quietUntilMs = atMs + previousPeriodMs / 2;
  }

  refusedByList(): void {
    this.#quietUntilMs = 0;
  }
}

const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('request' as const),
      waitMs: fc.oneof({ weight: 3, arbitrary: fc.nat(300) }, { weight: 1, arbitrary: fc.nat(3000) }),
      payloads: fc.array(
        fc.tuple(fc.constantFrom('sqli', 'xss', 'brute'), fc.nat(9)).map(([type, value]) => `${type} ${value}`),
        { minLength: 1, maxLength: 3 },
      ),
      refused: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      allowlisted: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('removal' as const), waitMs: fc.nat(300) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('full list' as const), waitMs: fc.nat(300) }) },
);

const settings = fc.record({
  threshold: fc.integer({ min: 1, max: 6 }),
  windowMs: fc.integer({ min: 200, max: 1500 }),
  reaction: fc.record({
    periodMs: fc.integer({ min: 100, max: 2000 }).map((half) => half * 2),
    escalation: fc.constantFrom(1, 2),
    longestPeriodMs: fc.constantFrom(5000, 20_000),
  }),
});

test('agrees with the exact model over 1,200 histories of two sources and two triggers', () => {
  let fired = 0;
  fc.assert(
    fc.property(
      settings,
      settings,
      fc.array(fc.tuple(fc.nat(1), step), { minLength: 5, maxLength: 80 }),
      (one, other, history) => {
        const store = new MemoryStore();
        store.now = 1000;
        const triggers = [preparedTrigger({ id: 'one', ...one }), preparedTrigger({ id: 'other', ...other })];
        const models = triggers.map((prepared) => [new ExactModel(prepared), new ExactModel(prepared)] as const);
        const listed = triggers.map((): (ListEntry | undefined)[] => []);
        for (const [source, what] of history) {
          store.now += what.waitMs;
          const address = `192.0.2.${source}`;
          triggers.forEach((prepared, index) => {
            const model = models[index]?.[source];
            const ofTrigger = listed[index];
            if (model === undefined || ofTrigger === undefined) throw new Error('no model');
            const last = ofTrigger[source];
            if (what.kind === 'removal') {
              if (last === undefined) return;
              coolDown(store, last, sha256);
              model.removed(store.now, last.expiresMs - last.createdMs);
            } else if (what.kind === 'full list') {
              if (last === undefined) return;
              takeBack(store, last, sha256);
              model.refusedByList();
            } else {
              const event = someEvent({ ...what, address, atMs: store.now });
              const result = evaluate(prepared, event, store, sha256);
              if (result.kind === 'fired') {
                fired += 1;
                ofTrigger[source] = result.entry;
              }
              expect(
                result.kind === 'passed'
                  ? 'passed'
                  : result.kind === 'counted'
                    ? `counted ${result.count}`
                    : `fired ${result.count} for ${result.periodMs}, listing ${result.listing}`,
              ).toBe(model.event(event));
            }
          });
        }
      },
    ),
    { numRuns: 1200 },
  );
  // Histories in which nothing fires would prove little.
  expect(fired).toBeGreaterThan(600);
});
