/**
 * The shapes of a read configuration file.
 *
 * Every shape keeps byte offsets into the file it came from, so that the file can be printed back byte for byte and
 * changed by replacing ranges. Lines and columns count from 1; a column counts characters, not bytes.
 */

/** A half-open range of byte offsets: `start` is inside, `end` is the first byte after. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A place inside one file. */
export interface Place {
  /** Byte offset. */
  readonly offset: number;
  /** From 1, as NGINX counts it: one more than the number of line feeds before the place. */
  readonly line: number;
  /** From 1, in characters (a byte that is no valid UTF-8 continuation counts as one). */
  readonly column: number;
}

/** A place with the path of its file, as NGINX would name it. */
export interface Position extends Place {
  readonly file: string;
}

/** How a word is written. A quote in the middle of a word is an ordinary character and does not count. */
export type QuoteKind = 'none' | 'double' | 'single';

/** One word of a statement. The range covers the word as written, quotes included. */
export interface Word extends ByteRange {
  /** What NGINX takes the word for: without the quotes, escapes undone, bytes read as UTF-8. */
  readonly value: string;
  readonly quote: QuoteKind;
  readonly line: number;
  readonly column: number;
}

/** A `;`, `{` or `}`. */
export interface Mark extends ByteRange {
  readonly line: number;
  readonly column: number;
}

/** A comment, from its `#` up to (not including) the line feed. */
export interface Comment extends ByteRange {
  /** The comment as written, `#` included, bytes read as UTF-8. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/**
 * What the braces after a directive hold: nothing (`none`: the directive ends in `;`), directives, entries of a table
 * whose first word is no directive name (`data`: `types`, `map`, `geo` …), or Lua code that is not looked into.
 */
export type BodyKind = 'none' | 'directives' | 'data' | 'lua';

/** One statement: a directive, or an entry of a data block. The range runs from the first word to the `;` or the `}`. */
export interface Directive extends ByteRange {
  readonly name: Word;
  readonly args: readonly Word[];
  readonly body: BodyKind;
  /** The `;` or the `{` after the last argument. NGINX reports a directive's mistakes on this line. */
  readonly terminator: Mark;
  /** What the braces hold; for the bodies `directives` and `data`. */
  readonly block: readonly Directive[] | undefined;
  /** The closing brace; undefined when the directive ends in `;`, and when the file ends inside the block. */
  readonly close: Mark | undefined;
}

/** Why a file, or the set of files it includes, is not what NGINX would accept. */
export type ConfigErrorCode =
  | 'unexpected-character'
  | 'unexpected-end-of-file'
  | 'unclosed-block'
  | 'parameter-too-long'
  | 'lua-block-unclosed'
  | 'include-arguments'
  | 'file-missing'
  | 'file-unreadable'
  | 'include-cycle'
  | 'include-limit';

/** A mistake that stops NGINX from reading the configuration. */
export interface ConfigError {
  readonly code: ConfigErrorCode;
  /** NGINX's own words where it has some, without its `in FILE:LINE`. */
  readonly message: string;
  /** The line NGINX would name. */
  readonly at: Position;
  /** Where that which is not closed was opened: the quote, the block, or else the statement. */
  readonly openedAt?: Position;
}

/** One file, read. */
export interface ParsedFile {
  /** Path as NGINX would name it. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** The same bytes as a string with one character for each byte, so that its indexes are byte offsets. */
  readonly latin1: string;
  readonly directives: readonly Directive[];
  /** In the order of the file; comments inside unread ranges are left out. */
  readonly comments: readonly Comment[];
  /** Empty exactly when NGINX's tokenizer accepts the file. In the order of the file: NGINX stops at the first. */
  readonly errors: readonly ConfigError[];
  /** What recovery had to skip, sorted and apart from each other: nothing inside is in `directives`. */
  readonly unread: readonly ByteRange[];
}

/** The position of a word, mark or comment in its file. */
export function positionIn(file: Pick<ParsedFile, 'path'>, part: Word | Mark | Comment): Position {
  return { file: file.path, offset: part.start, line: part.line, column: part.column };
}
