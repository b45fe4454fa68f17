/**
 * Changes to a file, planned as byte ranges on its tree and applied together, so that everything that is not changed
 * stays byte for byte what it was. New lines take over the indentation and line ends they find.
 */
import { quoteWord } from './print.ts';
import type { ByteRange, Directive, ParsedFile } from './tree.ts';

/** Replaces a range of bytes; an empty range inserts. */
export interface Edit extends ByteRange {
  readonly text: string;
}

/** Edits that contradict each other, or a place that is not there. */
export class EditError extends Error {
  override readonly name = 'EditError';
}

/**
 * Applies edits.
 * @param bytes  the file the edits were planned for
 * @param edits  in any order; insertions at one offset keep their order
 * @throws EditError  a range is outside the file, or two ranges overlap
 */
export function applyEdits(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const sorted = edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const { start, end, text } of sorted) {
    if (start < 0 || end < start || end > bytes.length) {
      throw new EditError(`edit of bytes ${start} to ${end} is outside the file (${bytes.length} bytes)`);
    }
    if (start < at) throw new EditError(`edits overlap at byte ${start}`);
    parts.push(bytes.subarray(at, start), Buffer.from(text));
    at = end;
  }
  parts.push(bytes.subarray(at));
  return Buffer.concat(parts);
}

/**
 * Inserts lines before a directive, which must stand directly in the file given.
 * @param text  one or more lines, without indentation and without a line end after the last
 */
export function insertBefore(file: ParsedFile, directive: Directive, text: string): Edit {
  const lineStart = startOfLine(file, directive.start);
  const indent = file.latin1.slice(lineStart, directive.start);
  if (!isBlank(indent)) return insertion(directive.start, `${inline(file, text)} `);
  return insertion(
    lineStart,
    lines(file, text, indent)
      .map((line) => line + lineEndOf(file))
      .join(''),
  );
}

/** Inserts lines after a directive, and after a comment that follows it on its line. */
export function insertAfter(file: ParsedFile, directive: Directive, text: string): Edit {
  const lineStart = startOfLine(file, directive.start);
  const indent = file.latin1.slice(lineStart, directive.start);
  const rest = restOfLine(file, directive.end);
  if (!isBlank(indent) || rest === undefined) return insertion(directive.end, ` ${inline(file, text)}`);
  return insertion(
    rest,
    lines(file, text, indent)
      .map((line) => lineEndOf(file) + line)
      .join(''),
  );
}

/** Inserts lines as the first of a block; of the file when no block is given. */
export function insertAtStart(file: ParsedFile, block: Directive | undefined, text: string): Edit {
  if (block === undefined)
    return insertion(
      0,
      lines(file, text, '')
        .map((line) => line + lineEndOf(file))
        .join(''),
    );
  const { terminator } = openBlock(block);
  const rest = restOfLine(file, terminator.end);
  if (rest === undefined) {
    const before = /\s/.test(file.latin1.charAt(terminator.end)) ? '' : ' ';
    return insertion(terminator.end, ` ${inline(file, text)}${before}`);
  }
  const indent = childIndent(file, block);
  return insertion(
    rest,
    lines(file, text, indent)
      .map((line) => lineEndOf(file) + line)
      .join(''),
  );
}

/** Inserts lines as the last of a block; of the file when no block is given. */
export function insertAtEnd(file: ParsedFile, block: Directive | undefined, text: string): Edit {
  if (block === undefined) {
    const end = file.bytes.length;
    const before = end === 0 || file.latin1.endsWith('\n') ? '' : lineEndOf(file);
    return insertion(
      end,
      before +
        lines(file, text, '')
          .map((line) => line + lineEndOf(file))
          .join(''),
    );
  }
  const { close } = openBlock(block);
  const lineStart = startOfLine(file, close.start);
  if (!isBlank(file.latin1.slice(lineStart, close.start))) {
    const before = /\s/.test(file.latin1.charAt(close.start - 1)) ? '' : ' ';
    return insertion(close.start, `${before}${inline(file, text)} `);
  }
  const indent = childIndent(file, block);
  return insertion(
    lineStart,
    lines(file, text, indent)
      .map((line) => line + lineEndOf(file))
      .join(''),
  );
}

/** Replaces all arguments of a directive; values are quoted as needed. */
export function replaceArgs(directive: Directive, args: readonly string[]): Edit {
  const start = directive.name.end;
  const end = directive.args.at(-1)?.end ?? start;
  return { start, end, text: args.map((value) => ` ${quoteWord(value)}`).join('') };
}

/** Takes a directive out, together with its line when it stands there alone. */
export function removeDirective(file: ParsedFile, directive: Directive): Edit {
  const { latin1 } = file;
  const lineStart = startOfLine(file, directive.start);
  const lineEnd = latin1.indexOf('\n', directive.end);
  const after = latin1.slice(directive.end, lineEnd < 0 ? undefined : lineEnd);
  const ownLine = isBlank(latin1.slice(lineStart, directive.start)) && isBlank(after);
  if (ownLine) return { start: lineStart, end: lineEnd < 0 ? latin1.length : lineEnd + 1, text: '' };
  const blank = /^[ \t]*/.exec(after)?.[0].length ?? 0;
  return { start: directive.start, end: directive.end + blank, text: '' };
}

function openBlock(block: Directive): Directive & { readonly close: NonNullable<Directive['close']> } {
  const { close } = block;
  if (close === undefined || block.block === undefined) {
    throw new EditError(`"${block.name.value}" on line ${block.name.line} is no closed block`);
  }
  return { ...block, close };
}

function insertion(offset: number, text: string): Edit {
  return { start: offset, end: offset, text };
}

function lines(file: ParsedFile, text: string, indent: string): string[] {
  const unit = indentUnit(file);
  return text.split('\n').map((line) => {
    const depth = /^(?: {4})*/.exec(line)?.[0].length ?? 0;
    return line === '' ? '' : indent + unit.repeat(depth / 4) + line.slice(depth);
  });
}

/** Text to go in the middle of a line. A comment in it needs its line end. */
function inline(file: ParsedFile, text: string): string {
  return text.includes('#') ? text.replaceAll('\n', lineEndOf(file)) + lineEndOf(file) : text.replace(/\n\s*/g, ' ');
}

function isBlank(text: string): boolean {
  return /^[ \t\r]*$/.test(text);
}

function startOfLine(file: ParsedFile, offset: number): number {
  return offset === 0 ? 0 : file.latin1.lastIndexOf('\n', offset - 1) + 1;
}

/** Where the line ends when nothing but space and a comment follows the offset; undefined when more follows. */
function restOfLine(file: ParsedFile, offset: number): number | undefined {
  const match = /[ \t]*(?:#[^\n]*?)?(?=\r?\n|$)/y;
  match.lastIndex = offset;
  return match.exec(file.latin1) === null ? undefined : match.lastIndex;
}

function lineEndOf(file: ParsedFile): string {
  const first = file.latin1.indexOf('\n');
  return first > 0 && file.latin1.charAt(first - 1) === '\r' ? '\r\n' : '\n';
}

/** White space before the directive when it is the first on its line. */
function indentOf(file: ParsedFile, directive: Directive): string | undefined {
  const before = file.latin1.slice(startOfLine(file, directive.start), directive.start);
  return isBlank(before) ? before : undefined;
}

function childIndent(file: ParsedFile, block: Directive): string {
  for (const child of block.block ?? []) {
    const indent = indentOf(file, child);
    if (indent !== undefined) return indent;
  }
  return (indentOf(file, block) ?? '') + indentUnit(file);
}

/** One level of indentation: what the first indented child of a block has more than the block. Four spaces if none. */
function indentUnit(file: ParsedFile): string {
  const pending = file.directives.toReversed();
  for (let block = pending.pop(); block !== undefined; block = pending.pop()) {
    const outer = indentOf(file, block);
    for (const child of block.block ?? []) {
      const inner = indentOf(file, child);
      if (outer !== undefined && inner !== undefined && inner.length > outer.length && inner.startsWith(outer)) {
        return inner.slice(outer.length);
      }
      if (child.block !== undefined) pending.push(child);
    }
  }
  return '    ';
}
