import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isMissing } from './files.ts';

/** One archive that the machine's apt is configured with (sources.list(5)), reduced to what kits need. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** Absolute path of the keyring, when the source names one; key blocks and fingerprints are not paths and are left out. */
  readonly signedBy?: string;
  /** Where it was read, as `file:line`. */
  readonly origin: string;
}

/** The Debian archive that kits are fetched from. */
export interface Mirror {
  readonly uri: string;
  readonly signedBy?: string;
  readonly origin: string;
}

/** Suites of the Debian archive proper; third-party archives reuse them, see `debianMirror`. */
const DEBIAN_SUITE =
  /^(?:stable|oldstable|oldoldstable|testing|unstable|sid|buster|bullseye|bookworm|trixie|forky|duke)(?:-updates|-proposed-updates)?\/?$/;

/**
 * The machine's mirror of the Debian archive: `main` of a Debian suite, at a URI that ends in `debian` or is signed with
 * the Debian archive's keyring (third parties use Debian's suite names and `main` too, but neither of these). Security
 * archives hold no full suite and are passed over.
 *
 * @returns undefined when no source qualifies
 */
export function debianMirror(sources: readonly AptSource[]): Mirror | undefined {
  const ranked = sources
    .filter((source) => DEBIAN_SUITE.test(source.suite) && source.components.includes('main'))
    .filter((source) => !/security|^cdrom:/.test(source.uri))
    .map((source) => ({ source, rank: rank(source) }))
    .filter((candidate) => candidate.rank > 0)
    .sort((a, b) => b.rank - a.rank);
  const best = ranked[0]?.source;
  if (best === undefined) return undefined;
  return { uri: best.uri, origin: best.origin, ...(best.signedBy === undefined ? {} : { signedBy: best.signedBy }) };
}

function rank(source: AptSource): number {
  const byKey = source.signedBy !== undefined && /debian-archive/.test(path.basename(source.signedBy)) ? 2 : 0;
  const byPath = /\/debian\/?$|\/debian\/\d{8}T\d{6}Z\/?$|^mirror\+.*debian[^/]*$/.test(source.uri) ? 1 : 0;
  // A source signed with somebody else's key is somebody else's archive, whatever its path.
  return source.signedBy !== undefined && byKey === 0 && isArchiveKeyOfOthers(source.signedBy) ? 0 : byKey + byPath;
}

function isArchiveKeyOfOthers(keyring: string): boolean {
  return !/debian/.test(path.basename(keyring));
}

/**
 * Sources of apt's configuration directory: `sources.list`, `sources.list.d/*.list` and `*.sources`. Files that cannot
 * be read are passed over, as an ordinary user may be barred from one of them.
 *
 * @param directory usually `/etc/apt`
 */
export function readAptSources(directory: string): AptSource[] {
  const files = [path.join(directory, 'sources.list')];
  const parts = path.join(directory, 'sources.list.d');
  try {
    for (const entry of readdirSync(parts).sort()) files.push(path.join(parts, entry));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return files.flatMap((file) => {
    const parse = file.endsWith('.sources')
      ? parseDeb822Sources
      : file.endsWith('.list')
        ? parseOneLineSources
        : undefined;
    if (parse === undefined) return [];
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      return [];
    }
    return parse(text, file);
  });
}

/** Parses the one-line format, `deb [options] uri suite component…`; lines that are not of it are passed over. */
export function parseOneLineSources(text: string, file: string): AptSource[] {
  const sources: AptSource[] = [];
  text.split('\n').forEach((rawLine, index) => {
    const line = rawLine.replace(/#.*/, '').trim();
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(cdrom:\[[^\]]*\]\S*|\S+)\s+(\S+)\s*(.*)$/.exec(line);
    if (match === null) return;
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1];
    sources.push(source(uri, suite, words(components), signedBy, `${file}:${index + 1}`));
  });
  return sources;
}

/** Parses the deb822 format: one stanza may name several URIs and suites. */
export function parseDeb822Sources(text: string, file: string): AptSource[] {
  const sources: AptSource[] = [];
  let fields = new Map<string, string>();
  let firstLine = 0;
  let current = '';
  const close = (): void => {
    const enabled = !/^(?:no|false|0|off|without|disable)$/i.test(fields.get('enabled') ?? 'yes');
    if (enabled && words(fields.get('types') ?? '').includes('deb')) {
      for (const uri of words(fields.get('uris') ?? '')) {
        for (const suite of words(fields.get('suites') ?? '')) {
          const components = words(fields.get('components') ?? '');
          sources.push(source(uri, suite, components, fields.get('signed-by')?.trim(), `${file}:${firstLine}`));
        }
      }
    }
    fields = new Map();
    current = '';
  };
  text.split('\n').forEach((line, index) => {
    if (line.startsWith('#')) return;
    if (line.trim() === '') return close();
    const field = /^([A-Za-z][\w-]*):(.*)$/.exec(line);
    if (field !== null) {
      if (fields.size === 0) firstLine = index + 1;
      current = (field[1] ?? '').toLowerCase();
      fields.set(current, (field[2] ?? '').trim());
    } else if (/^\s/.test(line) && current !== '') {
      fields.set(current, `${fields.get(current) ?? ''}\n${line}`);
    }
  });
  close();
  return sources;
}

function source(
  uri: string,
  suite: string,
  components: readonly string[],
  signedBy: string | undefined,
  origin: string,
): AptSource {
  const keyring = signedBy?.split(/[\s,]+/).find((word) => word.startsWith('/'));
  return { uri, suite, components, origin, ...(keyring === undefined ? {} : { signedBy: keyring }) };
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
