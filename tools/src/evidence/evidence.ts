/**
 * What is known about one thing, and how it is known.
 *
 * "Looked, it is not there" (`absent`) is never the same as "could not look" (the last three): a check that meets the
 * latter has not passed.
 */
export type Evidence<T> =
  { readonly state: 'present'; readonly value: T } | { readonly state: 'absent'; readonly reason: string } | NotKnown;

/** There may be an answer, and this run does not have it. */
export interface NotKnown {
  /** `denied`: a right is missing; `timeout`: no answer in time; `notCollected`: this source cannot tell. */
  readonly state: 'denied' | 'timeout' | 'notCollected';
  /** What was looked at and why there is no answer, as part of a sentence: `/tmp/cores: permission denied`. */
  readonly reason: string;
}

export function present<T>(value: T): Evidence<T> {
  return { state: 'present', value };
}

export function absent(reason: string): Evidence<never> {
  return { state: 'absent', reason };
}

export function notKnown(state: NotKnown['state'], reason: string): NotKnown {
  return { state, reason };
}

/** Whether there may be an answer that this run does not have. */
export function isNotKnown<T>(evidence: Evidence<T>): evidence is NotKnown {
  return evidence.state !== 'present' && evidence.state !== 'absent';
}
