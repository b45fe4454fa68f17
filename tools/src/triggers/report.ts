/** What came of a replay, for people and programs. */
import type { Trigger } from '../../../schema/lists.ts';
import { printable } from '../control/printable.ts';
import { csv, jsonArray, type Format } from '../control/table.ts';
import { endText, periodText, timeText } from '../lists/period.ts';
import type { Recording } from './recorded-requests.ts';
import type { Replay, ReplayedFiring } from './replay.ts';

/** How many sources that came near are named. */
const shownNearMisses = 5;

const header = ['time', 'trigger', 'source', 'reaction', 'until', 'payloads', 'request'] as const;

/** @param triggers  what was replayed */
export function formatReplay(
  { firings, nearMisses }: Replay,
  recording: Recording,
  triggers: readonly Trigger[],
  format: Format,
): string {
  switch (format) {
    case 'json':
      return jsonArray(firings.map(firingRecord));
    case 'csv':
      return csv(
        header,
        firings.map((firing) => {
          const record = firingRecord(firing);
          return header.map((name) => record[name]);
        }),
      );
    case 'human':
      return [
        ...firings.map(tell),
        `${summary(firings, recording)}\n`,
        ...triggers.map((trigger) => `  ${describeTrigger(trigger)}\n`),
        ...nearMisses
          .slice(0, shownNearMisses)
          .map(
            ({ trigger, source, count, atMs }) =>
              `  near: ${printable(source)} with ${count} different ${count === 1 ? 'payload' : 'payloads'} (${trigger}), ${timeText(atMs)}\n`,
          ),
      ].join('');
  }
}

/** `default: more than 3 different payloads within 1h put a source on the list gray for 1h`. */
export function describeTrigger({ id, enabled, threshold, windowMs, reaction }: Trigger): string {
  const does =
    reaction.list === 'observe'
      ? 'are recorded, nothing else'
      : `put a source on the list ${reaction.list} for ${periodText(reaction.periodMs)}`;
  return `${id}${enabled ? '' : ' (disabled)'}: more than ${threshold} different payloads within ${periodText(windowMs)} ${does}`;
}

function firingRecord({ trigger, source, atMs, requestId, outcome, sightings }: ReplayedFiring) {
  return {
    time: timeText(atMs),
    trigger,
    source,
    reaction: outcome.kind === 'observed' ? 'observe' : outcome.entry.list,
    until: endText(outcome.entry.expiresMs),
    payloads: outcome.count,
    request: requestId,
    sightings: sightings.map((one) => ({
      time: timeText(one.atMs),
      type: one.type,
      // Beyond JavaScript many readers of JSON round such numbers.
      fingerprint: String(one.fingerprint),
      request: one.requestId,
    })),
  };
}

function tell(firing: ReplayedFiring): string {
  const { trigger, source, outcome, sightings, atMs } = firing;
  const what =
    outcome.kind === 'observed'
      ? 'would have been noticed'
      : `would have been on the list ${outcome.entry.list} until ${endText(outcome.entry.expiresMs)}`;
  return [
    `${timeText(atMs)} ${printable(source)} ${what} (trigger ${trigger})`,
    `  ${outcome.entry.reason}:`,
    ...sightings.map((one) => `  ${timeText(one.atMs)}  ${one.type.padEnd(12)}  request ${printable(one.requestId)}`),
    '',
    '',
  ].join('\n');
}

function summary(firings: readonly ReplayedFiring[], { requests, lines }: Recording): string {
  const sources = new Set(firings.map(({ source }) => source)).size;
  const who = sources === 0 ? 'nobody' : sources === 1 ? '1 source' : `${sources} sources`;
  const [first, last] = [requests[0], requests.at(-1)];
  const when = first === undefined || last === undefined ? '' : `, ${timeText(first.atMs)} to ${timeText(last.atMs)}`;
  return `${who} would have been listed; ${requests.length} malicious ${
    requests.length === 1 ? 'request' : 'requests'
  } in ${lines} ${lines === 1 ? 'line' : 'lines'}${when}`;
}
