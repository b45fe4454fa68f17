import type { ExplainAnswer } from '../../../schema/control.ts';
import type { Trigger } from '../../../schema/lists.ts';
import type { Payload } from '../core/triggers/payload.ts';

/** One hit of a source, as `explain` shows it. */
export type Hit = ExplainAnswer['hits'][number];

/**
 * Keeps what a source did, for `explain`: the newest 20 for each source, as long as the trigger's window. Two workers at
 * once may lose one of two hits; what counts is in the slots. A zone that is nearly full takes no further sources: an
 * attempt in vain would write a line to the error log each time.
 */
export function noteHit(
  trigger: Trigger,
  sighting: {
    readonly source: string;
    readonly atMs: number;
    readonly requestId: string;
    readonly payloads: readonly Payload[];
  },
  count: number,
): void {
  const zone = ngx.shared['wallguard_hits'] as NgxSharedDict<string>;
  if (zone.freeSpace() < 65536) {
    return;
  }
  let hits = recentHits(sighting.source);
  for (let index = 0; index < sighting.payloads.length && index < 20; index++) {
    const payload = sighting.payloads[index] as Payload;
    const hit: Hit = {
      atMs: sighting.atMs,
      requestId: sighting.requestId,
      trigger: trigger.id,
      type: payload.type,
      point: payload.point.slice(0, 64),
      payloads: count,
    };
    hits = [hit].concat(hits);
  }
  try {
    zone.set(sighting.source, JSON.stringify(hits.slice(0, 20)), trigger.windowMs);
  } catch (_full) {
    // Only explanations are lost.
  }
}

/** Newest first. */
export function recentHits(source: string): Hit[] {
  const kept = (ngx.shared['wallguard_hits'] as NgxSharedDict<string>).get(source);
  return kept === undefined ? [] : (JSON.parse(kept) as Hit[]);
}
