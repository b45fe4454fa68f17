/**
 * A main file and everything it includes → one tree of contexts, as NGINX sees it.
 *
 * Includes follow `ngx_conf_include()`: relative paths start at the directory of the main file, patterns expand in byte
 * order and may match nothing, a path without a pattern must exist. A file that is included in two places is parsed once
 * and stands in the tree twice.
 */
import { posix } from 'node:path';
import type { ConfigFiles, FileRead } from './config-files.ts';
import { isPattern } from './glob.ts';
import type { GlobResult } from './glob.ts';
import { parseFile } from './parse.ts';
import { positionIn } from './tree.ts';
import type { ConfigError, Directive, ParsedFile } from './tree.ts';

/**
 * How many times files may be included altogether. Far over any real configuration; reached when files include each
 * other twice or more at each level, which NGINX, too, would not finish reading.
 */
const MAX_INCLUSIONS = 200_000;

/** Scopes with more directives than this are looked up by an index; most are far smaller, and there are many of them. */
const INDEXED_FROM = 64;

const NONE: readonly ConfigNode[] = [];

/** The inside of a block, or of the main context: its directives with included ones in place. */
export class Scope {
  /** The directive whose braces these are; undefined for the main context. */
  readonly owner: ConfigNode | undefined;
  /** In NGINX's reading order. An `include` is followed by what it brought in. */
  readonly children: readonly ConfigNode[];
  private byName: Map<string, ConfigNode[]> | undefined;

  constructor(owner: ConfigNode | undefined, children: readonly ConfigNode[]) {
    this.owner = owner;
    this.children = children;
    this.byName = undefined;
  }

  /** The directives of that name directly inside, in order. */
  named(name: string): readonly ConfigNode[] {
    if (this.children.length < INDEXED_FROM) {
      let found: ConfigNode[] | undefined;
      for (const child of this.children) {
        if (child.name !== name) continue;
        if (found === undefined) found = [child];
        else found.push(child);
      }
      return found ?? NONE;
    }
    if (this.byName === undefined) {
      this.byName = new Map();
      for (const child of this.children) {
        const same = this.byName.get(child.name);
        if (same === undefined) this.byName.set(child.name, [child]);
        else same.push(child);
      }
    }
    return this.byName.get(name) ?? NONE;
  }
}

/** One directive in one context: the same text included twice makes two nodes. */
export interface ConfigNode {
  readonly directive: Directive;
  readonly file: ParsedFile;
  /** Where the directive stands, across includes. */
  readonly parent: Scope;
  /** Its own block, when it has one with directives or entries in it. */
  readonly scope: Scope | undefined;
  /** The `include` that brought its file in; undefined in the main file. */
  readonly includedBy: ConfigNode | undefined;
  /** The directive's name, as a plain string. */
  readonly name: string;
  /** The values of its arguments. */
  readonly args: readonly string[];
}

/** A configuration as NGINX would load it. */
export interface ConfigTree {
  /** Absolute path of the main file. */
  readonly mainPath: string;
  /** Directory of the main file, from which relative includes, certificates and the like start. */
  readonly configPrefix: string;
  /** Directory from which other relative paths (logs, temporary files, the pid file) start. */
  readonly prefix: string;
  readonly main: Scope;
  /** Every file read, in the order of first use. */
  readonly files: readonly ParsedFile[];
  /** In NGINX's reading order, each once: the first is the one NGINX would stop at. */
  readonly errors: readonly ConfigError[];
  /** Places that should have been read and were not: skipped text, files that could not be read. Empty: all was read. */
  readonly unread: readonly UnreadPart[];
}

/** Something that is part of the configuration and was not read. */
export interface UnreadPart {
  readonly path: string;
  /** The skipped bytes; undefined: the whole file, or a directory. */
  readonly range: { readonly start: number; readonly end: number } | undefined;
  readonly reason: string;
}

/**
 * Reads a configuration.
 * @param files     where files come from
 * @param mainFile  the main file; a relative path starts at the prefix, as with `nginx -c`
 * @param prefix    NGINX's prefix (`nginx -p`, or the compiled-in one)
 */
export async function loadConfig(
  files: ConfigFiles,
  mainFile: string,
  prefix = posix.dirname(mainFile),
): Promise<ConfigTree> {
  const mainPath = mainFile.startsWith('/') ? mainFile : below(prefix, mainFile);
  const sources = await collectFiles(files, mainPath);
  return new TreeBuilder(mainPath, prefix, sources).build();
}

/** Everything read from files, before it is put together. */
interface Sources {
  /** By {@link fileKey}. */
  readonly files: Map<string, ParsedFile | Exclude<FileRead, { state: 'present' }>>;
  /** By {@link IncludeTarget.key}. */
  readonly inclusions: Map<string, GlobResult>;
}

/** Where statements stand, as far as includes care: among directives, or in a table of this name. */
type Inside = { readonly table: string } | undefined;

/** A file is parsed apart for each kind of place it is included in, since a table refuses blocks. */
function fileKey(path: string, inside: Inside): string {
  return `${inside === undefined ? 'directives' : 'data'}:${path}`;
}

async function collectFiles(files: ConfigFiles, mainPath: string): Promise<Sources> {
  const sources: Sources = { files: new Map(), inclusions: new Map() };
  const configPrefix = posix.dirname(mainPath);
  const wanted: { path: string; inside: Inside }[] = [{ path: mainPath, inside: undefined }];
  const seen = new Set<string>();
  for (let next = wanted.pop(); next !== undefined; next = wanted.pop()) {
    const { path, inside } = next;
    const visit = `${inside?.table ?? ''}:${path}`;
    if (seen.has(visit)) continue;
    seen.add(visit);
    const key = fileKey(path, inside);
    let source = sources.files.get(key);
    if (source === undefined) {
      const read = await files.read(path);
      source =
        read.state === 'present' ? parseFile(path, read.bytes, inside === undefined ? 'directives' : 'data') : read;
      sources.files.set(key, source);
    }
    if ('state' in source) continue;
    for (const include of includesIn(source, inside)) {
      const target = includeTarget(include.directive, include.inside, configPrefix);
      if (target === undefined) continue;
      let inclusion = sources.inclusions.get(target.key);
      if (inclusion === undefined) {
        inclusion = target.expand ? await files.glob(target.path) : { paths: [target.path], unreadable: [] };
        sources.inclusions.set(target.key, inclusion);
      }
      for (const included of inclusion.paths) wanted.push({ path: included, inside: include.inside });
    }
  }
  return sources;
}

/** The tables whose handlers know `include`. */
const INCLUDING_TABLES: ReadonlySet<string> = new Set(['geo', 'map', 'types']);

function isInclude(directive: Directive, inside: Inside): boolean {
  if (directive.name.value !== 'include') return false;
  return inside === undefined || (INCLUDING_TABLES.has(inside.table) && directive.args.length === 1);
}

/** What stands inside the directive's braces. */
function insideOf(directive: Directive): Inside {
  return directive.body === 'data' ? { table: directive.name.value } : undefined;
}

function includesIn(file: ParsedFile, inside: Inside): { directive: Directive; inside: Inside }[] {
  const found: { directive: Directive; inside: Inside }[] = [];
  const pending: { list: readonly Directive[]; inside: Inside }[] = [{ list: file.directives, inside }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const directive of next.list) {
      if (isInclude(directive, next.inside)) found.push({ directive, inside: next.inside });
      if (directive.block !== undefined) pending.push({ list: directive.block, inside: insideOf(directive) });
    }
  }
  return found;
}

/** What an include asks for. */
interface IncludeTarget {
  readonly path: string;
  /** Whether the path is a pattern to expand. */
  readonly expand: boolean;
  readonly key: string;
}

/** Undefined when the include is malformed. */
function includeTarget(directive: Directive, inside: Inside, configPrefix: string): IncludeTarget | undefined {
  const argument = directive.args[0];
  if (directive.args.length !== 1 || argument === undefined || directive.body !== 'none') return undefined;
  const path = argument.value.startsWith('/') ? argument.value : below(configPrefix, argument.value);
  // geo opens the path as it is, without looking for a pattern.
  const expand = isPattern(path) && inside?.table !== 'geo';
  return { path, expand, key: `${expand ? 'pattern' : 'file'}:${path}` };
}

function below(directory: string, path: string): string {
  return directory.endsWith('/') ? directory + path : `${directory}/${path}`;
}

class TreeNode implements ConfigNode {
  readonly directive: Directive;
  readonly name: string;
  readonly file: ParsedFile;
  readonly parent: Scope;
  readonly includedBy: ConfigNode | undefined;
  scope: Scope | undefined;
  private values: readonly string[] | undefined;

  constructor(directive: Directive, file: ParsedFile, parent: Scope, includedBy: ConfigNode | undefined) {
    this.directive = directive;
    this.name = directive.name.value;
    this.file = file;
    this.parent = parent;
    this.includedBy = includedBy;
    this.scope = undefined;
    this.values = undefined;
  }

  get args(): readonly string[] {
    this.values ??= this.directive.args.map((word) => word.value);
    return this.values;
  }
}

/** One inclusion of a file: its errors are reported in step with its directives, so that all come in reading order. */
interface FileVisit {
  readonly file: ParsedFile;
  readonly includedBy: ConfigNode | undefined;
  nextError: number;
}

/** Where nodes go, and what stands there. */
interface Target {
  readonly inside: Inside;
  readonly parent: Scope;
  readonly into: ConfigNode[];
}

/** A list of statements being walked. */
interface StatementLevel extends Target {
  readonly kind: 'statements';
  readonly visit: FileVisit;
  readonly list: readonly Directive[];
  index: number;
  /** Whether this is a file's outermost list. */
  readonly wholeFile: boolean;
}

/** The files of one include being walked. */
interface IncludeLevel extends Target {
  readonly kind: 'include';
  readonly node: ConfigNode;
  readonly paths: readonly string[];
  index: number;
}

/** Puts the parsed files together. Works on a list of levels, so that neither depth of blocks nor of includes matters. */
class TreeBuilder {
  readonly #mainPath: string;
  readonly #prefix: string;
  readonly #sources: Sources;
  readonly #files = new Set<ParsedFile>();
  readonly #errors: ConfigError[] = [];
  readonly #reported = new Set<ConfigError | Directive>();
  readonly #unread: UnreadPart[] = [];
  readonly #levels: (StatementLevel | IncludeLevel)[] = [];
  #inclusions = 0;

  constructor(mainPath: string, prefix: string, sources: Sources) {
    this.#mainPath = mainPath;
    this.#prefix = prefix;
    this.#sources = sources;
  }

  build(): ConfigTree {
    const into: ConfigNode[] = [];
    const main = new Scope(undefined, into);
    this.#enterFile(this.#mainPath, undefined, { inside: undefined, parent: main, into });
    for (let level = this.#levels.at(-1); level !== undefined; level = this.#levels.at(-1)) {
      if (level.kind === 'statements') this.#nextStatement(level);
      else this.#nextInclusion(level);
    }
    return {
      mainPath: this.#mainPath,
      configPrefix: posix.dirname(this.#mainPath),
      prefix: this.#prefix,
      main,
      files: [...this.#files],
      errors: this.#errors,
      unread: this.#unread,
    };
  }

  #nextStatement(level: StatementLevel): void {
    const directive = level.list[level.index++];
    if (directive === undefined) {
      if (level.wholeFile) this.#reportErrors(level.visit, Infinity);
      this.#levels.pop();
      return;
    }
    const { visit } = level;
    this.#reportErrors(visit, directive.terminator.start);
    const node = new TreeNode(directive, visit.file, level.parent, visit.includedBy);
    level.into.push(node);
    if (directive.block !== undefined) {
      const into: ConfigNode[] = [];
      node.scope = new Scope(node, into);
      const target = { inside: insideOf(directive), parent: node.scope, into };
      this.#levels.push({ kind: 'statements', visit, list: directive.block, index: 0, wholeFile: false, ...target });
    }
    if (isInclude(directive, level.inside)) this.#include(node, level);
  }

  #include(node: ConfigNode, { inside, parent, into }: Target): void {
    const target = includeTarget(node.directive, inside, posix.dirname(this.#mainPath));
    if (target === undefined) {
      const message =
        node.directive.body === 'none'
          ? 'invalid number of arguments in "include" directive'
          : 'directive "include" is not terminated by ";"';
      this.#includeError(node, 'include-arguments', message);
      return;
    }
    const inclusion = this.#sources.inclusions.get(target.key);
    if (inclusion === undefined) throw new Error(`include ${target.path} was not collected`);
    for (const { path, reason } of inclusion.unreadable) {
      this.#includeError(node, 'file-unreadable', `cannot look for "${target.path}" in "${path}": ${reason}`);
      this.#notRead(path, reason);
    }
    this.#levels.push({ kind: 'include', node, paths: inclusion.paths, index: 0, inside, parent, into });
  }

  #nextInclusion(level: IncludeLevel): void {
    const path = level.paths[level.index++];
    if (path === undefined) {
      this.#levels.pop();
    } else if (isIncluding(level.node, path)) {
      const message = `"${path}" includes itself; NGINX reads it until it runs out of open files`;
      this.#includeError(level.node, 'include-cycle', message);
    } else if (this.#inclusions >= MAX_INCLUSIONS) {
      this.#levels.pop();
      const message = `more than ${MAX_INCLUSIONS} inclusions; the rest is not read`;
      this.#includeError(level.node, 'include-limit', message);
      this.#notRead(path, 'too many inclusions');
    } else {
      this.#inclusions++;
      this.#enterFile(path, level.node, level);
    }
  }

  #enterFile(path: string, includedBy: ConfigNode | undefined, { inside, parent, into }: Target): void {
    const source = this.#sources.files.get(fileKey(path, inside));
    if (source === undefined) throw new Error(`file ${path} was not collected`);
    if ('state' in source) {
      this.#missingFile(path, includedBy, source);
      return;
    }
    if (!this.#files.has(source)) {
      this.#files.add(source);
      for (const range of source.unread) this.#unread.push({ path, range, reason: 'could not be parsed' });
    }
    const visit = { file: source, includedBy, nextError: 0 };
    const list = source.directives;
    this.#levels.push({ kind: 'statements', visit, list, index: 0, wholeFile: true, inside, parent, into });
  }

  #missingFile(path: string, includedBy: ConfigNode | undefined, read: Exclude<FileRead, { state: 'present' }>): void {
    const reason = read.state === 'absent' ? '2: No such file or directory' : read.reason;
    const message = `open() "${path}" failed (${reason})`;
    const code = read.state === 'absent' ? 'file-missing' : 'file-unreadable';
    if (includedBy === undefined) {
      this.#errors.push({ code, message, at: { file: path, offset: 0, line: 1, column: 1 } });
    } else {
      this.#includeError(includedBy, code, message);
    }
    this.#notRead(path, read.state === 'absent' ? 'no such file' : read.reason);
  }

  #notRead(path: string, reason: string): void {
    if (this.#unread.some((part) => part.path === path && part.range === undefined)) return;
    this.#unread.push({ path, range: undefined, reason });
  }

  #reportErrors(visit: FileVisit, before: number): void {
    for (;;) {
      const error = visit.file.errors[visit.nextError];
      if (error === undefined || error.at.offset >= before) return;
      visit.nextError++;
      if (!this.#reported.has(error)) this.#errors.push(error);
      this.#reported.add(error);
    }
  }

  #includeError(node: ConfigNode, code: ConfigError['code'], message: string): void {
    if (this.#reported.has(node.directive)) return;
    this.#reported.add(node.directive);
    const openedAt = positionIn(node.file, node.directive.name);
    this.#errors.push({ code, message, at: positionIn(node.file, node.directive.terminator), openedAt });
  }
}

/** Whether the path is the file of the include, or of one that led to it. */
function isIncluding(include: ConfigNode, path: string): boolean {
  for (let at: ConfigNode | undefined = include; at !== undefined; at = at.includedBy) {
    if (at.file.path === path) return true;
  }
  return false;
}
