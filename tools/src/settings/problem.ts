/** Steps from the root of the settings to a value: keys and list indexes. */
export type SettingsPath = readonly (string | number)[];

/** Something wrong with settings whose shape is right; the reader adds where it stands in the file. */
export interface SettingsProblem {
  readonly path: SettingsPath;
  /** What was given, what is wrong with it, what to write instead. */
  readonly message: string;
}

/** Something wrong, and where the operator finds it. */
export interface Problem {
  /** `file:line:column`, both from 1, or the command-line option that set the value. */
  readonly place: string;
  /** Such as `applications[0].hosts[1]`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

/** One line: `wallguard.yaml:3:7 mode: "blok"; allowed: …`. */
export function formatProblem({ place, path, message }: Problem): string {
  return path === '' ? `${place} ${message}` : `${place} ${path}: ${message}`;
}

/** `['applications', 0, 'hosts', 1]` as `applications[0].hosts[1]`. */
export function formatPath(path: SettingsPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') {
      return `${text}[${step}]`;
    }
    if (!/^[\w-]+$/.test(step)) {
      return `${text}[${quoteValue(step)}]`;
    }
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

const longestShown = 60;

/** A value as it may be shown on a terminal: quoted, shortened, nothing that moves the cursor or turns the line around. */
export function quoteValue(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  const short = text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
  return short.replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
