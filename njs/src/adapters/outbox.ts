/**
 * Lines that njs made without a request, waiting in the zone `wallguard_outbox` for one to be written by. Each has a
 * number; those from the last delivered one up to the last written one are waiting.
 */
import { count, counted, nextNumber } from './counters.ts';

/** How many more lines may wait: as many as fit the zone, whatever their length, which a detection's limits bound. */
export function outboxRoom(): number {
  return Math.max(0, 150 - waiting());
}

/** Lines put in and not yet delivered. */
function waiting(): number {
  return counted('outbox|in') - counted('outbox|out');
}

/** Puts a line in. One that finds no room is missing when its turn comes, and is counted then. */
export function put(line: string): void {
  const number = nextNumber('outbox|in');
  try {
    zone().set('line|' + number, line);
  } catch (_full) {
    // Its number is taken: who delivers finds nothing under it.
  }
}

/** Numbers of the lines to deliver next; `from` is greater than `to` when none is waiting. */
export function nextLines(most: number): { readonly from: number; readonly to: number } {
  const from = counted('outbox|out') + 1;
  return { from: from, to: Math.min(counted('outbox|in'), from + most - 1) };
}

/** Takes these lines out; those that found no room or were taken already are left out. */
export function take(from: number, to: number): string[] {
  const lines: string[] = [];
  for (let i = from; i <= to && i - from < 100; i++) {
    const line = zone().get('line|' + i);
    if (line !== undefined) {
      zone().delete('line|' + i);
      lines.push(line);
    }
  }
  return lines;
}

/** Lines up to this number need not be delivered again. */
export function delivered(from: number, to: number): void {
  count('outbox|out', to - from + 1);
}

function zone(): NgxSharedDict<string> {
  return ngx.shared['wallguard_outbox'] as NgxSharedDict<string>;
}
