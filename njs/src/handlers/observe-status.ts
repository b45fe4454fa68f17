import type { ColdSettings } from '../../../schema/runtime.ts';
import { nowMs, pause } from '../adapters/clock.ts';
import { fetchAnswer } from '../adapters/http-fetch.ts';
import { claim, recall, release, remember } from '../adapters/state.ts';
import type { ServiceContext } from '../core/status/findings.ts';
import type { History } from '../core/status/history.ts';
import { observe, unknownObservation, type Observation } from '../core/status/report.ts';
import { inspectedRequests, type Traffic } from '../core/status/traffic.ts';

/** What remedies depend on. */
export function serviceContext(settings: ColdSettings): ServiceContext {
  return {
    engine: settings.engine,
    generation: settings.generation,
    flavour: settings.node.flavour,
    nodeVersion: settings.node.version,
    url: settings.statusService.url,
  };
}

/**
 * The last poll of the statistics service, made now if it is older than the cache allows. One worker polls at a time;
 * others wait for what it finds, and give up when it took longer than a poll may.
 */
export async function observeStatus(settings: ColdSettings, traffic: Traffic): Promise<Observation> {
  const service = settings.statusService;
  const freshSinceMs = nowMs() - service.cacheMs;
  const patienceMs = service.pollTimeoutMs + 500;
  const giveUpAtMs = nowMs() + patienceMs;
  for (;;) {
    const cached = recall('status|observation');
    if (cached !== '') {
      const observation = JSON.parse(cached) as Observation;
      if (observation.polledAtMs >= freshSinceMs) {
        return observation;
      }
    }
    if (claim('status|poll', patienceMs)) {
      const polled = await poll(settings, traffic);
      release('status|poll');
      return polled;
    }
    if (nowMs() > giveUpAtMs) {
      return unknownObservation(serviceContext(settings));
    }
    await pause(20);
  }
}

async function poll(settings: ColdSettings, traffic: Traffic): Promise<Observation> {
  const dayMs = 86400000;
  const startMs = nowMs();
  const answer = await fetchAnswer(settings.statusService.url);
  const endMs = nowMs();
  const kept = recall('status|history');
  const judged = observe(
    {
      answer: answer,
      atMs: endMs,
      durationMs: endMs - startMs,
      // What wallguard serves itself is made from the same counters: there is nothing to compare.
      served: settings.generation === 0 ? -1 : inspectedRequests(traffic),
      settleMs: settings.statusService.settleMs,
    },
    kept === '' ? undefined : (JSON.parse(kept) as History),
    serviceContext(settings),
  );
  remember('status|observation', JSON.stringify(judged.observation), dayMs);
  if (judged.history !== undefined) {
    remember('status|history', JSON.stringify(judged.history), dayMs);
  }
  return judged.observation;
}
