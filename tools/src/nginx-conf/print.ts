/**
 * Directive tree → text.
 */
import type { ByteRange, Directive, ParsedFile } from './tree.ts';
import { BUFFER_BYTES } from './lexer.ts';

/** A piece of a file. All pieces of a file, in order, are the file. */
export interface Piece extends ByteRange {
  readonly kind: 'word' | 'mark' | 'comment' | 'lua' | 'unread' | 'space';
}

/**
 * Cuts a file into the pieces the tree knows. What no piece accounts for is `space`, which is white space alone: that
 * is what makes the tree lossless.
 */
export function piecesOf(file: ParsedFile): Piece[] {
  const known: Piece[] = [];
  for (const range of file.unread) known.push({ kind: 'unread', ...rangeOf(range) });
  for (const comment of file.comments) known.push({ kind: 'comment', ...rangeOf(comment) });
  const pending: Directive[] = [...file.directives];
  for (let directive = pending.pop(); directive !== undefined; directive = pending.pop()) {
    const { name, args, terminator, close, body } = directive;
    for (const word of [name, ...args]) known.push({ kind: 'word', ...rangeOf(word) });
    known.push({ kind: 'mark', ...rangeOf(terminator) });
    if (close !== undefined) {
      known.push({ kind: 'mark', ...rangeOf(close) });
      if (body === 'lua') known.push({ kind: 'lua', start: terminator.end, end: close.start });
    }
    for (const child of directive.block ?? []) pending.push(child);
  }
  known.sort((a, b) => a.start - b.start || a.end - b.end);

  const pieces: Piece[] = [];
  let at = 0;
  for (const piece of known) {
    if (piece.start > at) pieces.push({ kind: 'space', start: at, end: piece.start });
    pieces.push(piece);
    at = piece.end;
  }
  if (at < file.bytes.length) pieces.push({ kind: 'space', start: at, end: file.bytes.length });
  return pieces;
}

function rangeOf({ start, end }: ByteRange): ByteRange {
  return { start, end };
}

/** The file from its pieces: for an untouched tree, the bytes that were read. */
export function printFile(file: ParsedFile): Uint8Array {
  return Buffer.concat(piecesOf(file).map((piece) => file.bytes.subarray(piece.start, piece.end)));
}

/** A statement to write that was not read from anywhere. */
export interface NewStatement {
  readonly name: string;
  readonly args: readonly string[];
  /** Present: a block. */
  readonly block?: readonly NewStatement[];
}

/** A word NGINX would not read back as it is. */
class UnprintableWordError extends Error {
  override readonly name = 'UnprintableWordError';
}

/**
 * Writes a value so that NGINX reads it back as the same value: plain where that is possible, else in double quotes.
 * @throws UnprintableWordError  the word would not fit NGINX's 4096-byte buffer
 */
export function quoteWord(value: string): string {
  // A word that begins with "$" is safe: a brace is what a variable may hold, and a brace is quoted.
  const plain = /^[^\s;{}"'#\\\0]+$/.test(value);
  const raw = plain ? value : `"${value.replace(/["\\]/g, '\\$&').replace(/[\t\r\n]/g, (c) => ESCAPES[c] ?? c)}"`;
  // After the word and its closing quote, one byte has to fit as well.
  if (Buffer.byteLength(raw) > BUFFER_BYTES - 2) {
    throw new UnprintableWordError(`a word of ${Buffer.byteLength(raw)} bytes does not fit NGINX's 4096-byte buffer`);
  }
  return raw;
}

const ESCAPES: Readonly<Record<string, string>> = { '\t': '\\t', '\r': '\\r', '\n': '\\n' };

/** Writes statements, one a line, indented by four spaces a level. */
export function formatStatements(statements: readonly NewStatement[], indent = ''): string {
  return statements
    .map(({ name, args, block }) => {
      const head = `${indent}${[name, ...args].map(quoteWord).join(' ')}`;
      if (block === undefined) return `${head};\n`;
      return `${head} {\n${formatStatements(block, `${indent}    `)}${indent}}\n`;
    })
    .join('');
}
