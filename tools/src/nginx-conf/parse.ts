/**
 * Text of one configuration file → directive tree.
 *
 * NGINX stops at the first mistake. Here the mistake is recorded as NGINX would report it, what cannot be made sense of
 * is named in `unread`, and reading goes on, so that one missing quote does not hide the rest of a file.
 */
import { Lexer } from './lexer.ts';
import type { LexFailure, Statement } from './lexer.ts';
import type {
  ByteRange,
  Comment,
  ConfigError,
  ConfigErrorCode,
  Directive,
  Mark,
  ParsedFile,
  Place,
  Word,
} from './tree.ts';

/**
 * Blocks that hold a table instead of directives. NGINX reads them with a handler of their own, which refuses blocks
 * inside. `geoip2` (third party) and `match` (commercial) do the same.
 */
const DATA_BLOCKS: ReadonlySet<string> = new Set([
  'charset_map',
  'geo',
  'geoip2',
  'map',
  'match',
  'split_clients',
  'types',
]);

/** Blocks of lua-nginx-module and stream-lua-nginx-module, whose body is Lua code up to the matching brace. */
const LUA_BLOCK = /_by_lua_block$/;

/** What a block of this name holds, when it stands among directives. */
function bodyOf(name: string): 'directives' | 'data' | 'lua' {
  if (DATA_BLOCKS.has(name)) return 'data';
  return LUA_BLOCK.test(name) ? 'lua' : 'directives';
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A block that is being read. */
interface OpenBlock {
  readonly body: 'directives' | 'data';
  readonly children: Directive[];
  /** Undefined for the file itself and for a block that is being skipped. */
  readonly directive: Mutable<Directive> | undefined;
  /** Set in a block that is being skipped: where the skipping began. */
  readonly skippedFrom: number | undefined;
}

/**
 * Reads a file.
 * @param path   as NGINX would name it; used for positions only
 * @param bytes  the file; a string is taken as UTF-8
 * @param body   what the file holds: `data` when it is included from within a table such as `map`
 */
export function parseFile(
  path: string,
  bytes: Uint8Array | string,
  body: 'directives' | 'data' = 'directives',
): ParsedFile {
  const buffer = Buffer.from(bytes);
  return new Parser(path, buffer, body).parse();
}

class Parser {
  readonly #path: string;
  readonly #bytes: Buffer;
  readonly #latin1: string;
  readonly #lexer: Lexer;
  readonly #file: OpenBlock;
  /** Blocks open around the next statement, outermost first, without the file itself. A list, so that depth is no risk. */
  readonly #open: OpenBlock[] = [];
  readonly #errors: ConfigError[] = [];
  readonly #unread: ByteRange[] = [];

  constructor(path: string, bytes: Buffer, body: 'directives' | 'data') {
    this.#path = path;
    this.#bytes = bytes;
    this.#latin1 = bytes.toString('latin1');
    this.#lexer = new Lexer(this.#latin1);
    this.#file = { body, children: [], directive: undefined, skippedFrom: undefined };
  }

  parse(): ParsedFile {
    for (;;) {
      const read = this.#lexer.next();
      if (read.kind === 'failure') {
        this.#skip(read);
      } else if (read.kind === 'statement') {
        this.#add(read);
      } else if (read.kind === 'block-end') {
        this.#closeBlock(read.mark);
      } else {
        this.#endFile(read.mark);
        break;
      }
    }
    const unread = mergeRanges(this.#unread);
    return {
      path: this.#path,
      bytes: this.#bytes,
      latin1: this.#latin1,
      directives: this.#file.children,
      comments: outside(this.#lexer.comments, unread),
      errors: this.#errors,
      unread,
    };
  }

  get #current(): OpenBlock {
    return this.#open.at(-1) ?? this.#file;
  }

  #add({ name, args, terminator, mark }: Statement): void {
    const { body, children } = this.#current;
    const directive: Mutable<Directive> = {
      start: name.start,
      end: mark.end,
      name,
      args,
      body: 'none',
      terminator: mark,
      block: undefined,
      close: undefined,
    };
    if (terminator === '{' && body === 'data') {
      this.#error('unexpected-character', 'unexpected "{"', placeOf(mark), placeOf(name));
      this.#skipBlock(name.start);
      return;
    }
    children.push(directive);
    if (terminator === ';') return;
    directive.body = bodyOf(name.value);
    if (directive.body === 'lua') {
      this.#readLua(directive);
    } else {
      const block: Directive[] = [];
      directive.block = block;
      this.#open.push({ body: directive.body, children: block, directive, skippedFrom: undefined });
    }
  }

  /** Lua that does not close is not read: the directive, which is the last of its block, is taken back. */
  #readLua(directive: Mutable<Directive>): void {
    const lua = this.#lexer.luaBody();
    if (lua.kind === 'closed') {
      directive.end = lua.close.end;
      directive.close = lua.close;
    } else {
      this.#current.children.pop();
      this.#error('lua-block-unclosed', lua.message, lua.at, placeOf(directive.terminator));
      this.#unread.push({ start: directive.start, end: this.#bytes.length });
    }
  }

  #closeBlock(close: Mark): void {
    const block = this.#open.pop();
    if (block === undefined) {
      this.#error('unexpected-character', 'unexpected "}"', placeOf(close), undefined);
      this.#unread.push({ start: close.start, end: close.end });
    } else if (block.skippedFrom !== undefined) {
      this.#unread.push({ start: block.skippedFrom, end: close.end });
    } else if (block.directive !== undefined) {
      block.directive.end = close.end;
      block.directive.close = close;
    }
  }

  #endFile(at: Mark): void {
    const innermost = this.#open.at(-1);
    if (innermost === undefined) return;
    const opened = innermost.directive?.name;
    this.#error(
      'unclosed-block',
      'unexpected end of file, expecting "}"',
      placeOf(at),
      opened === undefined ? undefined : placeOf(opened),
    );
    for (const block of this.#open) {
      if (block.directive !== undefined) block.directive.end = at.start;
      if (block.skippedFrom !== undefined) this.#unread.push({ start: block.skippedFrom, end: at.start });
    }
  }

  #skip(failure: LexFailure): void {
    this.#error(failure.code, failure.message, failure.at, failure.openedAt);
    const next = this.#lexer.recover(failure);
    if (next === 'block') this.#skipBlock(failure.from);
    else this.#unread.push({ start: failure.from, end: this.#lexer.offset });
  }

  /** The block whose brace was just read is not kept; its contents are read only to find its end. */
  #skipBlock(from: number): void {
    this.#open.push({ body: 'directives', children: [], directive: undefined, skippedFrom: from });
  }

  #error(code: ConfigErrorCode, message: string, at: Place, openedAt: Place | undefined): void {
    const file = this.#path;
    const error = { code, message, at: { file, ...at } };
    this.#errors.push(openedAt === undefined ? error : { ...error, openedAt: { file, ...openedAt } });
  }
}

function placeOf(part: Word | Mark): Place {
  return { offset: part.start, line: part.line, column: part.column };
}

function mergeRanges(ranges: readonly ByteRange[]): ByteRange[] {
  const merged: Mutable<ByteRange>[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const last = merged.at(-1);
    if (last !== undefined && range.start <= last.end) last.end = Math.max(last.end, range.end);
    else if (range.end > range.start) merged.push({ ...range });
  }
  return merged;
}

/** The comments that start in none of the ranges; both lists are sorted. */
function outside(comments: readonly Comment[], ranges: readonly ByteRange[]): Comment[] {
  let next = 0;
  return comments.filter((comment) => {
    while (next < ranges.length && ranges[next]!.end <= comment.start) next++;
    const range = ranges[next];
    return range === undefined || comment.start < range.start;
  });
}
