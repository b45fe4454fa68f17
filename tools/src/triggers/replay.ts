/**
 * Recorded requests through the trigger code that runs in NGINX, on recorded time. What a list refused back then holds
 * no payloads, so a replay knows less than the clients sent.
 */
import { createHash } from 'node:crypto';
import type { Trigger } from '../../../schema/lists.ts';
import {
  evaluate,
  prepareTrigger,
  type Firing,
  type PreparedTrigger,
} from '../../../njs/src/core/triggers/evaluate.ts';
import { sourceKey } from '../../../njs/src/core/triggers/source.ts';
import type { RecordedRequest } from './recorded-requests.ts';
import { RecordedStore } from './recorded-store.ts';

/** One payload, where it was seen last. */
export interface Sighting {
  readonly atMs: number;
  readonly requestId: string;
  readonly type: string;
  readonly fingerprint: number;
}

/** A source that a trigger would have listed. */
export interface ReplayedFiring {
  readonly trigger: string;
  readonly source: string;
  readonly atMs: number;
  /** The request that made it fire. */
  readonly requestId: string;
  readonly outcome: Firing;
  /** Different payloads within the window, oldest first. */
  readonly sightings: readonly Sighting[];
}

/** A source that came near without a firing. */
export interface NearMiss {
  readonly trigger: string;
  readonly source: string;
  /** Most different payloads that it showed within a window. */
  readonly count: number;
  readonly atMs: number;
}

export interface Replay {
  readonly firings: readonly ReplayedFiring[];
  /** The highest first. */
  readonly nearMisses: readonly NearMiss[];
  /** Names of applications that the settings do not have: they counted as the default one. */
  readonly unknownApplications: readonly string[];
}

export interface ReplayRules {
  readonly triggers: readonly Trigger[];
  readonly protectedAddresses: readonly string[];
  readonly ipv6Prefix: number;
  /** Name to id. */
  readonly applications: ReadonlyMap<string, number>;
}

/** @param requests  in the order of time */
export function replay(requests: readonly RecordedRequest[], rules: ReplayRules): Replay {
  const store = new RecordedStore();
  const prepared = rules.triggers.map((trigger) => prepareTrigger(trigger, rules.protectedAddresses));
  const evidence = new Evidence();
  const firings: ReplayedFiring[] = [];
  const counts = new Map<string, NearMiss>();
  const unknown = new Set<string>();
  for (const request of requests) {
    store.nowMs = request.atMs;
    const application = rules.applications.get(request.application);
    if (application === undefined && !['', 'default'].includes(request.application)) unknown.add(request.application);
    const event = { ...request, application: application ?? -1, source: sourceOf(request.address, rules.ipv6Prefix) };
    for (const one of prepared) {
      const outcome = evaluate(one, event, store, sha256);
      if (outcome.kind === 'passed') continue;
      const trigger = one.trigger.id;
      const key = `${trigger} ${event.source}`;
      evidence.note(key, one, request);
      if (outcome.kind === 'counted') {
        if (outcome.count > (counts.get(key)?.count ?? 0)) {
          counts.set(key, { trigger, source: event.source, count: outcome.count, atMs: request.atMs });
        }
        continue;
      }
      counts.delete(key);
      firings.push({
        trigger,
        source: event.source,
        atMs: request.atMs,
        requestId: request.requestId,
        outcome,
        sightings: evidence.take(key, request.atMs - one.trigger.windowMs),
      });
    }
  }
  return {
    firings,
    nearMisses: [...counts.values()].sort((one, other) => other.count - one.count || one.atMs - other.atMs),
    unknownApplications: [...unknown],
  };
}

/** As in NGINX; a hashed address is a source by itself. */
function sourceOf(address: string, ipv6Prefix: number): string {
  return sourceKey(address, ipv6Prefix) || (/^[0-9a-f]{16,}$/.test(address) ? address : '');
}

/** Which payloads a source showed last, and when. */
class Evidence {
  readonly #bySource = new Map<string, Map<number, Sighting>>();

  note(key: string, { trigger, wantsType }: PreparedTrigger, { atMs, requestId, payloads }: RecordedRequest): void {
    const known = this.#bySource.get(key) ?? new Map<number, Sighting>();
    this.#bySource.set(key, known);
    for (const { type, fingerprint } of payloads.filter((payload) => wantsType(payload.type))) {
      // Again at the end: the map keeps the order of the last sighting.
      known.delete(fingerprint);
      known.set(fingerprint, { atMs, requestId, type, fingerprint });
    }
    for (const [fingerprint, { atMs: seenMs }] of known) {
      if (seenMs > atMs - trigger.windowMs) break;
      known.delete(fingerprint);
    }
  }

  take(key: string, afterMs: number): Sighting[] {
    const known = [...(this.#bySource.get(key)?.values() ?? [])];
    this.#bySource.delete(key);
    return known.filter(({ atMs }) => atMs > afterMs);
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
