import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { listNames, periodLimits, type ListChange, type ListName } from '../../../schema/lists.ts';
import { normalAddress } from '../../../njs/src/core/lists/entry.ts';
import { controlClient } from '../control/control-client.ts';
import { findPlaces, type PlaceOptions } from '../control/places.ts';
import { columns, csv, jsonArray, readFormat } from '../control/table.ts';
import { exitCodes, UserError, type Command, type Io } from '../io.ts';
import {
  addEntries,
  allEntries,
  removeEntries,
  type Added,
  type AskedEntry,
  type ListAccess,
} from '../lists/change-lists.ts';
import { readHistory } from '../lists/history-file.ts';
import { askedPeriod, endText, timeText } from '../lists/period.ts';
import {
  guessFormat,
  importFormats,
  readImport,
  type ImportedEntry,
  type ImportFormat,
} from '../lists/read-entries.ts';
import { entryCells, entryColumns, writeExport } from '../lists/write-entries.ts';
import { suggest } from '../suggest.ts';

export const listsHelp = `usage: wallguard lists show [LIST] [OPTION…]
       wallguard lists add LIST ADDRESS… [OPTION…]
       wallguard lists remove LIST ADDRESS… [OPTION…]
       wallguard lists import LIST FILE|- [OPTION…]
       wallguard lists export LIST [OPTION…]
       wallguard lists history [LIST] [OPTION…]

LIST is allow, deny or gray; an ADDRESS is IPv4, IPv6 or a network such as 192.0.2.0/24. Single addresses take effect at
once. Networks, and imports of more than 1000 addresses, become a table of NGINX: tested on a copy, then loaded.

options:
  --format NAME     show, history: human, json or csv; default human
                    import, export: plain, csv, json, nginx or nft; an import is recognised by itself
  --period TIME     add, import: how long, 5m to forever; default 1h, or what the file says
  --reason TEXT     add, import, remove: why
  --application ID  add, import: hold only for this application; may be given several times; --application=-1 is the
                    default one
  --author NAME     add, import, remove: who; default your user name
  --limit N         history: how many changes, newest first; default 100
  --socket PATH     control socket; default "control.socket" of the settings
  --settings FILE   settings; default ./wallguard.yaml, or the defaults where there is none
  --prefix DIR      directory of nginx.conf; default "config_prefix" of the settings
  --nginx PATH      the NGINX binary; default the one that is found
  --help            this text
`;

const placeOptions = {
  socket: { type: 'string' },
  settings: { type: 'string' },
  prefix: { type: 'string' },
  nginx: { type: 'string' },
} as const;
const authorOptions = { author: { type: 'string' }, reason: { type: 'string', default: '' } } as const;
const entryOptions = { period: { type: 'string' }, application: { type: 'string', multiple: true } } as const;
const formatOption = { format: { type: 'string' } } as const;

const actions = { show, add, remove, import: importFile, export: exportList, history };

/** `wallguard lists ACTION …` */
export const lists: Command = async ([action = '', ...args], io) => {
  const run = Object.hasOwn(actions, action) ? actions[action as keyof typeof actions] : undefined;
  if (run === undefined) {
    const meant = suggest(action, Object.keys(actions));
    throw usage(
      `${action === '' ? 'say what to do' : `there is no "lists ${action}"`}: ${Object.keys(actions).join(', ')}${
        meant === undefined ? '' : `; did you mean "${meant}"?`
      }`,
    );
  }
  return await run(args, io);
};

async function show(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(args, { ...placeOptions, ...formatOption });
  const wanted = someLists(positionals);
  const format = readFormat(values.format ?? 'human');
  const access = await accessFor(values, io);
  const entries = [];
  for (const list of wanted) entries.push(...(await allEntries(list, access)));
  if (format === 'json') io.out(jsonArray(entries));
  else if (format === 'csv') io.out(csv(entryColumns, entries.map(entryCells)));
  else if (entries.length === 0) io.err(`nothing is on the list${wanted.length > 1 ? 's' : ` ${wanted.join('')}`}\n`);
  else io.out(columns(entryColumns, entries.map(entryCells)));
  return exitCodes.ok;
}

async function add(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(args, { ...placeOptions, ...authorOptions, ...entryOptions });
  const [list, ...addresses] = listAnd(positionals, 'ADDRESS…');
  const periodMs = askedPeriod(values.period ?? '1h');
  const access = await accessFor(values, io);
  const asked = addresses.map((text) => ({
    address: addressOf(text),
    applications: applicationIds(values.application),
    expiresMs: periodMs === 0 ? 0 : access.nowMs + periodMs,
    reason: values.reason,
    place: text,
  }));
  const added = await addEntries(list, asked, access);
  io.out(
    `${describeAdded(list, added)}, ${periodMs === 0 ? 'for ever' : `until ${endText(access.nowMs + periodMs)}`}\n`,
  );
  return exitCodes.ok;
}

async function remove(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(args, { ...placeOptions, ...authorOptions });
  const [list, ...addresses] = listAnd(positionals, 'ADDRESS…');
  const wanted = addresses.map(addressOf);
  await removeEntries(list, wanted, values.reason, await accessFor(values, io));
  io.out(`removed from ${list}: ${wanted.join(', ')}\n`);
  return exitCodes.ok;
}

async function importFile(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(args, {
    ...placeOptions,
    ...authorOptions,
    ...entryOptions,
    ...formatOption,
  });
  const [list, file, ...more] = listAnd(positionals, 'FILE');
  if (more.length > 0) throw usage(`one file at a time; ${JSON.stringify(more[0])} is too many`);
  const periodMs = values.period === undefined ? undefined : askedPeriod(values.period);
  const applications = applicationIds(values.application);
  const name = file === '-' ? 'standard input' : file;
  const text = await readText(file, io);
  const format = values.format === undefined ? guessFormat(text) : readImportFormat(values.format);
  const access = await accessFor(values, io);
  const { entries, problems } = readImport(text, format, access.nowMs);
  if (problems.length > 0) {
    const lines = problems.map(({ line, message }) => `${name}:${line}: ${message}`);
    throw new UserError(
      `${lines.join('\n')}\n${problems.length === 1 ? '1 line is' : `${problems.length} lines are`} wrong (read as ${format}); nothing was added`,
    );
  }
  const asked = entries.map((entry) =>
    askedEntry(entry, { name, periodMs, applications, reason: values.reason, nowMs: access.nowMs }),
  );
  const lasting = asked.filter(
    ({ expiresMs }) => expiresMs === 0 || expiresMs - access.nowMs >= periodLimits.shortestMs,
  );
  if (lasting.length < asked.length) {
    io.err(`${asked.length - lasting.length} entries end within 5 minutes or have ended; they were left out\n`);
  }
  if (lasting.length === 0) {
    io.err(`${name}: nothing to add\n`);
    return exitCodes.ok;
  }
  io.out(`${describeAdded(list, await addEntries(list, lasting, access))}\n`);
  return exitCodes.ok;
}

async function exportList(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(args, { ...placeOptions, ...formatOption });
  const [list, ...more] = listAnd([...positionals, ''], '');
  if (more.join('') !== '') throw usage(`one list at a time; ${JSON.stringify(more[0])} is too many`);
  const format = readImportFormat(values.format ?? 'plain');
  const access = await accessFor(values, io);
  const entries = await allEntries(list, access);
  const whole = format === 'csv' || format === 'json';
  const written = whole ? entries : entries.filter(({ applications }) => applications.length === 0);
  if (written.length < entries.length) {
    io.err(
      `${entries.length - written.length} entries hold for some applications only, which ${format} cannot say; they were left out\n`,
    );
  }
  io.out(writeExport(written, format, access.nowMs));
  return exitCodes.ok;
}

async function history(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(args, {
    ...placeOptions,
    ...formatOption,
    limit: { type: 'string', default: '100' },
  });
  const wanted = someLists(positionals);
  const format = readFormat(values.format ?? 'human');
  const limit = Number(values.limit);
  if (!/^\d{1,4}$/.test(values.limit) || limit < 1 || limit > 1000) {
    throw usage(`--limit ${JSON.stringify(values.limit)}: a number from 1 to 1000`);
  }
  const { client, places } = await accessFor(values, io);
  const isWanted = ({ entry }: ListChange): boolean => wanted.includes(entry.list);
  // Of the changes that NGINX tells, others may concern other lists: all it gives are asked for.
  const changes = [
    ...(await client.history(1000)).filter(isWanted),
    ...(await readHistory(places.configPrefix, limit, isWanted)),
  ]
    .sort((one, other) => other.atMs - one.atMs)
    .slice(0, limit);
  const header = ['time', 'change', 'list', 'address', 'expires', 'author', 'reason', 'source'];
  const rows = changes.map(({ atMs, operation, entry, author, reason }) => [
    timeText(atMs),
    operation,
    entry.list,
    entry.address,
    endText(entry.expiresMs),
    author,
    reason,
    entry.source,
  ]);
  if (format === 'json') io.out(jsonArray(changes));
  else if (format === 'csv') io.out(csv(header, rows));
  else if (rows.length === 0) io.err('no changes are known\n');
  else io.out(columns(header, rows));
  return exitCodes.ok;
}

function parse<T extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: T) {
  return parseArgs({ args: [...args], options, allowPositionals: true });
}

async function accessFor(values: PlaceOptions & { author?: string | undefined }, io: Io): Promise<ListAccess> {
  const places = await findPlaces(values, io.cwd);
  return {
    places,
    client: controlClient(places.socket),
    io,
    nowMs: Date.now(),
    author: values.author ?? userName(),
  };
}

/** Who types: behind sudo the one who called it. */
function userName(): string {
  const caller = process.env['SUDO_USER'];
  if (caller !== undefined && caller !== '') return caller;
  try {
    return userInfo().username;
  } catch {
    // No name belongs to the user id, as in containers.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

function listAnd(positionals: readonly string[], what: string): [list: ListName, first: string, ...rest: string[]] {
  const [name, first, ...rest] = positionals;
  const list = readList(name ?? '');
  if (first === undefined) throw usage(`${what} is missing`);
  return [list, first, ...rest];
}

function someLists(positionals: readonly string[]): readonly ListName[] {
  return positionals.length === 0 ? listNames : positionals.map(readList);
}

function readList(text: string): ListName {
  const list = listNames.find((name) => name === text);
  if (list === undefined) {
    throw usage(`${text === '' ? 'name a list' : `there is no list ${JSON.stringify(text)}`}: ${listNames.join(', ')}`);
  }
  return list;
}

function addressOf(text: string): string {
  const address = normalAddress(text);
  if (address === null) {
    throw usage(`${JSON.stringify(text)} is neither an IP address nor a network such as 192.0.2.0/24`);
  }
  return address;
}

function applicationIds(texts: readonly string[] = []): number[] {
  return texts.map((text) => {
    if (!/^(?:-1|[1-9]\d{0,9})$/.test(text) || Number(text) > 2147483647) {
      throw usage(`--application ${JSON.stringify(text)}: the number of an application, or -1`);
    }
    return Number(text);
  });
}

function readImportFormat(text: string): ImportFormat {
  const format = importFormats.find((name) => name === text);
  if (format === undefined) {
    throw usage(`there is no format ${JSON.stringify(text)}; formats: ${importFormats.join(', ')}`);
  }
  return format;
}

async function readText(file: string, io: Io): Promise<string> {
  const name = file === '-' ? 'standard input' : file;
  const bytes =
    file === '-'
      ? await io.readInput()
      : await readFile(path.resolve(io.cwd, file)).catch((error: Error) => {
          throw new UserError(`cannot read ${file}: ${error.message}`, undefined, { cause: error });
        });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new UserError(`${name} is not valid UTF-8`, undefined, { cause: error });
  }
}

interface ImportDefaults {
  readonly name: string;
  /** Undefined: what the file says, or one hour. */
  readonly periodMs: number | undefined;
  readonly applications: readonly number[];
  readonly reason: string;
  readonly nowMs: number;
}

/** The command line wins over the file. */
function askedEntry(entry: ImportedEntry, { name, periodMs, applications, reason, nowMs }: ImportDefaults): AskedEntry {
  const endAfter = (ms: number): number => (ms === 0 ? 0 : nowMs + ms);
  return {
    address: entry.address,
    applications: applications.length > 0 ? applications : (entry.applications ?? []),
    expiresMs: periodMs === undefined ? (entry.expiresMs ?? endAfter(periodLimits.defaultMs)) : endAfter(periodMs),
    reason: reason === '' ? (entry.reason ?? '') : reason,
    place: `${name}:${entry.line}`,
  };
}

function describeAdded(list: ListName, { throughApi, inGeoFile }: Added): string {
  const total = throughApi + inGeoFile;
  const where = inGeoFile === 0 ? '' : ` (${inGeoFile} in wallguard/lists.geo, which NGINX has loaded)`;
  return `added to ${list}: ${total} ${total === 1 ? 'entry' : 'entries'}${where}`;
}

function usage(message: string): UserError {
  return new UserError(`wallguard lists: ${message}`, exitCodes.usage);
}
