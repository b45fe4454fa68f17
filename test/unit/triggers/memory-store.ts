import type { SlotStore } from '../../../njs/src/core/triggers/slots.ts';

/**
 * A dictionary with a clock of its own. For `add` and `get` an entry is gone when its time is over, `touch` continues it
 * like `incr` of njs.
 */
export class MemoryStore implements SlotStore {
  now = 0;
  readonly #entries = new Map<string, { value: number; until: number }>();

  get(key: string): number | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.until > this.now ? entry.value : undefined;
  }

  add(key: string, value: number, ttlMs: number): boolean {
    if (this.get(key) !== undefined) return false;
    this.#entries.set(key, { value, until: this.now + ttlMs });
    return true;
  }

  touch(key: string, value: number, ttlMs: number): number {
    const kept = this.#entries.get(key)?.value ?? value;
    this.#entries.set(key, { value: kept, until: this.now + ttlMs });
    return kept;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Makes room as a full zone does: expired entries go, then those of the live ones that would expire first. */
  evict(count: number): void {
    const live = [...this.#entries].filter(([, { until }]) => until > this.now);
    live.sort(([, one], [, other]) => one.until - other.until);
    this.#entries.clear();
    for (const [key, entry] of live.slice(count)) this.#entries.set(key, entry);
  }

  /** Keys that are live now. */
  live(): string[] {
    return [...this.#entries.keys()].filter((key) => this.get(key) !== undefined);
  }
}
