import {
  attackedCounter,
  attacksCounter,
  bytesCounter,
  droppedCounter,
  durationBoundsMs,
  durationCounter,
  durationSumCounter,
  requestsCounter,
  responsesCounter,
  withoutEventCounter,
} from '../telemetry/counter-names.ts';
import { everyAttackType } from '../telemetry/attack-types.ts';
import type { BlockReason } from '../../../../schema/telemetry.ts';

/** What was counted of one application since NGINX started. */
export interface ApplicationTraffic {
  readonly id: number;
  readonly name: string;
  /** False when its filtration mode is `off`. */
  readonly inspected: boolean;
  readonly allowed: number;
  readonly detected: number;
  /** By reason. */
  readonly blocked: readonly Count[];
  /** Requests in which the engine saw an attack. */
  readonly attacked: number;
  /** By attack type, those that were seen; one request may have several. */
  readonly attacks: readonly Count[];
  /** By class of status: `2xx`; `none` when no status was sent. */
  readonly responses: readonly Count[];
}

/** How often something with this name was counted. */
export interface Count {
  readonly of: string;
  readonly count: number;
}

/** All applications, and what is counted for the whole. */
export interface Traffic {
  readonly applications: readonly ApplicationTraffic[];
  readonly durations: Durations;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Events that were lost, by stage. */
  readonly dropped: readonly Count[];
  /** Requests that NGINX served without wallguard. */
  readonly withoutEvent: number;
}

/** Durations of requests. */
export interface Durations {
  /** Upper bounds in milliseconds, ascending; a last bucket without bound follows. */
  readonly boundsMs: readonly number[];
  /** Requests in each bucket alone, one more than bounds. */
  readonly counts: readonly number[];
  readonly sumMs: number;
}

/** An application as the settings name it. */
interface Application {
  readonly id: number;
  readonly name: string;
  readonly inspected: boolean;
}

/** Reads the counters, each by its name. About 70 for each application. */
export function readTraffic(applications: readonly Application[], counted: (counter: string) => number): Traffic {
  const boundsMs = durationBoundsMs();
  const durations: number[] = [];
  for (let i = 0; i <= boundsMs.length; i++) {
    durations.push(counted(durationCounter(i)));
  }
  return {
    applications: applications.map(function (application) {
      return readApplication(application, counted);
    }),
    durations: { boundsMs: boundsMs, counts: durations, sumMs: counted(durationSumCounter()) },
    bytesIn: counted(bytesCounter('in')),
    bytesOut: counted(bytesCounter('out')),
    dropped: [
      { of: 'file', count: counted(droppedCounter('file')) },
      { of: 'outbox', count: counted(droppedCounter('outbox')) },
      { of: 'audit', count: counted(droppedCounter('audit')) },
    ],
    withoutEvent: counted(withoutEventCounter()),
  };
}

function readApplication(application: Application, counted: (counter: string) => number): ApplicationTraffic {
  const name = application.name;
  return {
    id: application.id,
    name: name,
    inspected: application.inspected,
    allowed: counted(requestsCounter(name, 'allowed', '')),
    detected: counted(requestsCounter(name, 'detected', '')),
    blocked: everyBlockReason().map(function (reason) {
      return { of: reason, count: counted(requestsCounter(name, 'blocked', reason)) };
    }),
    attacked: counted(attackedCounter(name, 'detected')) + counted(attackedCounter(name, 'blocked')),
    attacks: everyAttackType()
      .map(function (type) {
        return { of: type, count: counted(attacksCounter(name, type)) };
      })
      .filter(function (attack) {
        return attack.count > 0;
      }),
    responses: [0, 1, 2, 3, 4, 5].map(function (statusClass) {
      return {
        of: statusClass === 0 ? 'none' : statusClass + 'xx',
        count: counted(responsesCounter(name, statusClass)),
      };
    }),
  };
}

/** The reasons of `schema/telemetry.ts`, as a function so that njs pays only on call. */
export function everyBlockReason(): Exclude<BlockReason, ''>[] {
  return ['attack', 'denylist', 'graylist', 'bot', 'status_guard', 'rate'];
}

export function sumOf(counts: readonly Count[]): number {
  return counts.reduce(function (sum, count) {
    return sum + count.count;
  }, 0);
}

export function countOf(counts: readonly Count[], name: string): number {
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] as Count;
    if (count.of === name) {
      return count.count;
    }
  }
  return 0;
}

export function requestsOf(application: ApplicationTraffic): number {
  return application.allowed + application.detected + sumOf(application.blocked);
}

export function allRequests(traffic: Traffic): number {
  return traffic.applications.reduce(function (sum, application) {
    return sum + requestsOf(application);
  }, 0);
}

/** Requests that a Wallarm node would count too: its mode is not off, and wallguard did not refuse them before it. */
export function inspectedRequests(traffic: Traffic): number {
  return traffic.applications.reduce(function (sum, application) {
    return application.inspected ? sum + requestsOf(application) - countOf(application.blocked, 'status_guard') : sum;
  }, 0);
}
