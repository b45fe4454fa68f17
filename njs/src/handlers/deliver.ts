import type { ColdSettings } from '../../../schema/runtime.ts';
import { nowMs } from '../adapters/clock.ts';
import { coldSettings } from '../adapters/cold-settings.ts';
import { count, counted } from '../adapters/counters.ts';
import { failed } from '../adapters/failures.ts';
import { fetchAnswer } from '../adapters/http-fetch.ts';
import { listSettings } from '../adapters/list-settings.ts';
import { delivered, nextLines, put } from '../adapters/outbox.ts';
import { masterStartedMs } from '../adapters/processes.ts';
import { claim, recall, release, remember } from '../adapters/state.ts';
import {
  anyLinesCounter,
  droppedCounter,
  linesCounter,
  ownRequestsCounter,
  periodicRunsCounter,
  withoutEventCounter,
} from '../core/telemetry/counter-names.ts';
import { judgeLosses, type LossState } from '../core/telemetry/losses.ts';
import { endedRequests } from '../core/telemetry/stub-status.ts';
import { sendWebhooks } from './send-webhooks.ts';

/** `js_periodic`: sends what waits in the outbox, and compares NGINX's count of requests with the lines. */
export async function deliver(): Promise<void> {
  try {
    count(periodicRunsCounter(), 1);
    // Longer than two fetches may take; a run that is killed never releases it.
    if (!claim('deliver', 5000)) {
      return;
    }
    const settings = coldSettings();
    if (settings.headsAreTelemetry) {
      await watchLosses(settings);
    }
    await sendLines(settings);
    await sendWebhooks(listSettings(), nowMs() + 300);
    release('deliver');
  } catch (error) {
    failed('deliver', error);
  }
}

async function sendLines(settings: ColdSettings): Promise<void> {
  const stopAtMs = nowMs() + 700;
  let next = nextLines(settings.linesPerDelivery);
  while (next.from <= next.to && nowMs() < stopAtMs) {
    const url = settings.monitorUrl + '/-/outbox?from=' + next.from + '&to=' + next.to;
    const answer = await fetchAnswer(url);
    if (answer.outcome !== 'answered' || answer.status !== 200) {
      // They stay where they are; a line whose answer got lost is out already and is not missed the next time.
      remember('outbox|again', '1', 600000);
      throw new Error('cannot reach ' + url + ': ' + (answer.outcome === 'answered' ? answer.status : answer.message));
    }
    if (recall('outbox|again') === '') {
      count(droppedCounter('outbox'), next.to - next.from + 1 - Number(answer.body));
    }
    remember('outbox|again', '', 1000);
    delivered(next.from, next.to);
    next = nextLines(settings.linesPerDelivery);
  }
}

async function watchLosses(settings: ColdSettings): Promise<void> {
  const url = settings.monitorUrl + '/-/requests';
  const ownRequests = counted(ownRequestsCounter());
  const runs = counted(periodicRunsCounter());
  const answer = await fetchAnswer(url);
  const ended = answer.outcome === 'answered' && answer.status === 200 ? endedRequests(answer.body) : -1;
  if (ended < 0) {
    throw new Error('cannot read ' + url + ': ' + (answer.outcome === 'answered' ? answer.status : answer.message));
  }
  // This look itself is one. Others that ended meanwhile may be in NGINX's count or not: look again later.
  if (counted(ownRequestsCounter()) - ownRequests > 1 || counted(periodicRunsCounter()) !== runs) {
    return;
  }
  const dayMs = 86400000;
  const now = nowMs();
  const kept = recall('losses');
  const judged = judgeLosses(
    kept === '' ? undefined : (JSON.parse(kept) as LossState),
    {
      atMs: now,
      // This run has not ended.
      ended: ended - ownRequests - (runs - 1),
      requestLines: counted(linesCounter()),
      anyLines: counted(anyLinesCounter()),
      isReadUp: recall('read-up|heads') !== '',
      isFresh: now - masterStartedMs(now) < 10000,
    },
    settings.flushMs + 1500,
  );
  remember('losses', JSON.stringify(judged.state), dayMs);
  if (judged.lost > 0) {
    count(droppedCounter('file'), judged.lost);
  }
  if (judged.withoutEvent > 0) {
    count(withoutEventCounter(), judged.withoutEvent);
  }
  if (judged.heartbeat) {
    put(JSON.stringify({ schema: 'wallguard/1', 'event.name': 'heartbeat', timestamp: nowMs() / 1000 }));
  }
}
