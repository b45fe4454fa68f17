import path from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { TriggerOverlay, TriggerState } from '../../../schema/control.ts';
import { controlClient, type ControlClient } from '../control/control-client.ts';
import { findPlaces, type PlaceOptions, type Places } from '../control/places.ts';
import { columns, csv, jsonArray, readFormat } from '../control/table.ts';
import { exitCodes, UserError, type Command, type Io } from '../io.ts';
import { askedPeriod, periodText } from '../lists/period.ts';
import { suggest } from '../suggest.ts';
import { readRecording } from '../triggers/recorded-requests.ts';
import { describeTrigger } from '../triggers/report.ts';
import { readThreshold, readWindow, tellReplay } from './replay.ts';

export const triggersHelp = `usage: wallguard triggers show [OPTION…]
       wallguard triggers enable|disable|reset ID [OPTION…]
       wallguard triggers set ID [OPTION…]
       wallguard triggers test ID [OPTION…]

Changes hold at once and until they are reset: over reloads and restarts, and before the settings. "reset" goes back to
what the settings say. "test" runs what was recorded within the last window through the trigger and says who would fire
it; nobody is listed.

options:
  --threshold N    set, test: fire at more than N different payloads, 1 to 100
  --window TIME    set, test: time in which payloads count together, such as 30m or 1h
  --period TIME    set: how long a source is listed, 5m to forever
  --list NAME      set: deny, gray, or observe, which lists nobody
  --file FILE      test: recorded telemetry; default the file that the settings name
  --format NAME    show, test: human, json or csv; default human
  --socket PATH    control socket; default "control.socket" of the settings
  --settings FILE  settings; default ./wallguard.yaml, or the defaults where there is none
  --help           this text
`;

const reactions = ['deny', 'gray', 'observe'] as const;

const placeOptions = { socket: { type: 'string' }, settings: { type: 'string' } } as const;
const countOptions = { threshold: { type: 'string' }, window: { type: 'string' } } as const;
const formatOption = { format: { type: 'string', default: 'human' } } as const;

const actions = {
  show,
  enable: (args: readonly string[], io: Io) => change(args, io, { enabled: true }),
  disable: (args: readonly string[], io: Io) => change(args, io, { enabled: false }),
  set,
  reset,
  test,
};

/** `wallguard triggers ACTION …` */
export const triggers: Command = async ([action = '', ...args], io) => {
  const run = Object.hasOwn(actions, action) ? actions[action as keyof typeof actions] : undefined;
  if (run === undefined) {
    const meant = suggest(action, Object.keys(actions));
    throw usage(
      `${action === '' ? 'say what to do' : `there is no "triggers ${action}"`}: ${Object.keys(actions).join(', ')}${
        meant === undefined ? '' : `; did you mean "${meant}"?`
      }`,
    );
  }
  return await run(args, io);
};

async function show(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(args, { ...placeOptions, ...formatOption });
  if (positionals.length > 0) throw usage(`"show" shows all triggers; ${JSON.stringify(positionals[0])} is too many`);
  const format = readFormat(values.format);
  const { client } = await access(values, io);
  const states = await client.triggers();
  const header = ['id', 'enabled', 'threshold', 'window', 'list', 'period', 'filters', 'fired', 'from'];
  const rows = states.map(({ trigger, origin, fired }) => [
    trigger.id,
    trigger.enabled ? 'yes' : 'no',
    String(trigger.threshold),
    periodText(trigger.windowMs),
    trigger.reaction.list,
    periodText(trigger.reaction.periodMs),
    filtersText(trigger.filters),
    String(fired),
    origin,
  ]);
  // The secret of a webhook is nobody's business who may look.
  const published = states.map(({ trigger, origin, fired }) => ({
    ...trigger,
    webhook: trigger.webhook === null ? null : { url: trigger.webhook.url },
    origin,
    fired,
  }));
  if (format === 'json') io.out(jsonArray(published));
  else io.out(format === 'csv' ? csv(header, rows) : columns(header, rows));
  return exitCodes.ok;
}

async function change(args: readonly string[], io: Io, overlay: TriggerOverlay): Promise<number> {
  const { values, positionals } = parse(args, placeOptions);
  const id = onlyId(positionals);
  const { client } = await access(values, io);
  await client.changeTrigger(id, overlay);
  return await tell(id, client, io);
}

async function set(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(args, {
    ...placeOptions,
    ...countOptions,
    period: { type: 'string' },
    list: { type: 'string' },
  });
  const id = onlyId(positionals);
  const list = values.list === undefined ? undefined : readReaction(values.list);
  const periodMs = values.period === undefined ? undefined : askedPeriod(values.period);
  const counting = countingOf(values);
  if (list === undefined && periodMs === undefined && Object.keys(counting).length === 0) {
    throw usage('say what to set: --threshold, --window, --period or --list');
  }
  const { client } = await access(values, io);
  const { reaction } = (await stateOf(id, client)).trigger;
  await client.changeTrigger(id, {
    ...counting,
    ...(list === undefined && periodMs === undefined
      ? {}
      : { reaction: { ...reaction, list: list ?? reaction.list, periodMs: periodMs ?? reaction.periodMs } }),
  });
  return await tell(id, client, io);
}

async function reset(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(args, placeOptions);
  const id = onlyId(positionals);
  const { client } = await access(values, io);
  await client.resetTrigger(id);
  return await tell(id, client, io);
}

async function test(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(args, {
    ...placeOptions,
    ...countOptions,
    ...formatOption,
    file: { type: 'string', multiple: true },
  });
  const id = onlyId(positionals);
  const format = readFormat(values.format);
  const counting = countingOf(values);
  const { client, places } = await access(values, io);
  const trigger = { ...(await stateOf(id, client)).trigger, enabled: true, ...counting };
  const files =
    values.file?.map((file) => path.resolve(io.cwd, file)) ??
    (places.telemetryFile === '' ? [] : [places.telemetryFile]);
  if (files.length === 0) throw usage('the settings write telemetry to no file; name a recording with --file FILE');
  const recording = await readRecording(files);
  const sinceMs = Date.now() - trigger.windowMs;
  const recent = { ...recording, requests: recording.requests.filter(({ atMs }) => atMs > sinceMs) };
  tellReplay({ recording: recent, triggers: [trigger], settings: places.settings, format, io });
  return exitCodes.ok;
}

function parse<T extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: T) {
  return parseArgs({ args: [...args], options, allowPositionals: true });
}

async function access(values: PlaceOptions, io: Io): Promise<{ client: ControlClient; places: Places }> {
  const places = await findPlaces(values, io.cwd);
  return { places, client: controlClient(places.socket) };
}

async function stateOf(id: string, client: ControlClient): Promise<TriggerState> {
  const states = await client.triggers();
  const state = states.find(({ trigger }) => trigger.id === id);
  if (state === undefined) {
    const ids = states.map(({ trigger }) => trigger.id);
    const meant = suggest(id, ids);
    throw usage(
      `there is no trigger ${JSON.stringify(id)}; there is: ${ids.join(', ')}${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
    );
  }
  return state;
}

/** What holds now, as the API says it. */
async function tell(id: string, client: ControlClient, io: Io): Promise<number> {
  const { trigger, origin } = await stateOf(id, client);
  io.out(`${describeTrigger(trigger)} (${origin === 'overlay' ? 'changed; "reset" undoes it' : origin})\n`);
  return exitCodes.ok;
}

function countingOf({ threshold, window }: { threshold?: string | undefined; window?: string | undefined }) {
  return {
    ...(threshold === undefined ? {} : { threshold: readThreshold(threshold) }),
    ...(window === undefined ? {} : { windowMs: readWindow(window) }),
  };
}

function filtersText(filters: TriggerState['trigger']['filters']): string {
  return Object.entries(filters)
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => `${name} ${values.join('|')}`)
    .join(', ');
}

function readReaction(text: string): (typeof reactions)[number] {
  const reaction = reactions.find((name) => name === text);
  if (reaction === undefined) throw usage(`--list ${JSON.stringify(text)}: ${reactions.join(', ')}`);
  return reaction;
}

function onlyId(positionals: readonly string[]): string {
  const [id, ...more] = positionals;
  if (id === undefined) throw usage('ID is missing; "wallguard triggers show" names the triggers');
  if (more.length > 0) throw usage(`one trigger at a time; ${JSON.stringify(more[0])} is too many`);
  return id;
}

function usage(message: string): UserError {
  return new UserError(`wallguard triggers: ${message}`, exitCodes.usage);
}
