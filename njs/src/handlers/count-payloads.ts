import type { ListEntry, Trigger } from '../../../schema/lists.ts';
import type { ListSettings } from '../../../schema/runtime.ts';
import type { FiredEvent } from '../../../schema/telemetry.ts';
import { count } from '../adapters/counters.ts';
import { failed } from '../adapters/failures.ts';
import { triggerOverlays } from '../adapters/list-files.ts';
import { put } from '../adapters/outbox.ts';
import { noteHit } from '../adapters/recent-hits.ts';
import { sha256 } from '../adapters/sha256.ts';
import { triggerSlots } from '../adapters/trigger-slots.ts';
import { queueWebhook } from '../adapters/webhook-queue.ts';
import { parseNetwork } from '../core/lists/address.ts';
import { hintKeyOf } from '../core/lists/hint-key.ts';
import { withEntry } from '../core/lists/host-file.ts';
import { firedCounter, webhooksCounter } from '../core/telemetry/counter-names.ts';
import {
  evaluate,
  prepareTrigger,
  restoreFiring,
  takeBack,
  type Firing,
  type TriggerEvent,
} from '../core/triggers/evaluate.ts';
import { effectiveTriggers } from '../core/triggers/overlay.ts';
import { changeKey, changeOf } from './change-list.ts';
import { shownAddress } from './shown-address.ts';

/** The request that the payloads stand in. */
export interface Sighting extends TriggerEvent {
  readonly requestId: string;
  /** Name of the application; empty when the engine did not keep it. */
  readonly applicationName: string;
}

/** Lets every trigger count the payloads of a request, and does what those that fire ask for. */
export function countPayloads(settings: ListSettings, sighting: Sighting): void {
  const slots = triggerSlots();
  const triggers = effectiveTriggers(settings.triggers, triggerOverlays(settings.directory));
  for (let index = 0; index < triggers.length; index++) {
    const trigger = triggers[index] as Trigger;
    try {
      const outcome = evaluate(prepareTrigger(trigger, settings.protectedAddresses), sighting, slots, sha256);
      if (outcome.kind !== 'passed') {
        noteHit(trigger, sighting, outcome.count);
      }
      if (outcome.kind === 'fired') {
        list(settings, trigger, sighting, outcome);
      } else if (outcome.kind === 'observed') {
        tell(trigger, sighting, outcome);
      }
    } catch (error) {
      failed('triggers', error);
    }
  }
}

/** Puts the source on the list. After a restart it may still be there, then nothing fired that had not before. */
function list(settings: ListSettings, trigger: Trigger, sighting: Sighting, firing: Firing): void {
  const entry = firing.entry;
  const network = parseNetwork(entry.address);
  const key = network === null ? '' : hintKeyOf(network, settings.ipv6Prefix);
  let former: ListEntry | null = null;
  let isTaken = false;
  try {
    changeKey(settings, key, sighting.atMs, function (live) {
      former =
        live.filter(function (other) {
          return other.source === entry.source && other.list === entry.list && other.address === entry.address;
        })[0] || null;
      if (former !== null) {
        return { entries: null, changes: [] };
      }
      const entries = withEntry(live, entry, sighting.atMs);
      isTaken = entries !== null;
      return {
        entries: entries,
        changes: [changeOf(isTaken ? 'add' : 'refuse', entry, sighting.atMs, entry.author, entry.reason)],
      };
    });
  } catch (error) {
    takeBack(triggerSlots(), entry, sha256);
    throw error;
  }
  if (former !== null) {
    takeBack(triggerSlots(), entry, sha256);
    restoreFiring(triggerSlots(), former, sighting.atMs, sha256);
    return;
  }
  if (!isTaken) {
    takeBack(triggerSlots(), entry, sha256);
    return;
  }
  tell(trigger, sighting, firing);
}

function tell(trigger: Trigger, sighting: Sighting, firing: Firing): void {
  const outcome = firing.kind;
  count(firedCounter(trigger.id, outcome), 1);
  const event: FiredEvent = {
    schema: 'wallguard/1',
    'event.name': 'trigger',
    timestamp: sighting.atMs / 1000,
    'http.request.id': sighting.requestId,
    application: sighting.applicationName,
    'client.address': shownAddress(firing.entry.address),
    'wallguard.trigger.id': trigger.id,
    'wallguard.trigger.condition': 'multiple_payloads',
    'wallguard.trigger.outcome': outcome,
    'wallguard.attack.types': ['vectors'],
    'wallguard.trigger.payloads': firing.count,
    'wallguard.trigger.threshold': trigger.threshold,
    'wallguard.trigger.window': trigger.windowMs / 1000,
    'wallguard.trigger.period': firing.periodMs / 1000,
    'wallguard.list': firing.entry.list === 'deny' ? 'deny' : 'gray',
  };
  put(JSON.stringify(event));
  if (trigger.webhook !== null) {
    // The receiver is the operator's own: it gets the address as it is.
    const body = JSON.stringify(Object.assign({}, event, { 'client.address': firing.entry.address }));
    if (!queueWebhook(trigger.id, body)) {
      count(webhooksCounter('dropped'), 1);
    }
  }
}
