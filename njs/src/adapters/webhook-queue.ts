/**
 * Webhooks on their way, in the zone `wallguard_outbox`: those numbered from the last finished one on. At most 100, so
 * that a dead receiver cannot crowd out events.
 */
import { count, counted, nextNumber } from './counters.ts';

export interface Webhook {
  readonly number: number;
  readonly trigger: string;
  readonly body: string;
  /** How often it was tried in vain. */
  readonly attempts: number;
  readonly notBeforeMs: number;
}

/** False when there is no room for it. */
export function queueWebhook(trigger: string, body: string): boolean {
  if (counted('hook|in') - counted('hook|out') >= 100) {
    return false;
  }
  const number = nextNumber('hook|in');
  return keepWebhook({ number: number, trigger: trigger, body: body, attempts: 0, notBeforeMs: 0 });
}

/** Puts one (back) in. False when there is no room for it. */
export function keepWebhook(webhook: Webhook): boolean {
  try {
    zone().set('hook|' + webhook.number, JSON.stringify(webhook));
    return true;
  } catch (_full) {
    return false;
  }
}

/** All that wait, oldest first. Numbers at the start that are finished are passed for good. */
export function waitingWebhooks(): Webhook[] {
  const last = counted('hook|in');
  const webhooks: Webhook[] = [];
  for (let number = counted('hook|out') + 1; number <= last; number++) {
    const text = zone().get('hook|' + number);
    if (text !== undefined) {
      webhooks.push(JSON.parse(text) as Webhook);
    } else if (webhooks.length === 0) {
      count('hook|out', 1);
    }
  }
  return webhooks;
}

export function finishWebhook(webhook: Webhook): void {
  zone().delete('hook|' + webhook.number);
}

function zone(): NgxSharedDict<string> {
  return ngx.shared['wallguard_outbox'] as NgxSharedDict<string>;
}
