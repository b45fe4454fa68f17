import type { ListSettings } from '../../../schema/runtime.ts';
import { nowMs } from '../adapters/clock.ts';
import { count } from '../adapters/counters.ts';
import { postAnswer } from '../adapters/http-fetch.ts';
import { keyedHash } from '../adapters/keyed-hash.ts';
import { finishWebhook, keepWebhook, waitingWebhooks, type Webhook } from '../adapters/webhook-queue.ts';
import { webhooksCounter } from '../core/telemetry/counter-names.ts';

/**
 * Sends the webhooks that are due. One that is not answered with 2xx is tried again after 1, 2, 4 and 8 seconds, then
 * given up.
 *
 * @param stopAtMs  no further one is begun after this
 */
export async function sendWebhooks(settings: ListSettings, stopAtMs: number): Promise<void> {
  const webhooks = waitingWebhooks();
  for (let index = 0; index < webhooks.length && nowMs() < stopAtMs; index++) {
    const webhook = webhooks[index] as Webhook;
    if (webhook.notBeforeMs <= nowMs()) {
      await send(settings, webhook);
    }
  }
}

async function send(settings: ListSettings, webhook: Webhook): Promise<void> {
  const trigger = settings.triggers.filter(function (one) {
    return one.id === webhook.trigger;
  })[0];
  if (trigger === undefined || trigger.webhook === null) {
    // The settings changed meanwhile.
    give(webhook, 'dropped');
    return;
  }
  const answer = await postAnswer(trigger.webhook.url, webhook.body, {
    'Content-Type': 'application/json',
    'X-Wallguard-Signature': 'sha256=' + keyedHash(webhook.body, trigger.webhook.secret),
  });
  if (answer.outcome === 'answered' && answer.status >= 200 && answer.status < 300) {
    give(webhook, 'sent');
    return;
  }
  count(webhooksCounter('failed'), 1);
  const attempts = webhook.attempts + 1;
  if (attempts >= 5) {
    give(webhook, 'dropped');
    return;
  }
  const isKept = keepWebhook({
    number: webhook.number,
    trigger: webhook.trigger,
    body: webhook.body,
    attempts: attempts,
    notBeforeMs: nowMs() + 500 * Math.pow(2, attempts),
  });
  if (!isKept) {
    give(webhook, 'dropped');
  }
}

function give(webhook: Webhook, outcome: string): void {
  count(webhooksCounter(outcome), 1);
  finishWebhook(webhook);
}
