/**
 * The control API: JSON over HTTP on a unix socket that NGINX itself serves. Paths, requests and answers;
 * `docs/control-api.md` describes them with examples.
 *
 * Every refusal is an {@link ControlProblem} with a status of 4xx or 5xx; nothing was changed then.
 */
import type { ListChange, ListEntry, ListName, Trigger } from './lists.ts';

/** Requests larger than this are refused with 413. */
export const largestControlBodyBytes = 1_048_576;

/** Most entries or changes in one answer. */
export const largestPage = 1000;

export interface ControlProblem {
  /** Stable word, such as `bad_address`, `unknown_trigger`, `zone_full`. */
  readonly error: string;
  readonly message: string;
}

/** `GET /v1/lists/LIST?after=ADDRESS&limit=N`: by address, pages follow `next`. */
export interface ListPage {
  readonly list: ListName;
  readonly entries: readonly ListEntry[];
  /** Pass it as `after`; empty on the last page. */
  readonly next: string;
}

/** `POST /v1/lists/LIST`, one or many; answered by {@link AddAnswer}. All or nothing. */
export interface AddRequest {
  readonly entries: readonly {
    readonly address: string;
    readonly applications?: readonly number[];
    /** Milliseconds from now; 0 for ever; without it one hour. */
    readonly periodMs?: number;
    readonly reason?: string;
  }[];
  readonly author: string;
}

export interface AddAnswer {
  readonly added: readonly ListEntry[];
}

/** `DELETE /v1/lists/LIST?address=ADDRESS`; 404 when it is not listed. */
export interface RemoveRequest {
  readonly author: string;
  readonly reason?: string;
}

/** `GET /v1/history?limit=N`: newest first. */
export interface HistoryAnswer {
  readonly changes: readonly ListChange[];
}

/** `GET /v1/triggers`. */
export interface TriggersAnswer {
  readonly triggers: readonly TriggerState[];
}

export interface TriggerState {
  readonly trigger: Trigger;
  /** `preconfigured`, `settings`, or `overlay` when the API changed it. */
  readonly origin: 'preconfigured' | 'settings' | 'overlay';
  readonly fired: number;
}

/** `PUT /v1/triggers/ID`: what is given replaces the baseline's value; `DELETE` drops the overlay. */
export type TriggerOverlay = Partial<
  Pick<Trigger, 'enabled' | 'threshold' | 'windowMs' | 'filters' | 'excludedTypes' | 'reaction'>
>;

/** `GET /v1/explain?address=ADDRESS`. */
export interface ExplainAnswer {
  readonly address: string;
  /** What the address is counted by: itself, or its IPv6 prefix. */
  readonly source: string;
  /** The list that decides, and its entry; null when none does. */
  readonly listed: ListEntry | null;
  readonly triggers: readonly {
    readonly id: string;
    readonly enabled: boolean;
    readonly payloads: number;
    readonly threshold: number;
    readonly windowMs: number;
    /** How many more different payloads it takes to fire. */
    readonly missing: number;
    readonly firedMs: number;
  }[];
  /** Newest first, at most 20. */
  readonly hits: readonly {
    readonly atMs: number;
    readonly requestId: string;
    readonly trigger: string;
    readonly type: string;
    readonly point: string;
    readonly payloads: number;
  }[];
}

/** `GET /v1/counters`: name to value, as in the metrics. */
export type CountersAnswer = Readonly<Record<string, number>>;
