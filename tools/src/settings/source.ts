import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type Pair,
} from 'yaml';
import type { SettingsPath } from './problem.ts';

/** Settings of an operator are a few kilobytes; the parser's time and depth must stay bounded. */
const largestText = 1024 * 1024;

/** A problem of the text itself. */
export interface TextProblem {
  readonly position: Position;
  readonly message: string;
}

/** Line and column from 1; a column counts UTF-16 units, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A parsed settings file that knows where each value stands. */
export interface Source {
  /** Plain maps, lists, texts, numbers, booleans and null; undefined when the text could not be understood at all. */
  readonly data: unknown;
  readonly problems: readonly TextProblem[];
  /** Where a value stands; for one that is not written, its nearest ancestor that is. */
  valuePosition(path: SettingsPath): Position;
  /** Where a map key stands; for one that is not written, its nearest ancestor that is. */
  keyPosition(path: SettingsPath): Position;
  /** A scalar as it was written, `6.10` where the data holds the number 6.1. */
  writtenText(path: SettingsPath): string | undefined;
}

/** Parses YAML 1.2 (core schema). Errors are collected, never thrown. */
export function parseSource(text: string): Source {
  const unmarked = text.startsWith('\ufeff') ? text.slice(1) : text;
  const lines = new LineCounter();
  const start: Position = { line: 1, column: 1 };
  const nothing = (message: string): Source => ({
    data: undefined,
    problems: [{ position: start, message }],
    valuePosition: () => start,
    keyPosition: () => start,
    writtenText: () => undefined,
  });
  if (unmarked.length > largestText) {
    return nothing(`the file has ${unmarked.length} characters; at most ${largestText} are read`);
  }

  let document: Document.Parsed;
  try {
    document = parseDocument(unmarked, { lineCounter: lines, prettyErrors: false, version: '1.2' });
  } catch (error) {
    // The parser recurses: text nested some thousand levels deep runs out of stack.
    return nothing(`the file cannot be parsed as YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return line === 0 ? start : { line, column: col };
  };
  const problems: TextProblem[] = [...document.errors, ...document.warnings].map((error) => ({
    position: at(error.pos[0]),
    message: `not valid YAML: ${firstLine(error.message)}`,
  }));
  // With a key written twice the rest is still sound, and its mistakes are worth reporting in the same run.
  const sound = document.errors.every(({ code }) => code === 'DUPLICATE_KEY');
  let data: unknown;
  if (sound) {
    try {
      // null stands for an empty file, and for one with comments only.
      data = document.toJS({ maxAliasCount: 100 }) ?? {};
    } catch (error) {
      problems.push({
        position: start,
        message: `not usable YAML: ${error instanceof Error ? error.message : String(error)}`,
      });
    }
  }

  const locate = (path: SettingsPath): Located => locatePath(document, path);
  return {
    data,
    problems,
    valuePosition: (path) => {
      const { node, key, complete } = locate(path);
      const place = complete ? (node ?? key) : (key ?? node);
      return at(place?.range?.[0] ?? 0);
    },
    keyPosition: (path) => {
      const { node, key } = locate(path);
      return at((key ?? node)?.range?.[0] ?? 0);
    },
    writtenText: (path) => {
      const { node, complete } = locate(path);
      return complete && isScalar(node) ? node.source : undefined;
    },
  };
}

interface Located {
  /** The value reached; undefined where nothing is written after a key. */
  readonly node: Node | undefined;
  /** The key in front of it, undefined for list items and the root. */
  readonly key: Node | undefined;
  /** False when the path goes on beyond what is written. */
  readonly complete: boolean;
}

function locatePath(document: Document.Parsed, path: SettingsPath): Located {
  let located: Located = { node: document.contents ?? undefined, key: undefined, complete: true };
  for (const step of path) {
    const inside = isAlias(located.node) ? located.node.resolve(document) : located.node;
    const next = typeof step === 'number' ? itemOf(inside, step) : pairOf(inside, step);
    if (next === undefined) {
      return { ...located, complete: false };
    }
    located = next;
  }
  return located;
}

function itemOf(node: unknown, index: number): Located | undefined {
  const item = isSeq(node) ? node.items[index] : undefined;
  return isNode(item) ? { node: item, key: undefined, complete: true } : undefined;
}

function pairOf(node: unknown, key: string): Located | undefined {
  if (!isMap(node)) {
    return undefined;
  }
  const pair = node.items.find(
    (candidate: Pair) => String(isScalar(candidate.key) ? candidate.key.value : candidate.key) === key,
  );
  if (pair === undefined) {
    return undefined;
  }
  return {
    node: isNode(pair.value) ? pair.value : undefined,
    key: isNode(pair.key) ? pair.key : undefined,
    complete: true,
  };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
