import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { modes, type Mode, type Settings } from '../../../schema/settings.ts';
import { findPlaces, type Places } from '../control/places.ts';
import { printable } from '../control/printable.ts';
import { asciiJson, csv, readFormat } from '../control/table.ts';
import { modesHttp } from '../generate/modes-conf.ts';
import { exitCodes, UserError, type Command } from '../io.ts';
import { evaluateVariable, readMaps, type MapStep } from '../modes/generated-maps.ts';
import { readTarget } from '../modes/request-target.ts';
import { formatPath, type SettingsPath } from '../settings/problem.ts';
import { parseSource } from '../settings/source.ts';

export const modeHelp = `usage: wallguard mode URL [OPTION…]

Says which filtration mode a request for URL gets, and where that comes from: the application whose host and path match,
the line of the settings, the generated map. It asks the settings, not NGINX; "wallguard install" brings them together.

options:
  --format NAME    human, json or csv; default human
  --settings FILE  settings; default ./wallguard.yaml, or the defaults where there is none
  --help           this text
`;

/** What a mode means. Source: wallarm-node.md 2.1. */
const meanings: Readonly<Record<Mode, string>> = {
  off: 'nothing is analysed, no list is asked',
  monitoring: 'attacks are recorded, not blocked; the denylist blocks all the same',
  safe_blocking:
    'attacks from addresses on the graylist are blocked, others are recorded; the denylist blocks everything',
  block: 'attacks are blocked; the denylist blocks everything',
};

/** `wallguard mode URL` */
export const mode: Command = async (args, io) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { format: { type: 'string', default: 'human' }, settings: { type: 'string' } },
  });
  const [url, ...more] = positionals;
  if (url === undefined || more.length > 0) throw usage('name one URL');
  const format = readFormat(values.format);
  const places = await findPlaces({ settings: values.settings }, io.cwd);
  const answer = await explainMode(url, places, io.cwd);
  if (format === 'json') io.out(`${asciiJson(answer)}\n`);
  else if (format === 'csv') {
    const { url: asked, mode: found, application, applicationId, setting, place } = answer;
    io.out(
      csv(
        ['url', 'mode', 'application', 'application_id', 'setting', 'place'],
        [[asked, found, application, applicationId, setting, place]],
      ),
    );
  } else io.out(tell(answer));
  return exitCodes.ok;
};

interface ModeAnswer {
  readonly url: string;
  readonly host: string;
  readonly path: string;
  readonly mode: Mode;
  readonly application: string;
  readonly applicationId: number;
  /** `applications[0].mode`, or `mode`. */
  readonly setting: string;
  /** `wallguard.yaml:7:11`, or `defaults` for one that is not written. */
  readonly place: string;
  readonly maps: readonly MapStep[];
  /** What else may decide. */
  readonly notes: readonly string[];
}

async function explainMode(url: string, places: Places, cwd: string): Promise<ModeAnswer> {
  const { settings } = places;
  const { host, path: uri } = target(url);
  const maps = readMaps(modesHttp(settings));
  const steps: MapStep[] = [];
  const value = evaluateVariable('wallguard_mode', maps, { host, uri }, steps);
  const found = modes.find((name) => name === value);
  if (found === undefined) throw new Error(`the generated map gave no mode but ${JSON.stringify(value)}`);
  const application = steps.find(({ variable }) => variable === '$wallguard_application')?.value ?? 'default';
  const index = settings.applications.findIndex(({ name }) => name === application);
  const own = settings.applications[index];
  const setting: SettingsPath = own?.mode === undefined ? ['mode'] : ['applications', index, 'mode'];
  return {
    url,
    host,
    path: uri,
    mode: found,
    application,
    applicationId: own?.id ?? -1,
    setting: formatPath(setting),
    place: await placeOf(setting, places, cwd),
    maps: steps,
    notes: notesFor(settings, found),
  };
}

function target(url: string): { host: string; path: string } {
  try {
    return readTarget(url);
  } catch (error) {
    if (error instanceof RangeError) throw usage(`${JSON.stringify(url)}: ${error.message}`);
    throw error;
  }
}

async function placeOf(setting: SettingsPath, { settingsFile }: Places, cwd: string): Promise<string> {
  if (settingsFile === 'defaults') return settingsFile;
  const source = parseSource(await readFile(path.resolve(cwd, settingsFile), 'utf8'));
  if (source.writtenText(setting) === undefined) return 'defaults';
  const { line, column } = source.valuePosition(setting);
  return `${settingsFile}:${line}:${column}`;
}

function notesFor({ engine }: Settings, found: Mode): string[] {
  switch (engine) {
    case 'wallarm':
      // wallarm-node.md 2.3; the generated configuration leaves wallarm_mode_allow_override at its default.
      return [
        'the Console may set another mode: with "wallarm_mode_allow_override on", the default, its general mode and its ' +
          'mode rules win over this one wherever they say one; "strict" lets only stricter ones in, "off" none',
        ...(found === 'off' ? ['whether the Console wins over "off" as well is not documented; verify it'] : []),
      ];
    case 'modsecurity':
      return found === 'safe_blocking'
        ? ['ModSecurity detects only, unless the address is on the graylist: then it blocks']
        : [];
    case 'none':
      return ['there is no engine: no attack is found in any mode, only the lists have effect'];
  }
}

function tell(answer: ModeAnswer): string {
  const { url, host, path: uri, mode: found, application, applicationId, setting, place, maps, notes } = answer;
  const lines = [
    `${found}  ${url}`,
    `  ${meanings[found]}`,
    `  from         ${setting} (${place === 'defaults' ? 'not written, the default' : place})`,
    `  application  ${application} (${applicationId})`,
    `  host, path   ${host} ${uri}`,
    ...maps.map(
      ({ variable, source, input, key, value }) =>
        `  map          ${source} = "${input}" is ${key === 'default' ? 'none of the others' : key}: ${variable} ${value}`,
    ),
    ...notes.map((note) => `  note         ${note}`),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function usage(message: string): UserError {
  return new UserError(`wallguard mode: ${message}`, exitCodes.usage);
}
