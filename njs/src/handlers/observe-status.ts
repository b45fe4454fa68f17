import type { ColdSettings } from '../../../schema/runtime.ts';
import { nowMs, pause } from '../adapters/clock.ts';
import { fetchAnswer } from '../adapters/http-fetch.ts';
import { claim, recall, release, remember } from '../adapters/state.ts';
import type { ServiceContext } from '../core/status/findings.ts';
import type { History } from '../core/status/history.ts';
import { observe, unknownObservation, type Observation } from '../core/status/report.ts';

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
export async function observeStatus(settings: ColdSettings, served: number): Promise<Observation> {
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
      const polled = await poll(settings, served);
      release('status|poll');
      return polled;
    }
    if (nowMs() > giveUpAtMs) {
      return unknownObservation(serviceContext(settings));
    }
    await pause(20);
  }
}

async function poll(settings: ColdSettings, served: number): Promise<Observation> {
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
      served: served,
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
