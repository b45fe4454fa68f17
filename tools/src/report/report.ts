/**
 * Outcomes → one report as plain data, which every format prints. Sorted, without times, so that the same input gives
 * the same bytes.
 */
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { categories, severities } from '../checks/check.ts';
import type { Category, Check, CheckResult, Confidence, Finding, Outcome, Severity } from '../checks/check.ts';
import type { ConfigNode, ConfigTree } from '../nginx-conf/include.ts';
import { contextChain, includeChain, positionOf } from '../nginx-conf/query.ts';
import type { ParsedFile } from '../nginx-conf/tree.ts';

/** A finding as reported: all that a reader or a program needs, as text and numbers. */
export interface ReportedFinding {
  readonly check: string;
  readonly title: string;
  readonly category: Category;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly message: string;
  readonly remedy: string;
  readonly snippet?: string;
  readonly reference?: string;
  /** Path for people: as the machine names it, or relative to where the command runs. */
  readonly file: string;
  /** Path for programs that annotate files: relative to where the command runs, when the file lies below. */
  readonly uri: string;
  /** From 1, in characters (code points). */
  readonly line: number;
  readonly column: number;
  /** Characters to underline; 0: none in particular. */
  readonly length: number;
  /** The line itself, without its end; empty when it is not at hand. */
  readonly source: string;
  /** Blocks around it, outermost first, as written: `http`, `server`, `location /api`. */
  readonly context: readonly string[];
  /** Includes that led to the file, outermost first, as `file:line`. */
  readonly includedFrom: readonly string[];
  /** How often it is there, because the file is included several times; `context` is that of the first. */
  readonly occurrences: number;
  /** Stays the same when lines move: made of check, file, blocks in the file and statement. */
  readonly fingerprint: string;
}

export interface ReportedCheck {
  readonly id: string;
  readonly title: string;
  readonly category: Category;
  readonly outcome: Outcome['state'];
  /** Why it was skipped, could not tell (also when it found something), or crashed. */
  readonly reasons: readonly string[];
  readonly findings: number;
}

/** A finding that is not counted, and why. */
export interface SilencedFinding extends ReportedFinding {
  readonly by: 'comment' | 'baseline';
  /** Of the comment. */
  readonly reason?: string;
}

export interface Report {
  readonly version: string;
  /** Main files that were checked. */
  readonly sources: readonly string[];
  readonly findings: readonly ReportedFinding[];
  readonly silenced: readonly SilencedFinding[];
  /** Every check there is, in the order of its category. */
  readonly checks: readonly ReportedCheck[];
  readonly counts: {
    readonly findings: Readonly<Record<Severity, number>>;
    readonly checks: Readonly<Record<Outcome['state'], number>>;
  };
  /** What was not read; empty: all files were read and parsed. */
  readonly unread: readonly string[];
  /** Whether every check looked at everything it wanted to look at. */
  readonly complete: boolean;
  readonly failOn: Severity;
  /** Findings at or over `failOn`. */
  readonly failing: number;
}

/** One configuration, checked. */
export interface CheckedConfig {
  /** As the user would name it. */
  readonly source: string;
  readonly results: readonly CheckResult[];
  readonly tree: ConfigTree;
  /** Path for people, see {@link ReportedFinding.file}. */
  readonly shown: (file: string) => string;
  /** Path for programs, see {@link ReportedFinding.uri}. */
  readonly uriOf: (file: string) => string;
}

export interface ReportOptions {
  readonly version: string;
  readonly failOn: Severity;
  /** Severities from the settings, by check. */
  readonly severity: Readonly<Record<string, string>>;
  /** How many findings of a fingerprint are known already. */
  readonly baseline: ReadonlyMap<string, number>;
}

export function buildReport(configs: readonly CheckedConfig[], options: ReportOptions): Report {
  const all = configs.flatMap((config) =>
    config.results.flatMap(({ check, outcome }) =>
      merged(
        (outcome.state === 'found' ? outcome.findings : []).map((finding) => reported(check, finding, config, options)),
      ),
    ),
  );
  const byComment = configs.flatMap((config) =>
    config.results.flatMap(({ check, suppressed }) =>
      suppressed.map(({ finding, reason }): SilencedFinding => ({
        ...reported(check, finding, config, options),
        by: 'comment',
        reason,
      })),
    ),
  );
  const { fresh, known } = split(all.sort(inOrder), options.baseline);
  const checks = reportedChecks(configs, fresh);
  const unread = [...new Set(configs.flatMap(({ tree }) => unreadOf(tree)))];
  return {
    version: options.version,
    sources: configs.map(({ source }) => source),
    findings: fresh,
    silenced: [...merged(byComment), ...known].sort(inOrder),
    checks,
    counts: {
      findings: countBy(severities, fresh, ({ severity }) => severity),
      checks: countBy(outcomes, checks, ({ outcome }) => outcome),
    },
    unread,
    complete:
      unread.length === 0 && checks.every(({ outcome, reasons }) => outcome === 'skipped' || reasons.length === 0),
    failOn: options.failOn,
    failing: fresh.filter(({ severity }) => severities.indexOf(severity) <= severities.indexOf(options.failOn)).length,
  };
}

const outcomes: readonly Outcome['state'][] = ['passed', 'found', 'unknown', 'skipped', 'crashed'];

/** Worst first: what a check that ran on several configurations is reported with. */
const worst: readonly Outcome['state'][] = ['found', 'crashed', 'unknown', 'passed', 'skipped'];

function reportedChecks(configs: readonly CheckedConfig[], findings: readonly ReportedFinding[]): ReportedCheck[] {
  const results = new Map<Check, Outcome[]>();
  for (const { check, outcome } of configs.flatMap((config) => config.results)) {
    results.set(check, [...(results.get(check) ?? []), outcome]);
  }
  return [...results]
    .map(([{ id, title, category }, ends]) => {
      const found = findings.filter((finding) => finding.check === id).length;
      const outcome = outcomeOf(ends, found);
      const relevant = ends.filter(({ state }) => outcome !== 'passed' || state !== 'skipped');
      return { id, title, category, outcome, reasons: [...new Set(relevant.flatMap(reasonsOf))], findings: found };
    })
    .sort((a, b) => categories.indexOf(a.category) - categories.indexOf(b.category) || compare(a.id, b.id));
}

/** What is in the baseline is not found again. */
function outcomeOf(ends: readonly Outcome[], found: number): Outcome['state'] {
  if (found > 0) return 'found';
  const states = ends.map((end): Outcome['state'] => {
    if (end.state !== 'found') return end.state;
    return end.unknown.length > 0 ? 'unknown' : 'passed';
  });
  return worst.find((state) => states.includes(state)) ?? 'skipped';
}

function reasonsOf(outcome: Outcome): readonly string[] {
  switch (outcome.state) {
    case 'passed':
      return [];
    case 'found':
      return outcome.unknown;
    case 'unknown':
      return outcome.reasons;
    case 'skipped':
      return [outcome.reason];
    case 'crashed':
      return [outcome.error];
  }
}

function unreadOf(tree: ConfigTree): string[] {
  return [
    ...tree.unread.map(({ path, range, reason }) => (range === undefined ? `${path}: ${reason}` : `part of ${path}`)),
    // An error without anything skipped is still a configuration that NGINX does not read.
    ...tree.errors.map(({ at, message }) => `${at.file}:${at.line}: ${message}`),
  ];
}

function reported(check: Check, finding: Finding, config: CheckedConfig, options: ReportOptions): ReportedFinding {
  const { at, message, remedy, snippet } = finding;
  const { position, node } = at;
  const override = options.severity[check.id];
  const file = node?.file ?? config.tree.files.find(({ path }) => path === position.file);
  // A finding about a file as a whole has nothing to show on its first line.
  const source = file === undefined || at.excerpt === '' ? '' : lineOf(file, position);
  return {
    check: check.id,
    title: check.title,
    category: check.category,
    severity: severities.find((severity) => severity === override) ?? finding.severity ?? check.severity,
    confidence: finding.confidence ?? check.confidence,
    message,
    remedy,
    ...(snippet === undefined ? {} : { snippet }),
    ...(check.reference === undefined ? {} : { reference: check.reference }),
    file: config.shown(position.file),
    uri: config.uriOf(position.file),
    line: position.line,
    column: position.column,
    length: Math.max(
      0,
      Math.min(characters(file, position.offset, at.length), Array.from(source).length - position.column + 1),
    ),
    source,
    context: node === undefined ? [] : contextChain(node).map(statementOf),
    includedFrom:
      node === undefined
        ? []
        : includeChain(node).map((one) => `${config.shown(one.file.path)}:${positionOf(one).line}`),
    occurrences: 1,
    fingerprint: fingerprintOf(check, finding, config.tree),
  };
}

/** Findings of one check that differ in nothing a reader would see, as happens in a file that is included twice. */
function merged<T extends ReportedFinding>(findings: readonly T[]): T[] {
  const first = new Map<string, T>();
  for (const finding of findings) {
    const { file, line, column, message, severity, fingerprint } = finding;
    const key = [file, line, column, severity, message, fingerprint].join('\0');
    const same = first.get(key);
    first.set(key, same === undefined ? finding : { ...same, occurrences: same.occurrences + 1 });
  }
  return [...first.values()];
}

function fingerprintOf(check: Check, { at }: Finding, tree: ConfigTree): string {
  const { node, position, excerpt = '' } = at;
  const parts = [check.id, posix.relative(tree.configPrefix, position.file), excerpt];
  if (node !== undefined) {
    const blocks = contextChain(node).filter(({ file }) => file === node.file);
    parts.push(...blocks.map(blockName), statementOf(node));
  }
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16);
}

/** `location /api`; a server is told by what it answers to. */
function blockName(node: ConfigNode): string {
  if (node.name !== 'server' || node.scope === undefined) return statementOf(node);
  const told = ['listen', 'server_name'].flatMap((name) => node.scope?.named(name) ?? []);
  return ['server', ...told.flatMap(({ args }) => args)].join(' ');
}

function statementOf({ name, args }: ConfigNode): string {
  return [name, ...args].join(' ');
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The line of a position. Positions of whole lines have no offset. */
function lineOf({ bytes, latin1 }: ParsedFile, { offset, line }: { offset: number; line: number }): string {
  let start = offset === 0 ? 0 : latin1.lastIndexOf('\n', offset - 1) + 1;
  if (offset === 0) {
    for (let at = 1; at < line; at++) {
      const lineEnd = latin1.indexOf('\n', start);
      if (lineEnd < 0) return '';
      start = lineEnd + 1;
    }
  }
  const end = latin1.indexOf('\n', start);
  return decoder.decode(bytes.subarray(start, end < 0 ? undefined : end)).replace(/\r$/, '');
}

function characters(file: ParsedFile | undefined, offset: number, lengthBytes: number): number {
  if (file === undefined) return lengthBytes;
  return Array.from(decoder.decode(file.bytes.subarray(offset, offset + lengthBytes))).length;
}

function split(
  findings: readonly ReportedFinding[],
  baseline: ReadonlyMap<string, number>,
): { fresh: ReportedFinding[]; known: SilencedFinding[] } {
  const left = new Map(baseline);
  const fresh: ReportedFinding[] = [];
  const known: SilencedFinding[] = [];
  for (const finding of findings) {
    const count = left.get(finding.fingerprint) ?? 0;
    left.set(finding.fingerprint, count - 1);
    if (count > 0) known.push({ ...finding, by: 'baseline' });
    else fresh.push(finding);
  }
  return { fresh, known };
}

function inOrder(a: ReportedFinding, b: ReportedFinding): number {
  return (
    categories.indexOf(a.category) - categories.indexOf(b.category) ||
    compare(a.file, b.file) ||
    a.line - b.line ||
    a.column - b.column ||
    compare(a.check, b.check) ||
    compare(a.message, b.message)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function countBy<K extends string, T>(
  keys: readonly K[],
  items: readonly T[],
  keyOf: (item: T) => K,
): Record<K, number> {
  const counts = Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
  for (const item of items) counts[keyOf(item)]++;
  return counts;
}
