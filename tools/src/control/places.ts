/**
 * Where the running wallguard is: its socket, its configuration, its files. In a checkout with `npm start` running, it
 * is the one that runs there; anywhere else the settings say it.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Settings } from '../../../schema/settings.ts';
import { UserError } from '../io.ts';
import { loadSettings } from '../settings/load-settings.ts';

/** What `npm start` leaves for others to find. */
interface RunFile {
  readonly files: {
    readonly controlSocket?: string;
    readonly nginxConf: string;
    readonly settings: string;
    /** A program that starts the NGINX of this run. */
    readonly nginx?: string;
  };
}

export interface Places {
  readonly settings: Settings;
  /** The settings file as it was named, or `defaults`. */
  readonly settingsFile: string;
  /** The control API. */
  readonly socket: string;
  /** Directory of nginx.conf. */
  readonly configPrefix: string;
  /** The NGINX binary; undefined: the one that is found. */
  readonly nginx: string | undefined;
  /** Where the lines go; empty when they are not written to a file. */
  readonly telemetryFile: string;
}

/** Options that say it instead. */
export interface PlaceOptions {
  readonly settings?: string | undefined;
  readonly socket?: string | undefined;
  readonly prefix?: string | undefined;
  readonly nginx?: string | undefined;
}

/** @throws UserError  the settings cannot be read */
export async function findPlaces(options: PlaceOptions, cwd: string): Promise<Places> {
  const run = options.settings === undefined ? await readRunFile(path.join(cwd, '.wallguard/run.json')) : undefined;
  const { settings, source } = await loadSettings(options.settings ?? run?.files.settings, cwd);
  const prefix = options.prefix ?? (run === undefined ? settings.config_prefix : path.dirname(run.files.nginxConf));
  const sink = settings.telemetry.sinks.find((one) => 'file' in one);
  return {
    settings,
    settingsFile: source,
    socket: path.resolve(cwd, options.socket ?? run?.files.controlSocket ?? controlSocket(settings)),
    configPrefix: path.resolve(cwd, prefix),
    nginx: options.nginx ?? run?.files.nginx,
    telemetryFile: sink === undefined ? '' : sink.file,
  };
}

async function readRunFile(file: string): Promise<RunFile | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new UserError(`cannot read ${file}: ${error.message}`, undefined, { cause: error });
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as RunFile;
  } catch (error) {
    throw new UserError(`${file} is damaged: ${(error as Error).message}; remove it`, undefined, { cause: error });
  }
}

function controlSocket(settings: Settings): string {
  const { control } = settings as Settings & { readonly control?: { readonly socket: string } };
  return control?.socket ?? '/run/wallguard/control.sock';
}
