import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { printable } from '../control/printable.ts';
import { exitCodes, UserError, type Command, type Io } from '../io.ts';
import { loadSettings } from '../settings/load-settings.ts';
import {
  assemble,
  numberIn,
  readEvents,
  textIn,
  textsIn,
  type EventLine,
  type FoundRequest,
} from '../telemetry/read-events.ts';
import { requestIds } from '../telemetry/request-ids.ts';

export const findHelp = `usage: wallguard find [ID | TEXT | FILE | -] [OPTION…]

Finds a request by its id and says who sent it, what it was, what blocked it and why. Takes the id (32 hex digits or
a UUID), or whatever a user sent: the text or the source of the blocking page, of wallguard or of the vendor, or the
output of "curl -i"; as an argument, as a file, or on standard input.

options:
  --telemetry FILE  telemetry file, .gz too; may be given several times. Default: the files of the running demo, else
                    of the settings, rotated ones included
  --settings FILE   settings; default ./wallguard.yaml, or the defaults where there is none
  --format NAME     text or json; default text
  --help            this text
`;

/** `wallguard find` */
export const find: Command = async (args, io) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      telemetry: { type: 'string', multiple: true },
      settings: { type: 'string' },
      format: { type: 'string', default: 'text' },
    },
  });
  if (values.format !== 'text' && values.format !== 'json') {
    throw new UserError(`wallguard find: --format ${values.format}: text or json`, exitCodes.usage);
  }
  const ids = requestIds(await question(positionals, io));
  if (ids.length === 0) {
    throw new UserError(
      'wallguard find: no request id in what was given; it has 32 hex digits, such as on the blocking page behind "Request ID:" or "UUID"',
      exitCodes.usage,
    );
  }
  const files = values.telemetry ?? (await telemetryFiles(values.settings, io));
  const tally = { lines: 0, unreadable: 0 };
  const found = new Map<string, EventLine[]>(ids.map((id) => [id, []]));
  for await (const line of readEvents(files, ids, tally)) {
    found.get(textIn(line, 'http.request.id'))?.push(line);
  }
  const requests = [...found].filter(([, lines]) => lines.length > 0).map(([id, lines]) => assemble(id, lines));
  if (tally.unreadable > 0) {
    io.err(`${tally.unreadable} of ${tally.lines} lines are no telemetry; they were passed over\n`);
  }
  io.out(values.format === 'json' ? `${JSON.stringify(requests, null, 2)}\n` : requests.map(describe).join('\n'));
  const missing = ids.filter((id) => found.get(id)?.length === 0);
  for (const id of missing) {
    io.err(
      `${id} is not in ${files.join(', ')} (${tally.lines} lines). Lines are written up to a second after the request; older ones may have been rotated away: name them with --telemetry\n`,
    );
  }
  return requests.length > 0 ? exitCodes.ok : exitCodes.found;
};

/** What was asked: the argument, the file it names, or standard input. */
async function question(positionals: readonly string[], io: Io): Promise<string> {
  const [first] = positionals;
  if (first === undefined ? io.isTty : false) {
    throw new UserError('wallguard find: say which request; see "wallguard find --help"', exitCodes.usage);
  }
  if (first === undefined || first === '-') {
    return (await io.readInput()).toString('utf8');
  }
  const text = positionals.join(' ');
  if (requestIds(text).length > 0) {
    return text;
  }
  const file = path.resolve(io.cwd, first);
  return await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENAMETOOLONG') {
      return text;
    }
    throw new UserError(`cannot read ${first}: ${error.message}`, undefined, { cause: error });
  });
}

/** Files of the running demo, else those of the settings; with their rotated forerunners, oldest first. */
async function telemetryFiles(settingsFile: string | undefined, io: Io): Promise<string[]> {
  const demo = settingsFile === undefined ? await demoFile(io.cwd) : undefined;
  const current =
    demo === undefined
      ? (await loadSettings(settingsFile, io.cwd)).settings.telemetry.sinks.flatMap((sink) =>
          'file' in sink ? [sink.file] : [],
        )
      : [demo];
  if (current.length === 0) {
    throw new UserError(
      'wallguard find: the settings name no telemetry file; name one with --telemetry',
      exitCodes.usage,
    );
  }
  const files: string[] = [];
  for (const file of current) {
    files.push(...(await rotated(file)), file);
  }
  return files;
}

/** The telemetry of `npm start` in this checkout, while it runs. */
async function demoFile(cwd: string): Promise<string | undefined> {
  const text = await readFile(path.join(cwd, '.wallguard/run.json'), 'utf8').catch(() => '');
  if (text === '') return undefined;
  const run = JSON.parse(text) as { files?: { telemetry?: string } };
  return run.files?.telemetry;
}

/** `FILE.2.gz`, `FILE.1`: as logrotate names them, the oldest first. */
async function rotated(file: string): Promise<string[]> {
  const names = await readdir(path.dirname(file)).catch(() => []);
  const base = path.basename(file);
  const found: { path: string; number: number }[] = [];
  for (const name of names) {
    const number = name.startsWith(`${base}.`)
      ? /^(\d{1,6})(?:\.gz)?$/.exec(name.slice(base.length + 1))?.[1]
      : undefined;
    const full = path.join(path.dirname(file), name);
    if (number !== undefined && (await stat(full)).isFile()) {
      found.push({ path: full, number: Number(number) });
    }
  }
  return found.sort((one, other) => other.number - one.number).map((one) => one.path);
}

function describe(found: FoundRequest): string {
  const { request, detections } = found;
  const line = request ?? detections[0] ?? {};
  const types = [...new Set([line, ...detections].flatMap((event) => textsIn(event, 'wallguard.attack.types')))];
  const points = [...new Set([line, ...detections].flatMap((event) => textsIn(event, 'wallguard.attack.points')))];
  const rows: [string, string][] = [
    ['request', found.id],
    ['when', request === undefined ? found.ended : `${found.started}, took ${found.durationSeconds} s`],
    ['who', who(line)],
    ...(request === undefined ? [] : requestRows(found, request)),
    ['verdict', verdict(request, detections)],
    ...row('attack types', types.join(', ')),
    ...row('found in', points.join(', ')),
    ...detections.flatMap(ruleRows),
    ...row('engine said', textIn(line, 'wallguard.engine.reason')),
    [
      'node',
      `${textIn(line, 'wallguard.engine')}, mode ${textIn(line, 'wallguard.mode')}, application ${textIn(line, 'application')}`,
    ],
    ['Console', `attacks incidents request_id:${found.id}`],
    ['', `incidents request_id:${found.id}   (since the Console has a filter for attacks)`],
  ];
  return rows.map(([name, value]) => `${name.padEnd(13)} ${printable(value)}\n`).join('');
}

function who(line: EventLine): string {
  const address = textIn(line, 'client.address');
  const peer = textIn(line, 'network.peer.address');
  const agent = textIn(line, 'user_agent.original');
  return `${address}${peer !== '' && peer !== address ? ` by way of ${peer}` : ''}${agent === '' ? '' : `, ${agent}`}`;
}

function requestRows({ upstream, protocolVersion }: FoundRequest, line: EventLine): [string, string][] {
  const query = textIn(line, 'url.query');
  const method = textIn(line, 'http.request.method_original') || textIn(line, 'http.request.method');
  const target = `${textIn(line, 'url.scheme')}://${textIn(line, 'server.address')}${textIn(line, 'url.path')}${query === '' ? '' : `?${query}`}`;
  const upstreams = upstream.addresses.map(
    (address, index) => `${address} (${upstream.statuses[index] ?? '-'}, ${upstream.seconds[index] ?? '-'} s)`,
  );
  return [
    ['what', `${method} ${target} HTTP/${protocolVersion}`],
    ['answer', `${numberIn(line, 'http.response.status_code')}, ${numberIn(line, 'http.response.size')} bytes`],
    ...row('upstream', upstreams.join(', ')),
  ];
}

/** What happened and why, in one sentence. */
function verdict(request: EventLine | undefined, detections: readonly EventLine[]): string {
  const action = [request, ...detections].map((line) => textIn(line ?? {}, 'wallguard.action'));
  if (action.includes('blocked')) {
    return `blocked: ${reasons[textIn(request ?? {}, 'wallguard.block.reason')] ?? 'for an attack'}`;
  }
  return action.includes('detected')
    ? 'let through, although the engine found an attack: the mode does not block it'
    : 'let through, nothing found';
}

const reasons: Readonly<Record<string, string>> = {
  attack: 'the engine found an attack',
  denylist: 'the source is on the denylist',
  graylist: 'the source is on the graylist, and the request carried an attack',
  bot: 'the source was taken for a bot (API abuse prevention)',
  status_guard: 'the path belongs to the statistics service, which outsiders may not read',
  rate: 'too many requests',
};

function ruleRows(detection: EventLine): [string, string][] {
  const names = textsIn(detection, 'security_rule.name');
  return textsIn(detection, 'security_rule.uuid').map((id, index) => [
    index === 0 ? 'rules' : '',
    `${id} ${names[index] ?? ''}`.trim(),
  ]);
}

function row(name: string, value: string): [string, string][] {
  return value === '' ? [] : [[name, value]];
}
