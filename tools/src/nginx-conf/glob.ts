/**
 * File name patterns as `glob(3)` takes them when NGINX calls it: no flags, C locale. So names are compared and sorted
 * byte by byte, `?` stands for one byte, a backslash protects the next character, and a leading dot is matched only by a
 * dot in the pattern. `{a,b}` and `~` mean nothing.
 */

/** Whether NGINX expands an include path instead of opening it. */
export function isPattern(path: string): boolean {
  return /[*?[]/.test(path);
}

/** What a directory holds, or why it could not be listed. */
export type Listing =
  | { readonly state: 'present'; readonly names: readonly string[] }
  | { readonly state: 'absent' }
  | { readonly state: 'unreadable'; readonly reason: string };

/** What matched, and where could not be looked. glob(3) passes over such directories in silence; callers should not. */
export interface GlobResult {
  /** Sorted by bytes. */
  readonly paths: readonly string[];
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
}

/** The two questions about a file system that a pattern raises. */
export interface GlobSource {
  list(directory: string): Promise<Listing>;
  exists(path: string): Promise<boolean>;
}

/** Expands an absolute pattern. */
export async function expandPattern(pattern: string, source: GlobSource): Promise<GlobResult> {
  const unreadable: { path: string; reason: string }[] = [];
  let found = [''];
  for (const part of pattern.split('/').filter((piece) => piece !== '')) {
    if (!isPattern(part)) {
      const name = part.replace(/\\([^])/g, '$1');
      found = await keepExisting(
        found.map((directory) => `${directory}/${name}`),
        source,
      );
      continue;
    }
    const matches = matcher(part);
    const next: string[] = [];
    for (const directory of found) {
      const listing = await source.list(directory === '' ? '/' : directory);
      if (listing.state === 'unreadable') unreadable.push({ path: directory || '/', reason: listing.reason });
      if (listing.state !== 'present') continue;
      next.push(...listing.names.filter(matches).map((name) => `${directory}/${name}`));
    }
    found = next;
  }
  return { paths: found.toSorted(compareBytes), unreadable };
}

/** Whether a path is among those that an absolute pattern stands for, when it exists. */
export function matchesPattern(pattern: string, path: string): boolean {
  const parts = pattern.split('/').filter((part) => part !== '');
  const names = path.split('/').filter((name) => name !== '');
  return parts.length === names.length && parts.every((part, index) => matcher(part)(names[index] ?? ''));
}

async function keepExisting(paths: readonly string[], source: GlobSource): Promise<string[]> {
  const kept: string[] = [];
  for (const path of paths) if (await source.exists(path)) kept.push(path);
  return kept;
}

/** Byte order, which differs from JavaScript's own beyond the Basic Multilingual Plane. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** One unit of a pattern: a byte test, or `*`. */
type Unit = 'any-run' | ((byte: string) => boolean);

/** Matches one path component against one component of a pattern. */
export function matcher(pattern: string): (name: string) => boolean {
  const units = parsePattern(Buffer.from(pattern).toString('latin1'));
  const dotAllowed = pattern.startsWith('.') || pattern.startsWith('\\.');
  return (name) => {
    const bytes = Buffer.from(name).toString('latin1');
    return (dotAllowed || !bytes.startsWith('.')) && matchUnits(units, bytes);
  };
}

/** Greedy match that falls back to the last `*` only: it costs at most pattern × name steps. */
function matchUnits(units: readonly Unit[], bytes: string): boolean {
  let unit = 0;
  let at = 0;
  let star: { unit: number; at: number } | undefined;
  while (at < bytes.length) {
    const test = units[unit];
    if (test === 'any-run') {
      star = { unit: ++unit, at };
    } else if (test !== undefined && test(bytes.charAt(at))) {
      unit++;
      at++;
    } else if (star !== undefined) {
      unit = star.unit;
      at = ++star.at;
    } else {
      return false;
    }
  }
  while (units[unit] === 'any-run') unit++;
  return unit === units.length;
}

function parsePattern(pattern: string): Unit[] {
  const units: Unit[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at);
    const set = character === '[' ? parseSet(pattern, at) : undefined;
    if (character === '*') {
      units.push('any-run');
    } else if (character === '?') {
      units.push(() => true);
    } else if (set !== undefined) {
      units.push(set.test);
      at = set.end;
    } else {
      const literal = character === '\\' && at + 1 < pattern.length ? pattern.charAt(++at) : character;
      units.push((byte) => byte === literal);
    }
  }
  return units;
}

/** A `[…]` that opens at the offset, and the offset of its `]`; undefined when it does not close (then `[` is itself). */
function parseSet(pattern: string, open: number): { test: (byte: string) => boolean; end: number } | undefined {
  let at = open + 1;
  const negated = pattern.charAt(at) === '!' || pattern.charAt(at) === '^';
  if (negated) at++;
  const first = at;
  const tests: ((byte: string) => boolean)[] = [];
  for (; at < pattern.length; at++) {
    if (pattern.charAt(at) === ']' && at > first) {
      return { end: at, test: (byte) => tests.some((test) => test(byte)) !== negated };
    }
    const named = /^\[:([a-z]+):\]/.exec(pattern.slice(at));
    const byteClass = CLASSES[named?.[1] ?? ''];
    if (named !== null && byteClass !== undefined) {
      tests.push((byte) => byteClass.test(byte));
      at += named[0].length - 1;
      continue;
    }
    if (pattern.charAt(at) === '\\') at++;
    const low = pattern.charAt(at);
    let high = low;
    if (pattern.charAt(at + 1) === '-' && at + 2 < pattern.length && pattern.charAt(at + 2) !== ']') {
      at += 2;
      if (pattern.charAt(at) === '\\') at++;
      high = pattern.charAt(at);
    }
    tests.push((byte) => byte >= low && byte <= high);
  }
  return undefined;
}

const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  cntrl: /[\0-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[\t-\r ]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
};
