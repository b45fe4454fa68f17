import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Settings } from '../../../schema/settings.ts';
import { generate as generateFiles, type GeneratedFile } from '../generate/generate.ts';
import { exitCodes, UserError, type Command } from '../io.ts';
import { packageVersion, readBundles } from '../package-files.ts';
import { loadSettings, type LoadedSettings } from '../settings/load-settings.ts';
import { formatProblem } from '../settings/problem.ts';
import type { Override } from '../settings/read-settings.ts';
import { writeDropIn } from './write-drop-in.ts';

export const generateHelp = `usage: wallguard generate [OPTION…]

Writes the NGINX configuration for the settings: DIR/conf.d and DIR/wallguard. Same settings, same bytes.

options:
  --settings FILE        settings; default ./wallguard.yaml, or the defaults where there is none
  --out DIR              where to write; default ./nginx
  --engine NAME          wallarm, modsecurity or none, instead of "engine" in the settings
  --njs-version VERSION  the njs that will load the bundles, instead of "njs.version"
  --js-engine NAME       njs or qjs, instead of "njs.engine"
  --force                also replace files that wallguard did not write
  --help                 this text
`;

/** Options that stand for a setting. */
const settingOptions = [
  ['engine', ['engine']],
  ['njs-version', ['njs', 'version']],
  ['js-engine', ['njs', 'engine']],
] as const;

/** `wallguard generate`: settings → drop-in. */
export const generate: Command = async (args, io) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      settings: { type: 'string' },
      out: { type: 'string', default: 'nginx' },
      engine: { type: 'string' },
      'njs-version': { type: 'string' },
      'js-engine': { type: 'string' },
      force: { type: 'boolean', default: false },
    },
  });
  const overrides: Override[] = settingOptions.flatMap(([option, settingPath]) => {
    const value = values[option];
    return value === undefined ? [] : [{ path: settingPath, value, option: `--${option}` }];
  });
  const loaded = await loadSettings(values.settings, io.cwd, overrides);
  for (const note of loaded.notes) {
    io.err(`note: ${formatProblem(note)}\n`);
  }

  const files = await dropIn(loaded);
  const written = await writeDropIn(path.resolve(io.cwd, values.out), files, { force: values.force });
  io.out(written.map(({ path: file, state }) => `${state.padEnd(9)}  ${path.join(values.out, file)}\n`).join(''));
  io.out(`\n${howToInclude(loaded.settings, files)}`);
  return exitCodes.ok;
};

/**
 * The files of the drop-in; each names the settings file as it was named.
 *
 * @throws UserError when a setting cannot be written as NGINX configuration
 */
export async function dropIn({ settings, source, template }: LoadedSettings): Promise<GeneratedFile[]> {
  const context = {
    source: source.replace(/[^\x20-\x7e]/g, '?'),
    version: packageVersion(),
    bundles: await readBundles(),
    ...(template === undefined ? {} : { template }),
  };
  try {
    return generateFiles(settings, context);
  } catch (error) {
    if (error instanceof RangeError) {
      throw new UserError(`${source}: ${error.message}`, undefined, { cause: error });
    }
    throw error;
  }
}

function howToInclude({ core_dumps }: Settings, files: readonly GeneratedFile[]): string {
  const vendorFiles = files.filter(({ path: file, onlyIfMissing }) => onlyIfMissing && !file.startsWith('conf.d/'));
  const lines: readonly [place: string, line: string][] = [
    ['first line of nginx.conf', 'include wallguard/main.conf;'],
    ['http block, unless it has include conf.d/*.conf', 'include conf.d/wallguard.conf;'],
    ...vendorFiles.map(({ path: file }): [string, string] => [
      'http block, unless the node put it there',
      `include ${file};`,
    ]),
    ['every server to protect', 'include wallguard/server.conf;'],
    ['every such server that proxies', 'include wallguard/proxy.conf;'],
    ['every location with an error_page of its own', 'include wallguard/location.conf;'],
  ];
  const width = Math.max(...lines.map(([place]) => place.length));
  return [
    'Copy all of it beside nginx.conf and add these lines, or let "wallguard install" do it:',
    ...lines.map(([place, line]) => `  ${place.padEnd(width)}  ${line}`),
    ...(core_dumps === 'off' ? [] : [`Core dumps need their directory: install -d -m 1777 ${core_dumps.directory}`]),
    '',
  ].join('\n');
}
