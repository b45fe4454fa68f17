import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Settings } from '../../../schema/settings.ts';
import { checkBlockPage } from '../block-page/check.ts';
import { UserError } from '../io.ts';
import { formatProblem, type Problem } from './problem.ts';
import { readSettings, type Override } from './read-settings.ts';

/** The file that is read when none is named. */
const defaultSettingsFile = 'wallguard.yaml';

export interface LoadedSettings {
  readonly settings: Settings;
  readonly notes: readonly Problem[];
  /** The file as it was named, or `defaults`. */
  readonly source: string;
  /** Text of `block_page.template`. */
  readonly template?: string;
}

/**
 * Settings for a command: the named file, else `wallguard.yaml` in `cwd`, else the defaults.
 *
 * @throws UserError when the named file or the page template cannot be read, or with every mistake in them, one per line
 */
export async function loadSettings(
  named: string | undefined,
  cwd: string,
  overrides: readonly Override[] = [],
): Promise<LoadedSettings> {
  const file = named ?? defaultSettingsFile;
  const bytes = await readFile(path.resolve(cwd, file)).catch((error: NodeJS.ErrnoException) => {
    if (named === undefined && error.code === 'ENOENT') {
      return undefined;
    }
    throw new UserError(`cannot read settings ${file}: ${error.message}`, undefined, { cause: error });
  });
  const source = bytes === undefined ? 'defaults' : file;
  const reading = readSettings(bytes === undefined ? '' : decode(bytes, file), source, overrides);
  if ('problems' in reading) {
    throw mistakes(reading.problems);
  }
  const { settings, notes, locate } = reading;
  const { template: templateFile } = settings.block_page;
  if (templateFile === undefined) {
    return { settings, notes, source };
  }
  const template = await readTemplate(templateFile);
  const problems = checkBlockPage(settings, template);
  if (problems.length > 0) {
    throw mistakes(locate(problems));
  }
  return { settings, notes, source, template };
}

function mistakes(problems: readonly Problem[]): UserError {
  const count = problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`;
  return new UserError(`${problems.map(formatProblem).join('\n')}\n${count} in the settings; nothing was done`);
}

async function readTemplate(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`cannot read block_page.template ${file}: ${error.message}`, undefined, { cause: error });
  });
  return decode(bytes, file);
}

function decode(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new UserError(`${file} is not valid UTF-8; save it as UTF-8`, undefined, { cause: error });
  }
}
