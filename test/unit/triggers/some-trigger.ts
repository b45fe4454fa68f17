import type { Trigger, TriggerFilters } from '../../../schema/lists.ts';
import { prepareTrigger, type TriggerEvent } from '../../../njs/src/core/triggers/evaluate.ts';
import { payload } from '../../../njs/src/core/triggers/payload.ts';
import { preconfiguredTrigger } from '../../../njs/src/core/triggers/preconfigured.ts';
import { sourceKey } from '../../../njs/src/core/triggers/source.ts';
import { sha256 } from './sha256.ts';

type Changes = Partial<Omit<Trigger, 'filters' | 'reaction'>> & {
  readonly filters?: Partial<TriggerFilters>;
  readonly reaction?: Partial<Trigger['reaction']>;
};

/** The pre-configured trigger with changes. */
function someTrigger(changes: Changes = {}): Trigger {
  const base = preconfiguredTrigger();
  return {
    ...base,
    ...changes,
    filters: { ...base.filters, ...changes.filters },
    reaction: { ...base.reaction, ...changes.reaction },
  };
}

export function preparedTrigger(changes: Changes = {}, protectedAddresses: readonly string[] = []) {
  return prepareTrigger(someTrigger(changes), protectedAddresses);
}

type EventChanges = Partial<Omit<TriggerEvent, 'payloads' | 'source'>> & {
  /** `type value`, such as `sqli 1' or 1=1`; without a type they are of type `sqli`. */
  readonly payloads: readonly string[];
};

/** A malicious request from 192.0.2.1. */
export function someEvent(changes: EventChanges): TriggerEvent {
  const address = changes.address ?? '192.0.2.1';
  return {
    address,
    source: sourceKey(address, 64),
    application: -1,
    host: 'shop.example',
    status: 200,
    atMs: 0,
    refused: false,
    allowlisted: false,
    ...changes,
    payloads: changes.payloads.map((text) => {
      const [type, value] = text.includes(' ') ? text.split(' ', 2) : ['sqli', text];
      return payload(type ?? '', 'uri', value ?? '', sha256);
    }),
  };
}
