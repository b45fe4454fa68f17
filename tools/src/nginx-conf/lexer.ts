/**
 * NGINX's token rules.
 *
 * The rules are those of `ngx_conf_read_token()` (nginx.org, `src/core/ngx_conf_file.c`), which reads one *statement* at
 * a time: words up to a `;`, `{` or `}`. What surprises people:
 *
 * - White space is space, tab, CR and LF alone; a form feed, a no-break space or a byte order mark is part of a word.
 * - `#` and `}` mean something only where a word could start; a quote in the middle of a word is a plain character.
 * - A `{` ends an unquoted word, unless it follows `$` (`${name}`).
 * - After a closing quote only white space, `;`, `{` or `)` may follow; the `)` starts the next word.
 * - A backslash protects the next byte. Afterwards `\"`, `\'`, `\\`, `\t`, `\r` and `\n` are rewritten and every other
 *   pair is kept as it is. Comments know no backslash.
 * - A word, or a comment, has to fit NGINX's 4096-byte buffer.
 *
 * The lexer never throws on input and reads every byte a bounded number of times.
 */
import type { Comment, Mark, Place, QuoteKind, Word } from './tree.ts';

/** Size of NGINX's read buffer (`NGX_CONF_BUFFER`), which a token has to fit. */
export const BUFFER_BYTES = 4096;

/** A name and arguments, up to a `;` or `{`. */
export interface Statement {
  readonly kind: 'statement';
  readonly name: Word;
  readonly args: readonly Word[];
  readonly terminator: ';' | '{';
  readonly mark: Mark;
}

/** What stands where a statement could start, and is none. */
export interface End {
  readonly kind: 'block-end' | 'file-end';
  /** The `}`; empty at the end of the file. */
  readonly mark: Mark;
}

/** A statement that NGINX refuses. {@link Lexer.recover} leads past it. */
export interface LexFailure {
  readonly kind: 'failure';
  readonly code: 'unexpected-character' | 'unexpected-end-of-file' | 'parameter-too-long';
  /** NGINX's own words. */
  readonly message: string;
  readonly at: Place;
  /** The quote that is, or may be, not closed; else the first word of the statement. */
  readonly openedAt: Place | undefined;
  /** First byte that belongs to the refused statement. */
  readonly from: number;
  /** The byte that could not be accepted. */
  readonly found: number;
  /** The quote whose closing went wrong, where that spans lines: then it is probably a quote too many. */
  readonly runawayQuote: Place | undefined;
}

/** The end of a Lua body, or why there is none. */
export type LuaBody =
  | { readonly kind: 'closed'; readonly close: Mark }
  | { readonly kind: 'unclosed'; readonly message: string; readonly at: Place };

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DOUBLE_QUOTE = 0x22;
const HASH = 0x23;
const DOLLAR = 0x24;
const SINGLE_QUOTE = 0x27;
const CLOSE_PARENTHESIS = 0x29;
const DASH = 0x2d;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

function isSpace(code: number): boolean {
  return code === SPACE || code === LF || code === TAB || code === CR;
}

const REWRITTEN: Readonly<Record<string, string>> = {
  '\\"': '"',
  "\\'": "'",
  '\\\\': '\\',
  '\\t': '\t',
  '\\r': '\r',
  '\\n': '\n',
};

const NO_WORDS: readonly Word[] = [];

/** Reads one file, statement by statement. */
export class Lexer {
  /** Comments passed so far. */
  readonly comments: Comment[] = [];

  readonly #text: string;
  readonly #ascii: boolean;
  #offset = 0;
  #line = 1;
  #lineStart = 0;
  /** Memory of the last column counted, so that a long line is counted once. Unused for ASCII files. */
  #columnOffset = 0;
  #column = 1;

  /** @param latin1  the file with one character for each byte */
  constructor(latin1: string) {
    this.#text = latin1;
    this.#ascii = !hasNonAscii(latin1);
  }

  /** Offset of the next byte to read. */
  get offset(): number {
    return this.#offset;
  }

  /** Reads up to and including the next `;`, `{`, `}` or the end of the file. A refused byte is not consumed. */
  next(): Statement | End | LexFailure {
    const words: Word[] = [];
    for (;;) {
      const tooLong = this.#skipBlank(words);
      if (tooLong !== undefined) return tooLong;
      if (this.#offset >= this.#text.length) {
        return words.length === 0 ? this.#end('file-end') : this.#endOfFile(words, undefined);
      }
      const code = this.#text.charCodeAt(this.#offset);
      switch (code) {
        case SEMICOLON:
        case OPEN_BRACE: {
          const name = words[0];
          if (name === undefined) return this.#unexpected(words, this.#offset, undefined);
          const mark = this.#mark(this.#offset, ++this.#offset);
          const args = words.length === 1 ? NO_WORDS : words.slice(1);
          return { kind: 'statement', name, args, terminator: code === SEMICOLON ? ';' : '{', mark };
        }
        case CLOSE_BRACE:
          if (words.length > 0) return this.#unexpected(words, this.#offset, undefined);
          return this.#end('block-end');
        case DOUBLE_QUOTE:
        case SINGLE_QUOTE: {
          const failure = this.#quotedWord(words, code);
          if (failure !== undefined) return failure;
          break;
        }
        default: {
          const failure = this.#plainWord(words);
          if (failure !== undefined) return failure;
        }
      }
    }
  }

  /**
   * Leads past a refused statement, so that reading can go on. NGINX gives up instead; this is a guess at what was
   * meant: a quote that runs over line ends is taken for one quote too many and reading resumes on the line after it;
   * everything else is skipped to the end of the statement.
   * @returns what comes next: the contents of the skipped statement's block, or another statement
   */
  recover(failure: LexFailure): 'block' | 'statement' {
    const text = this.#text;
    if (failure.runawayQuote !== undefined) {
      const lineEnd = text.indexOf('\n', failure.runawayQuote.offset);
      this.#moveTo(lineEnd + 1, failure.runawayQuote.line + 1, lineEnd + 1);
      return 'statement';
    }
    if (failure.found === failure.from && text.charCodeAt(failure.found) === HASH) {
      this.#offset = endOfLine(text, this.#offset);
      return 'statement';
    }
    return this.#skipStatement();
  }

  /**
   * Reads a Lua body, from after its `{` to its matching `}`, by the rules of lua-nginx-module: braces count except in
   * comments, strings and long brackets. Its limit on token size is not applied: it depends on how the module's reads
   * happen to fall.
   */
  luaBody(): LuaBody {
    const text = this.#text;
    let depth = 1;
    let openedAt = this.#place(this.#offset);
    const unclosedQuotes = new Set<number>();
    let offset = this.#offset;
    while (offset < text.length) {
      const code = text.charCodeAt(offset);
      const comment = code === DASH && text.charCodeAt(offset + 1) === DASH;
      const bracket = code === OPEN_BRACKET || comment ? longBracket(text, comment ? offset + 2 : offset) : undefined;
      if (bracket !== undefined) {
        const closing = text.indexOf(bracket.closing, bracket.end);
        if (closing < 0) {
          this.#advance(offset);
          const at = this.#place(offset);
          this.#advance(text.length);
          const message = `Lua code block missing the closing long bracket "${bracket.closing}", the inlined Lua code may be too long`;
          return { kind: 'unclosed', message, at };
        }
        offset = closing + bracket.closing.length;
      } else if (comment) {
        offset = endOfLine(text, offset);
      } else if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) {
        // A quote that never closes is passed over, as the module does; there is no need to look for its end twice.
        const close = unclosedQuotes.has(code) ? -1 : closingQuote(text, offset);
        if (close < 0) unclosedQuotes.add(code);
        offset = close < 0 ? offset + 1 : close + 1;
      } else if (code === OPEN_BRACE) {
        depth++;
        this.#advance(offset);
        openedAt = this.#place(offset++);
      } else if (code === CLOSE_BRACE && --depth === 0) {
        this.#advance(offset);
        const close = this.#mark(offset, offset + 1);
        this.#advance(offset + 1);
        return { kind: 'closed', close };
      } else {
        offset++;
      }
    }
    this.#advance(text.length);
    const message = 'unexpected end of file, expecting terminating characters for lua code block';
    return { kind: 'unclosed', message, at: openedAt };
  }

  #end(kind: End['kind']): End {
    const start = this.#offset;
    if (kind === 'block-end') this.#offset++;
    return { kind, mark: this.#mark(start, this.#offset) };
  }

  /** Skips white space and comments. A comment, too, has to fit the buffer. */
  #skipBlank(words: readonly Word[]): LexFailure | undefined {
    const text = this.#text;
    for (;;) {
      const offset = this.#offset;
      if (offset >= text.length) return undefined;
      const code = text.charCodeAt(offset);
      if (code === LF) this.#newline(offset);
      else if (code === HASH) {
        const lineEnd = text.indexOf('\n', offset);
        const end = lineEnd < 0 ? text.length : lineEnd;
        const mark = this.#mark(offset, end);
        if (end - offset >= BUFFER_BYTES && text.length - offset > BUFFER_BYTES) {
          return this.#tooLong(words, mark, offset, undefined, false);
        }
        this.comments.push({ ...mark, text: decode(text.slice(offset, end)) });
        this.#offset = end;
        continue;
      } else if (!isSpace(code)) return undefined;
      this.#offset = offset + 1;
    }
  }

  #plainWord(words: Word[]): LexFailure | undefined {
    const text = this.#text;
    const start = this.#offset;
    const mark = this.#mark(start, start);
    let afterDollar = false;
    let escaped = false;
    for (let offset = start; ; offset++) {
      if (offset >= text.length) {
        this.#offset = text.length;
        return this.#endOfFile(words, mark);
      }
      if (offset - start === BUFFER_BYTES) return this.#tooLong(words, mark, start, undefined, false);
      const code = text.charCodeAt(offset);
      if (code === BACKSLASH) {
        escaped = true;
        afterDollar = false;
        offset++;
        if (offset < text.length && text.charCodeAt(offset) === LF) this.#newline(offset);
        if (offset - start === BUFFER_BYTES && offset < text.length) {
          return this.#tooLong(words, mark, start, undefined, false);
        }
      } else if (code === DOLLAR) afterDollar = true;
      else if (code === OPEN_BRACE && afterDollar) continue;
      else if (isSpace(code) || code === SEMICOLON || code === OPEN_BRACE) {
        // The space after a word stays in the buffer with it until the next byte is read.
        if (isSpace(code) && offset - start === BUFFER_BYTES - 1 && offset + 1 < text.length) {
          return this.#tooLong(words, mark, start, undefined, false);
        }
        words.push(this.#word(mark, start, offset, offset, 'none', escaped));
        this.#offset = offset;
        return undefined;
      } else afterDollar = false;
    }
  }

  #quotedWord(words: Word[], quote: number): LexFailure | undefined {
    const text = this.#text;
    const mark = this.#mark(this.#offset, this.#offset);
    const start = this.#offset + 1;
    let escaped = false;
    let offset = start;
    for (; ; offset++) {
      if (offset >= text.length) {
        this.#offset = text.length;
        return this.#endOfFile(words, mark, quote);
      }
      if (offset - start === BUFFER_BYTES) return this.#tooLong(words, mark, start, quote, true);
      const code = text.charCodeAt(offset);
      if (code === quote) break;
      if (code === BACKSLASH) {
        escaped = true;
        offset++;
        if (offset - start === BUFFER_BYTES && offset < text.length) {
          return this.#tooLong(words, mark, start, quote, true);
        }
      }
      if (text.charCodeAt(offset) === LF) this.#newline(offset);
    }
    words.push(this.#word(mark, start, offset, offset + 1, quote === DOUBLE_QUOTE ? 'double' : 'single', escaped));

    // Until the byte after the quote, and the one after a space there, the word stays in the buffer.
    offset++;
    this.#offset = offset;
    if (offset >= text.length) return this.#endOfFile(words, undefined);
    if (offset - start === BUFFER_BYTES) return this.#tooLong(words, mark, start, undefined, true);
    const code = text.charCodeAt(offset);
    if (isSpace(code)) {
      if (offset + 1 - start === BUFFER_BYTES && offset + 1 < text.length) {
        return this.#tooLong(words, mark, start, undefined, true);
      }
    } else if (code !== SEMICOLON && code !== OPEN_BRACE && code !== CLOSE_PARENTHESIS) {
      return this.#unexpected(words, offset, mark);
    }
    return undefined;
  }

  #word(mark: Mark, from: number, to: number, end: number, quote: QuoteKind, escaped: boolean): Word {
    const raw = this.#text.slice(from, to);
    const value = escaped ? raw.replace(/\\[^]/g, (pair) => REWRITTEN[pair] ?? pair) : raw;
    return { start: mark.start, end, line: mark.line, column: mark.column, quote, value: this.#decode(value) };
  }

  #decode(latin1: string): string {
    return this.#ascii ? latin1 : decode(latin1);
  }

  /** @param quoteMark  the word whose closing quote the byte follows */
  #unexpected(words: readonly Word[], offset: number, quoteMark: Mark | undefined): LexFailure {
    const runaway = quoteMark !== undefined && quoteMark.line < this.#line;
    const opened = quoteMark ?? words[0];
    return {
      kind: 'failure',
      code: 'unexpected-character',
      message: `unexpected "${printable(this.#text.charAt(offset))}"`,
      at: this.#place(offset),
      openedAt: opened === undefined ? undefined : placeOf(opened),
      from: words[0]?.start ?? offset,
      found: offset,
      runawayQuote: runaway ? placeOf(quoteMark) : undefined,
    };
  }

  #endOfFile(words: readonly Word[], unfinished: Mark | undefined, quote?: number): LexFailure {
    const opened = quote === undefined ? (words[0] ?? unfinished) : unfinished;
    const runaway = quote !== undefined && unfinished !== undefined && unfinished.line < this.#line;
    return {
      kind: 'failure',
      code: 'unexpected-end-of-file',
      message: 'unexpected end of file, expecting ";" or "}"',
      at: this.#place(this.#text.length),
      openedAt: opened === undefined ? undefined : placeOf(opened),
      from: words[0]?.start ?? unfinished?.start ?? this.#text.length,
      found: this.#text.length,
      runawayQuote: runaway ? placeOf(unfinished) : undefined,
    };
  }

  /**
   * @param start  what NGINX takes for the start of the parameter: the byte after an opening quote
   * @param quote  the quote that is open; undefined after it was closed
   */
  #tooLong(words: readonly Word[], mark: Mark, start: number, quote: number | undefined, quoted: boolean): LexFailure {
    const runaway = quoted && this.#looksRunaway(mark.start);
    // Back to the start: recovery reads the parameter again, without the limit.
    this.#moveTo(mark.start, mark.line, this.#text.lastIndexOf('\n', mark.start - 1) + 1);
    return {
      kind: 'failure',
      code: 'parameter-too-long',
      message:
        quote === undefined
          ? `too long parameter "${printable(this.#text.slice(start, start + 10))}..." started`
          : `too long parameter, probably missing terminating "${String.fromCharCode(quote)}" character`,
      at: placeOf(mark),
      openedAt: placeOf(mark),
      from: words[0]?.start ?? mark.start,
      found: mark.start,
      runawayQuote: runaway ? placeOf(mark) : undefined,
    };
  }

  /** Whether the quote at the offset seems to be one too many: it closes on another line, and not before white space. */
  #looksRunaway(open: number): boolean {
    const text = this.#text;
    const close = closingQuote(text, open);
    if (close >= 0 && /[ \t\r\n;{)]/.test(text.charAt(close + 1))) return false;
    const lineEnd = endOfLine(text, open);
    return lineEnd < (close < 0 ? text.length : close);
  }

  /** Skips to the end of the statement without any limit; a quote that does not close ends it on its own line. */
  #skipStatement(): 'block' | 'statement' {
    const text = this.#text;
    for (;;) {
      const offset = this.#offset;
      if (offset >= text.length) return 'statement';
      const code = text.charCodeAt(offset);
      if (isSpace(code)) {
        this.#advance(offset + 1);
      } else if (code === SEMICOLON) {
        this.#offset++;
        return 'statement';
      } else if (code === OPEN_BRACE) {
        this.#offset++;
        return 'block';
      } else if (code === CLOSE_BRACE) {
        return 'statement';
      } else if (code === HASH) {
        this.#offset = endOfLine(text, offset);
      } else if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) {
        const runaway = this.#looksRunaway(offset);
        const close = runaway ? -1 : closingQuote(text, offset);
        this.#advance(close < 0 ? endOfLine(text, offset) : close + 1);
        if (close < 0) return 'statement';
      } else {
        this.#advance(plainWordEnd(text, offset));
      }
    }
  }

  #newline(offset: number): void {
    this.#line++;
    this.#lineStart = offset + 1;
  }

  /** Moves forward to an offset, counting the lines passed. */
  #advance(to: number): void {
    const text = this.#text;
    for (let at = text.indexOf('\n', this.#offset); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) {
      this.#newline(at);
    }
    this.#offset = to;
  }

  #moveTo(offset: number, line: number, lineStart: number): void {
    this.#offset = offset;
    this.#line = line;
    this.#lineStart = lineStart;
  }

  #place(offset: number): Place {
    return { offset, line: this.#line, column: this.#columnAt(offset) };
  }

  #mark(start: number, end: number): Mark {
    return { start, end, line: this.#line, column: this.#columnAt(start) };
  }

  /** Column of an offset on the current line. */
  #columnAt(offset: number): number {
    if (this.#ascii) return offset - this.#lineStart + 1;
    if (this.#columnOffset < this.#lineStart || this.#columnOffset > offset) {
      this.#columnOffset = this.#lineStart;
      this.#column = 1;
    }
    for (let at = this.#columnOffset; at < offset; at++) {
      if ((this.#text.charCodeAt(at) & 0xc0) !== 0x80) this.#column++;
    }
    this.#columnOffset = offset;
    return this.#column;
  }
}

/** Offset of the line feed that ends the line, or of the end of the file. */
function endOfLine(text: string, offset: number): number {
  const at = text.indexOf('\n', offset);
  return at < 0 ? text.length : at;
}

/** Offset of the quote that closes the one at `open`; -1 when there is none. */
function closingQuote(text: string, open: number): number {
  const quote = text.charCodeAt(open);
  for (let offset = open + 1; offset < text.length; offset++) {
    const code = text.charCodeAt(offset);
    if (code === quote) return offset;
    if (code === BACKSLASH) offset++;
  }
  return -1;
}

/** Offset of the byte after the unquoted word that starts at the offset. */
function plainWordEnd(text: string, start: number): number {
  let afterDollar = false;
  for (let offset = start; offset < text.length; offset++) {
    const code = text.charCodeAt(offset);
    if (code === OPEN_BRACE && afterDollar) continue;
    if (isSpace(code) || code === SEMICOLON || code === OPEN_BRACE) return offset;
    afterDollar = code === DOLLAR;
    if (code === BACKSLASH) offset++;
  }
  return text.length;
}

/** Lua's `[[`, `[=[` … at the offset: where it ends, and what closes it. */
function longBracket(text: string, offset: number): { end: number; closing: string } | undefined {
  if (text.charCodeAt(offset) !== OPEN_BRACKET) return undefined;
  let end = offset + 1;
  while (text.charCodeAt(end) === EQUALS) end++;
  if (text.charCodeAt(end) !== OPEN_BRACKET) return undefined;
  return { end: end + 1, closing: `]${text.slice(offset + 1, end)}]` };
}

function placeOf(part: Mark | Word): Place {
  return { offset: part.start, line: part.line, column: part.column };
}

function hasNonAscii(latin1: string): boolean {
  return /[\u0080-\u00ff]/.test(latin1);
}

/** Reads bytes, given as one character each, as UTF-8; what is no UTF-8 becomes U+FFFD. */
function decode(latin1: string): string {
  return hasNonAscii(latin1) ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(toBytes(latin1)) : latin1;
}

function toBytes(latin1: string): Uint8Array {
  return Uint8Array.from(latin1, (character) => character.charCodeAt(0));
}

/** Text for a message: bytes outside printable ASCII as `\xHH`. */
function printable(latin1: string): string {
  return latin1.replace(
    /[^\x20-\x7e]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
