/**
 * Decides for one request and one trigger: does it count, does the trigger fire, which list entry follows.
 *
 * All state is in one dictionary zone of numbers, shared by the workers: the slots of {@link sight} and two marks per
 * source. The *fired* mark, whose value is the time of firing, is taken with one atomic `add`, so one worker fires and no
 * other; it lasts as long as the listing, and while it is there nothing is counted: what a source does while listed has
 * been answered already. The *listings* mark says how often a source was listed before, for escalation.
 */
import type { ListEntry, Trigger } from '../../../../schema/lists.ts';
import { overlapMatcher } from '../lists/address.ts';
import { isLive } from '../lists/entry.ts';
import { addressFilter } from './filters/address.ts';
import { applicationFilter } from './filters/application.ts';
import { domainFilter } from './filters/domain.ts';
import { statusFilter } from './filters/status.ts';
import { targetFilter } from './filters/target.ts';
import { typeExclusion, typeFilter } from './filters/type.ts';
import type { Payload, Sha256 } from './payload.ts';
import { forget, shown, sight, type SlotStore } from './slots.ts';
import { sourceName } from './source.ts';

/** A finished request in which payloads were found. */
export interface TriggerEvent {
  /** `$remote_addr` */
  readonly address: string;
  /** What counts as one source, see {@link sourceKey}; empty when the client has no address. */
  readonly source: string;
  /** -1 for the default application. */
  readonly application: number;
  readonly host: string;
  readonly status: number;
  readonly payloads: readonly Payload[];
  /** Unix time in milliseconds. */
  readonly atMs: number;
  /** True when a list refused the request: counting it would let a listing feed itself. */
  readonly refused: boolean;
  readonly allowlisted: boolean;
}

/** Why an event did not count; `listed` means that the trigger fired for this source and has not been over since. */
export type Passed = 'disabled' | 'refused' | 'allowlisted' | 'protected' | 'no_source' | 'filtered' | 'listed';

export type Outcome =
  { readonly kind: 'passed'; readonly why: Passed } | { readonly kind: 'counted'; readonly count: number } | Firing;

/** `observed` is a firing without consequences: the entry is what would have been written. */
export interface Firing {
  readonly kind: 'fired' | 'observed';
  /** Different payloads within the window, this request's included. */
  readonly count: number;
  /** How long the source is listed; 0 for ever. */
  readonly periodMs: number;
  /** 1 for the first time; counts only while escalation is on. */
  readonly listing: number;
  readonly entry: ListEntry;
}

/** A trigger with its filters read. */
export interface PreparedTrigger {
  readonly trigger: Trigger;
  readonly isProtected: (source: string) => boolean;
  readonly wantsRequest: (event: TriggerEvent) => boolean;
  readonly wantsType: (type: string) => boolean;
}

/**
 * @param protectedAddresses  addresses and networks that no trigger may list, nor an IPv6 network that one of them lies in
 */
export function prepareTrigger(trigger: Trigger, protectedAddresses: readonly string[]): PreparedTrigger {
  const filters = trigger.filters;
  const application = applicationFilter(filters.applications);
  const address = addressFilter(filters.addresses);
  const domain = domainFilter(filters.domains);
  const status = statusFilter(filters.statuses);
  const type = typeFilter(filters.types);
  const exclusion = typeExclusion(trigger.excludedTypes);
  const target = targetFilter(filters.targets);
  return {
    trigger,
    isProtected: overlapMatcher(protectedAddresses),
    wantsRequest: (event) =>
      application(event.application) && address(event.address) && domain(event.host) && status(event.status),
    wantsType: (name) => type(name) && exclusion(name) && target(name),
  };
}

/**
 * Counts the payloads of a request for one trigger.
 *
 * @param slots  the trigger zone; its clock decides what lies within the window
 */
export function evaluate(prepared: PreparedTrigger, event: TriggerEvent, slots: SlotStore, sha256: Sha256): Outcome {
  const trigger = prepared.trigger;
  const exempt = exemption(prepared, event);
  if (exempt !== null) {
    return { kind: 'passed', why: exempt };
  }
  const payloads = event.payloads.filter((payload) => prepared.wantsType(payload.type));
  if (payloads.length === 0 || !prepared.wantsRequest(event)) {
    return { kind: 'passed', why: 'filtered' };
  }
  const name = sourceName(trigger.id, event.source, sha256);
  if (slots.get(firedKey(name)) !== undefined) {
    return { kind: 'passed', why: 'listed' };
  }
  let count = 0;
  for (let index = 0; index < payloads.length && count <= trigger.threshold; index++) {
    const payload = payloads[index] as Payload;
    count = sight(slots, name, trigger.threshold, trigger.windowMs, payload.fingerprint);
  }
  if (count <= trigger.threshold) {
    return { kind: 'counted', count };
  }
  const earlier = trigger.reaction.escalation > 1 ? slots.get(listingsKey(name)) || 0 : 0;
  const periodMs = listingPeriod(trigger, earlier);
  if (!slots.add(firedKey(name), event.atMs, markMs(periodMs))) {
    return { kind: 'passed', why: 'listed' };
  }
  forget(slots, name, trigger.threshold);
  if (trigger.reaction.escalation > 1) {
    // Only the worker that fired comes here, so nobody writes in between.
    slots.delete(listingsKey(name));
    slots.add(listingsKey(name), earlier + 1, markMs(periodMs) + trigger.reaction.longestPeriodMs);
  }
  return {
    kind: trigger.reaction.list === 'observe' ? 'observed' : 'fired',
    count,
    periodMs,
    listing: earlier + 1,
    entry: listing(trigger, event, count, periodMs),
  };
}

/** Where a source stands with a trigger. */
export interface Standing {
  /** Different payloads within the window. */
  readonly count: number;
  /** How many further ones make it fire. */
  readonly missing: number;
  /** When it fired, until the listing or the cool-down after its removal is over; 0 otherwise. */
  readonly firedMs: number;
}

export function standing(trigger: Trigger, source: string, slots: SlotStore, sha256: Sha256): Standing {
  const name = sourceName(trigger.id, source, sha256);
  const count = shown(slots, name, trigger.threshold);
  return {
    count,
    missing: Math.max(0, trigger.threshold + 1 - count),
    firedMs: slots.get(firedKey(name)) || 0,
  };
}

/**
 * After an operator took a trigger's entry off its list: the trigger does not list the source again before half of the
 * previous period is over. Source: wallarm-node.md 5.3.
 */
export function coolDown(slots: SlotStore, removed: ListEntry, sha256: Sha256): void {
  const previousMs = removed.expiresMs === 0 ? 0 : removed.expiresMs - removed.createdMs;
  slots.touch(firedKeyOf(removed, sha256), removed.createdMs, Math.ceil(markMs(previousMs) / 2));
}

/** Undoes a firing whose entry the list could not take, so that the source is tried again when it goes on. */
export function takeBack(slots: SlotStore, refused: ListEntry, sha256: Sha256): void {
  slots.delete(firedKeyOf(refused, sha256));
}

/** After a start without memory: the trigger that made this entry does not fire again while it lasts. */
export function restoreFiring(slots: SlotStore, restored: ListEntry, nowMs: number, sha256: Sha256): void {
  if (isLive(restored, nowMs)) {
    const leftMs = restored.expiresMs === 0 ? 0 : restored.expiresMs - nowMs;
    slots.add(firedKeyOf(restored, sha256), restored.createdMs, markMs(leftMs));
  }
}

function exemption(prepared: PreparedTrigger, event: TriggerEvent): Passed | null {
  if (!prepared.trigger.enabled) {
    return 'disabled';
  }
  if (event.source === '') {
    return 'no_source';
  }
  if (event.allowlisted) {
    return 'allowlisted';
  }
  if (event.refused) {
    return 'refused';
  }
  return prepared.isProtected(event.source) ? 'protected' : null;
}

/** @param earlier  how often the source was listed before */
function listingPeriod(trigger: Trigger, earlier: number): number {
  const reaction = trigger.reaction;
  if (reaction.periodMs === 0 || earlier === 0) {
    return reaction.periodMs;
  }
  const escalated = Math.round(reaction.periodMs * Math.pow(reaction.escalation, earlier));
  return Math.max(reaction.periodMs, Math.min(escalated, reaction.longestPeriodMs));
}

function listing(trigger: Trigger, event: TriggerEvent, count: number, periodMs: number): ListEntry {
  return {
    list: trigger.reaction.list === 'deny' ? 'deny' : 'gray',
    address: event.source,
    applications: [],
    expiresMs: periodMs === 0 ? 0 : event.atMs + periodMs,
    createdMs: event.atMs,
    reason: count + ' different malicious payloads within ' + Math.round(trigger.windowMs / 1000) + ' s',
    source: trigger.id,
    author: 'wallguard',
  };
}

/** A mark of a listing without end outlives a year in memory; after that the source is only listed anew. */
function markMs(periodMs: number): number {
  return periodMs === 0 ? 31_536_000_000 : periodMs;
}

/** Mark of the firing that made an entry. */
function firedKeyOf(entry: ListEntry, sha256: Sha256): string {
  return firedKey(sourceName(entry.source, entry.address, sha256));
}

/** 16 bytes, and no index of a slot. */
function firedKey(name: string): string {
  return name + '!f';
}

function listingsKey(name: string): string {
  return name + '!n';
}
