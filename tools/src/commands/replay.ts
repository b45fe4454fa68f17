import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Settings } from '../../../schema/settings.ts';
import type { Trigger } from '../../../schema/lists.ts';
import { highestThreshold } from '../../../njs/src/core/triggers/slots.ts';
import { findPlaces } from '../control/places.ts';
import { printable } from '../control/printable.ts';
import { readFormat, type Format } from '../control/table.ts';
import { exitCodes, UserError, type Command, type Io } from '../io.ts';
import { readPeriod } from '../lists/period.ts';
import { readRecording, type Recording } from '../triggers/recorded-requests.ts';
import { replay as replayRequests } from '../triggers/replay.ts';
import { formatReplay } from '../triggers/report.ts';
import { sourceRules, triggersOf } from '../triggers/settings-triggers.ts';

export const replayHelp = `usage: wallguard replay FILE… [OPTION…]

Runs recorded telemetry, also .gz, through the triggers, on recorded time and with the code that runs in NGINX, and says
who would have been listed, when and why. Other thresholds may be tried; nothing is changed.

options:
  --trigger ID     only this trigger of the settings
  --threshold N    fire at more than N different payloads, 1 to 100
  --window TIME    time in which payloads count together, such as 30m or 1h
  --format NAME    human, json or csv; default human
  --settings FILE  settings with the triggers; default ./wallguard.yaml, or the defaults where there is none
  --help           this text
`;

/** `wallguard replay FILE…` */
export const replay: Command = async (args, io) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      trigger: { type: 'string' },
      threshold: { type: 'string' },
      window: { type: 'string' },
      format: { type: 'string', default: 'human' },
      settings: { type: 'string' },
    },
  });
  if (positionals.length === 0) throw usage('FILE is missing');
  const format = readFormat(values.format);
  const changes = {
    ...(values.threshold === undefined ? {} : { threshold: readThreshold(values.threshold) }),
    ...(values.window === undefined ? {} : { windowMs: readWindow(values.window) }),
  };
  const { settings } = await findPlaces({ settings: values.settings }, io.cwd);
  const known = triggersOf(settings);
  const chosen = values.trigger === undefined ? known : known.filter(({ id }) => id === values.trigger);
  if (chosen.length === 0) {
    throw usage(
      `there is no trigger ${JSON.stringify(values.trigger)}; there is: ${known.map(({ id }) => id).join(', ')}`,
    );
  }
  const recording = await readRecording(positionals.map((file) => path.resolve(io.cwd, file)));
  tellReplay({ recording, triggers: chosen.map((trigger) => ({ ...trigger, ...changes })), settings, format, io });
  return exitCodes.ok;
};

/** What to replay, and how to show it. */
export interface ReplayJob {
  readonly recording: Recording;
  readonly triggers: readonly Trigger[];
  readonly settings: Settings;
  readonly format: Format;
  readonly io: Io;
}

/** Replays and prints; what makes the answer less than it seems is said on the side. */
export function tellReplay({ recording, triggers, settings, format, io }: ReplayJob): void {
  const { requests, lines, unreadable, withoutRequest } = recording;
  const result = replayRequests(requests, {
    triggers,
    ...sourceRules(settings),
    applications: new Map(settings.applications.map(({ name, id }) => [name, id])),
  });
  const notes = [
    ...(unreadable > 0 ? [`${unreadable} of ${lines} lines are no telemetry; they were passed over`] : []),
    ...(requests.length === 0 && lines > 0
      ? ['no line names payloads: the recording has no attacks, or an older wallguard wrote it']
      : []),
    ...(withoutRequest > 0
      ? [`${withoutRequest} detections lack their request line: their host and status are not known`]
      : []),
    ...(result.unknownApplications.length > 0
      ? [
          `the settings have no application ${result.unknownApplications.map(printable).join(', ')}: counted as the default one`,
        ]
      : []),
    ...(settings.telemetry.redact.address === 'truncate'
      ? ['addresses are recorded without their last part: neighbours count as one source']
      : []),
  ];
  for (const note of notes) io.err(`note: ${note}\n`);
  io.out(formatReplay(result, recording, triggers, format));
}

/** @throws UserError  it is no number from 1 to 100 */
export function readThreshold(text: string): number {
  const threshold = Number(text);
  if (!/^\d{1,3}$/.test(text) || threshold < 1 || threshold > highestThreshold()) {
    throw new UserError(
      `--threshold ${JSON.stringify(text)}: a number from 1 to ${highestThreshold()}`,
      exitCodes.usage,
    );
  }
  return threshold;
}

/** @throws UserError  it is no duration */
export function readWindow(text: string): number {
  const windowMs = readPeriod(text);
  if (windowMs === undefined || windowMs === 0) {
    throw new UserError(`--window ${JSON.stringify(text)}: a duration such as 30m or 1h`, exitCodes.usage);
  }
  return windowMs;
}

function usage(message: string): UserError {
  return new UserError(`wallguard replay: ${message}`, exitCodes.usage);
}
