import { settingsSchema, type Settings } from '../../../schema/settings.ts';
import { explain, type Mistake } from './explain.ts';
import { settingsJsonSchema } from './json-schema.ts';
import { formatPath, type Problem, type SettingsPath, type SettingsProblem } from './problem.ts';
import { mistakeRules, noteRules } from './rules.ts';
import { parseSource, type Position, type Source } from './source.ts';

/** A setting given on the command line; it wins over the file. */
export interface Override {
  readonly path: readonly string[];
  readonly value: string;
  /** The option as it is written, such as `--engine`. */
  readonly option: string;
}

/** Settings, or every mistake in them. */
export type SettingsReading =
  | {
      readonly settings: Settings;
      /** What is allowed and probably not meant. */
      readonly notes: readonly Problem[];
      /** Says where the values of further problems stand in this text. */
      readonly locate: (problems: readonly SettingsProblem[]) => Problem[];
    }
  | { readonly problems: readonly Problem[] };

/**
 * Reads the text of a `wallguard.yaml`. Mistakes are all reported at once, in the order of the file; those that need
 * several values (a key for `hmac`) are looked for when each value by itself is right.
 *
 * @param file  name used in messages
 */
export function readSettings(text: string, file: string, overrides: readonly Override[] = []): SettingsReading {
  const source = parseSource(text);
  const place = (position: Position): string => `${file}:${position.line}:${position.column}`;
  const textProblems = source.problems.map(({ position, message }) => ({ place: place(position), path: '', message }));
  if (source.data === undefined) {
    return { problems: textProblems };
  }

  const data = withOverrides(source.data, overrides);
  const parsed = settingsSchema.safeParse(data);
  const located = (found: readonly (SettingsProblem & Partial<Mistake>)[]): Problem[] =>
    found
      .map((problem) => ({ problem, position: positionOf(problem, source) }))
      .sort((a, b) => a.position.line - b.position.line || a.position.column - b.position.column)
      .map(({ problem: { path, message }, position }) => ({
        place: overrides.find((override) => startsWith(path, override.path))?.option ?? place(position),
        path: formatPath(path),
        message,
      }));

  if (!parsed.success) {
    const given = {
      data,
      schema: settingsJsonSchema(),
      writtenText: (path: SettingsPath): string | undefined =>
        overrides.some((override) => startsWith(path, override.path)) ? undefined : source.writtenText(path),
    };
    return { problems: [...textProblems, ...located(explain(parsed.error.issues, given))] };
  }
  const problems = [...textProblems, ...located(mistakeRules.flatMap((rule) => rule(parsed.data)))];
  return problems.length > 0
    ? { problems }
    : { settings: parsed.data, notes: located(noteRules.flatMap((rule) => rule(parsed.data))), locate: located };
}

function positionOf({ path, at }: SettingsProblem & Partial<Mistake>, source: Source): Position {
  return at === 'key' ? source.keyPosition(path) : source.valuePosition(path);
}

function startsWith(path: SettingsPath, start: SettingsPath): boolean {
  return start.every((step, index) => path[index] === step);
}

/** Where the file has no map for an override to go into, it is left out, and the file's own mistake is reported. */
function withOverrides(data: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((value, { path, value: leaf }) => withValue(value, path, leaf), data);
}

function withValue(data: unknown, path: readonly string[], leaf: string): unknown {
  const [key, ...rest] = path;
  if (key === undefined) {
    return leaf;
  }
  if (data !== undefined && (typeof data !== 'object' || data === null || Array.isArray(data))) {
    return data;
  }
  const map = (data ?? {}) as Readonly<Record<string, unknown>>;
  return { ...map, [key]: withValue(map[key], rest, leaf) };
}
