import type { SlotStore } from '../../../njs/src/core/triggers/slots.ts';

/** The trigger zone on recorded time: what lies within a window is decided by {@link RecordedStore.nowMs}. */
export class RecordedStore implements SlotStore {
  /** Unix milliseconds of the request that is being replayed. */
  nowMs = 0;
  readonly #slots = new Map<string, { readonly value: number; readonly untilMs: number }>();
  #sweepAt = 100_000;

  get(key: string): number | undefined {
    const slot = this.#slots.get(key);
    return slot !== undefined && slot.untilMs > this.nowMs ? slot.value : undefined;
  }

  add(key: string, value: number, ttlMs: number): boolean {
    if (this.get(key) !== undefined) return false;
    this.#set(key, value, ttlMs);
    return true;
  }

  touch(key: string, value: number, ttlMs: number): number {
    const kept = this.get(key) ?? value;
    this.#set(key, kept, ttlMs);
    return kept;
  }

  delete(key: string): void {
    this.#slots.delete(key);
  }

  /** Slots that have ended are let go when the number of all has doubled. */
  #set(key: string, value: number, ttlMs: number): void {
    this.#slots.set(key, { value, untilMs: this.nowMs + ttlMs });
    if (this.#slots.size < this.#sweepAt) return;
    for (const [old, { untilMs }] of this.#slots) if (untilMs <= this.nowMs) this.#slots.delete(old);
    this.#sweepAt = Math.max(100_000, 2 * this.#slots.size);
  }
}
