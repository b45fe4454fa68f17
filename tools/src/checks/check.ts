/**
 * What a check is.
 *
 * One file per check in this folder, named after its id, exporting `check`; a fixture folder of the same name in
 * `test/fixtures/checks/`. A check is pure: the same facts give the same findings, and nothing is read or kept.
 */
import type { FactName, Facts } from '../evidence/facts.ts';
import type { HostQuestion } from '../evidence/host-facts.ts';
import type { ConfigNode, ConfigTree, Scope } from '../nginx-conf/include.ts';
import { positionOf } from '../nginx-conf/query.ts';
import type { Position } from '../nginx-conf/tree.ts';

/** How bad: `error`: NGINX refuses it, or the node is broken with it; `warning`: a guarantee is at risk; `info`: good to know. */
export type Severity = 'error' | 'warning' | 'info';

export const severities: readonly Severity[] = ['error', 'warning', 'info'];

/** How sure: `likely` means that a good reason for it may exist, and is worded so. */
export type Confidence = 'certain' | 'likely';

/** In the order of reports. */
export const categories = [
  'syntax',
  'core dumps',
  'proxy timeouts',
  'statistics service',
  'modes and engine',
  'modsecurity',
  'wallguard',
  'nginx',
  'error log',
] as const;
export type Category = (typeof categories)[number];

export interface Check<Needs extends FactName = FactName> {
  /** Name of the file, the fixture folder, the section in `docs/checks.md`, and what suppressions name. Never reused. */
  readonly id: string;
  /** A state of affairs, as the headline of a finding: `The directory of core dumps does not exist`. */
  readonly title: string;
  readonly category: Category;
  /** Of its findings, unless a finding says otherwise. */
  readonly severity: Severity;
  readonly confidence: Confidence;
  /** What `evaluate` gets. When one of them could not be collected, the check is not evaluated and its outcome says why. */
  readonly needs: readonly Needs[];
  /** Why it matters, what happens otherwise, and where that is written: Markdown paragraphs. */
  readonly why: string;
  /** Page of the vendor or of nginx.org to read on; the check's own page is always named. */
  readonly reference?: string;
  /** Questions to the machine whose answers `evaluate` will look up in `host`. */
  readonly asks?: (facts: Pick<Facts, 'config' | 'thresholds'>) => Iterable<HostQuestion>;
  readonly evaluate: (facts: Pick<Facts, Needs>) => Iterable<Remark>;
}

/** What a check has to say. Nothing at all: it passed. */
export type Remark = Finding | Unknown | Skipped;

/** Something to put right. */
export interface Finding {
  readonly at: Where;
  /** One sentence without a full stop: what is there, with its value, and what follows from it. */
  readonly message: string;
  /** What to do, as an imperative sentence without a full stop. */
  readonly remedy: string;
  /** Lines ready to paste, without indentation. */
  readonly snippet?: string;
  /** Where they differ from the check's. */
  readonly severity?: Severity;
  readonly confidence?: Confidence;
}

/** Part of what the check looks at could not be told. The check cannot pass; findings still count. */
export interface Unknown {
  /** What is not known and why. */
  readonly unknown: string;
}

/** The check has nothing to look at here. Counts only when nothing else was said. */
export interface Skipped {
  /** Such as `no directive of the Wallarm module is used`. */
  readonly skipped: string;
}

/** The place of a finding. */
export interface Where {
  readonly position: Position;
  /** Characters to underline; 0: the line as a whole. */
  readonly length: number;
  /** The statement it is about: gives the contexts and includes around it. Undefined outside the configuration tree. */
  readonly node?: ConfigNode;
  /** What identifies the place without line numbers, where there is no statement: the text of a log line, say. */
  readonly excerpt?: string;
}

/** A directive: its name is underlined. */
export function atDirective(node: ConfigNode): Where {
  const { start, end } = node.directive.name;
  return { position: positionOf(node), length: end - start, node };
}

/** An argument of a directive; the directive itself when there are not as many. */
export function atArgument(node: ConfigNode, index: number): Where {
  const word = node.directive.args[index];
  if (word === undefined) return atDirective(node);
  const position = { file: node.file.path, offset: word.start, line: word.line, column: word.column };
  return { position, length: word.end - word.start, node };
}

/** A block in which something is missing: where it begins; the first line of the main file for the main context. */
export function inside(scope: Scope, tree: Pick<ConfigTree, 'mainPath'>): Where {
  return scope.owner === undefined ? atFile(tree.mainPath) : atDirective(scope.owner);
}

/** A line of a file that is no part of the tree. @param excerpt  text that identifies the place, such as the line */
export function atFile(file: string, line = 1, excerpt = ''): Where {
  return { position: { file, offset: 0, line, column: 1 }, length: 0, excerpt };
}

/** How a check ended. */
export type Outcome =
  | { readonly state: 'passed' }
  /** `unknown`: what else could not be told. */
  | { readonly state: 'found'; readonly findings: readonly Finding[]; readonly unknown: readonly string[] }
  | { readonly state: 'unknown'; readonly reasons: readonly string[] }
  | { readonly state: 'skipped'; readonly reason: string }
  | { readonly state: 'crashed'; readonly error: string };

export interface CheckResult {
  readonly check: Check;
  /** Without what comments silence. */
  readonly outcome: Outcome;
  /** Findings that a comment of the configuration silences, and the reason it gives. */
  readonly suppressed: readonly { readonly finding: Finding; readonly reason: string }[];
}
