import type { Trigger } from '../../../../schema/lists.ts';
import { firedCounter, listChangesCounter, webhooksCounter } from '../telemetry/counter-names.ts';
import type { Family, Sample } from './exposition.ts';

/**
 * What lists and triggers tell of themselves.
 *
 * @param windowMs  how far back the payloads of a trigger are remembered
 */
export function listFamilies(
  triggers: readonly Trigger[],
  counted: (name: string) => number,
  windowMs: (trigger: Trigger) => number,
): Family[] {
  return [
    counter(
      'wallguard_trigger_fired',
      'How often a trigger fired; with outcome observed without consequences.',
      combine(triggers.map(idOf), ['fired', 'observed'], function (trigger, outcome) {
        return {
          labels: [
            ['trigger', trigger],
            ['outcome', outcome],
          ],
          value: counted(firedCounter(trigger, outcome)),
        };
      }),
    ),
    {
      name: 'wallguard_trigger_window_effective_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'How far back the payloads of a trigger are remembered; less than its window when the zone is too small.',
      samples: triggers.map(function (trigger) {
        return { labels: [['trigger', trigger.id]], value: windowMs(trigger) / 1000 };
      }),
    },
    counter(
      'wallguard_list_changes',
      'Entries that came onto a list, left it, or could not be taken.',
      changes(triggers, counted),
    ),
    counter(
      'wallguard_webhooks',
      'Webhooks by what became of them; a failed one is tried again.',
      ['sent', 'failed', 'dropped'].map(function (outcome): Sample {
        return { labels: [['outcome', outcome]], value: counted(webhooksCounter(outcome)) };
      }),
    ),
  ];
}

function changes(triggers: readonly Trigger[], counted: (name: string) => number): Sample[] {
  const sources = ['manual'].concat(triggers.map(idOf));
  return combine(['allow', 'deny', 'gray'], ['add', 'remove', 'expire', 'refuse'], function (list, operation) {
    return { list: list, operation: operation };
  }).reduce(function (samples, one) {
    return samples.concat(
      sources
        .filter(function (source) {
          // A trigger knows no allowlist, and an operator is told at once what cannot be written.
          return source === 'manual' ? one.operation !== 'refuse' : one.list !== 'allow';
        })
        .map(function (source): Sample {
          return {
            labels: [
              ['list', one.list],
              ['op', one.operation],
              ['source', source],
            ],
            value: counted(listChangesCounter(one.list, one.operation, source)),
          };
        }),
    );
  }, [] as Sample[]);
}

function combine<T>(one: readonly string[], other: readonly string[], make: (a: string, b: string) => T): T[] {
  return one.reduce(function (all, a) {
    return all.concat(
      other.map(function (b) {
        return make(a, b);
      }),
    );
  }, [] as T[]);
}

function idOf(trigger: Trigger): string {
  return trigger.id;
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: name, type: 'counter', unit: '', help: help, samples: samples };
}
