/**
 * A copy of a configuration that NGINX can test without touching the host.
 *
 * `nginx -t` creates log files, pid file, sockets and directories, and as root it re-owns existing ones (reference:
 * validators-and-doctors.md, finding 2). In the copy every such path leads into the copy; everything that is only read
 * (certificates, modules, njs files) is read where it is.
 */
import { mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { applyEdits, replaceArgs } from '../nginx-conf/edit.ts';
import type { Edit } from '../nginx-conf/edit.ts';
import type { ConfigNode, ConfigTree } from '../nginx-conf/include.ts';
import { quoteWord } from '../nginx-conf/print.ts';
import { walk } from '../nginx-conf/query.ts';
import type { Directive, ParsedFile } from '../nginx-conf/tree.ts';
import { redirectRules, writingRules } from './modsecurity-rules.ts';
import type { NginxBuild } from './nginx-build.ts';

/** What is to be copied. */
export interface StageInput {
  /** The configuration as it would be; must have no errors. */
  readonly tree: ConfigTree;
  readonly build: NginxBuild;
  /** Planned changes, by absolute path: files that are not there yet (njs, rules), or will be gone (undefined). */
  readonly planned: ReadonlyMap<string, Uint8Array | undefined>;
}

/** A copy, ready for `nginx -t`. */
export interface Stage {
  readonly mainPath: string;
  readonly errorLogPath: string;
  /** Turns paths of the copy in a message into those of the host. */
  toHost(text: string): string;
}

/** Copied files, under their own absolute paths. */
const ROOT = 'root';
/** What NGINX would write on the host, under its own absolute paths. */
const WRITTEN = 'written';

/** Directives whose first argument is a path that NGINX creates, opens for writing or re-owns while it starts. */
export const WRITTEN_PATHS: ReadonlySet<string> = new Set([
  'access_log',
  'client_body_temp_path',
  'error_log',
  'fastcgi_cache_path',
  'fastcgi_temp_path',
  'google_perftools_profiles',
  'lock_file',
  'pid',
  'proxy_cache_path',
  'proxy_temp_path',
  'scgi_cache_path',
  'scgi_temp_path',
  'ssl_key_log',
  'state',
  'state_path',
  'uwsgi_cache_path',
  'uwsgi_temp_path',
  'wallarm_cache_path',
]);

/** Values of these directives that are no path. */
export const NO_PATH = /^(?:off|stderr)$|^(?:memory|syslog):|\$/;

/** Text without any of these names nothing that NGINX would write or that has to lead into the copy. */
const MAY_NAME = new RegExp(`${[...WRITTEN_PATHS].join('|')}|include|modsecurity_rules|state=|unix:`);

/** Directories of temporary files: directive, and the module without which it does not exist. */
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'] as const;

/**
 * Writes the copy.
 * @param directory  an empty directory
 */
export async function stage(directory: string, { tree, build, planned }: StageInput): Promise<Stage> {
  const writer = new StageWriter(directory);
  const rules = await writingRules(rulesFiles(tree), async (path) => planned.get(path) ?? readFile(path));
  const copied = new Set([...rules.keys(), ...planned.keys()]);
  for (const [path, text] of rules) {
    writer.add(path, Buffer.from(await redirect(text, writer, build, copied), 'latin1'));
  }
  for (const file of tree.files) {
    const edits = await new Redirection(writer, tree, build, file, copied).edits();
    writer.add(file.path, applyEdits(file.bytes, edits));
  }
  for (const [path, bytes] of planned) {
    if (bytes === undefined) writer.leaveOut(path);
    else if (!writer.has(path)) writer.add(path, bytes);
  }
  await writer.write();
  return {
    mainPath: writer.copyOf(tree.mainPath),
    errorLogPath: posix.join(directory, 'error.log'),
    toHost: (text) => writer.toHost(text),
  };
}

function redirect(rules: string, writer: StageWriter, build: NginxBuild, copied: ReadonlySet<string>): Promise<string> {
  return redirectRules(
    rules,
    (path) => writer.writtenInstead(posix.resolve(build.prefix, path)),
    (path) => (copied.has(path) ? writer.copyOf(path) : path),
  );
}

function rulesFiles(tree: ConfigTree): string[] {
  const paths: string[] = [];
  if (!tree.files.some(({ latin1 }) => latin1.includes('modsecurity_rules_file'))) return paths;
  for (const node of walk(tree.main)) {
    if (node.name === 'modsecurity_rules_file') paths.push(...node.args.filter((path) => path.startsWith('/')));
  }
  return paths;
}

/** Collects what the copy holds and writes it at once. */
class StageWriter {
  readonly #directory: string;
  readonly #files = new Map<string, Uint8Array>();
  readonly #left = new Set<string>();
  readonly #writtenParents = new Set<string>();
  /** Sockets by the path they have on the host. */
  readonly #sockets = new Map<string, string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  add(path: string, bytes: Uint8Array): void {
    this.#files.set(posix.normalize(path), bytes);
  }

  /** A file that is there and shall not be in the copy. */
  leaveOut(path: string): void {
    this.#left.add(posix.normalize(path));
  }

  has(path: string): boolean {
    return this.#files.has(posix.normalize(path));
  }

  copyOf(path: string): string {
    return posix.join(this.#directory, ROOT, path);
  }

  /** Where NGINX shall write instead. The directory around it exists in the copy when it exists on the host. */
  async writtenInstead(path: string): Promise<string> {
    const parent = posix.dirname(path);
    if (await isDirectory(parent)) this.#writtenParents.add(parent);
    // A directory that is there is found there, so that NGINX does not fail to make it.
    if (await isDirectory(path)) this.#writtenParents.add(path);
    return posix.join(this.#directory, WRITTEN, path);
  }

  /** Where NGINX shall make a socket instead: a short path, since one of more than 107 bytes is refused. */
  async socketInstead(path: string): Promise<string> {
    const known = this.#sockets.get(path);
    if (known !== undefined) return known;
    const folder = (await isDirectory(posix.dirname(path))) ? '' : 'missing';
    const socket = posix.join(this.#directory, folder, `socket-${this.#sockets.size}`);
    this.#sockets.set(path, socket);
    return socket;
  }

  /** Turns paths of the copy in a message into those of the host. */
  toHost(text: string): string {
    const sockets = [...this.#sockets].toReversed();
    return sockets
      .reduce((said, [path, socket]) => said.replaceAll(socket, path), text)
      .replaceAll(this.copyOf(''), '')
      .replaceAll(posix.join(this.#directory, WRITTEN), '');
  }

  /**
   * Writes the files. Beside them, up to the root, everything else of the host is linked, so that relative paths find
   * what they find on the host.
   */
  async write(): Promise<void> {
    const directories = new Set<string>();
    for (const path of [...this.#files.keys(), ...this.#left]) {
      for (let at = posix.dirname(path); !directories.has(at); at = posix.dirname(at)) directories.add(at);
    }
    for (const directory of [...directories].toSorted()) await mkdir(this.copyOf(directory), { recursive: true });
    for (const directory of directories) {
      const paths = (await readdir(directory).catch(() => [])).map((name) => posix.join(directory, name));
      const others = paths.filter((path) => !this.#files.has(path) && !this.#left.has(path) && !directories.has(path));
      await Promise.all(others.map((path) => symlink(path, this.copyOf(path))));
    }
    await Promise.all([...this.#files].map(([path, bytes]) => writeFile(this.copyOf(path), bytes)));
    for (const parent of this.#writtenParents) {
      await mkdir(posix.join(this.#directory, WRITTEN, parent), { recursive: true });
    }
  }
}

/** The changes to one file. */
class Redirection {
  readonly #writer: StageWriter;
  readonly #tree: ConfigTree;
  readonly #build: NginxBuild;
  readonly #file: ParsedFile;
  /** Absolute paths that have to lead into the copy wherever they are an argument. */
  readonly #copied: ReadonlySet<string>;

  constructor(writer: StageWriter, tree: ConfigTree, build: NginxBuild, file: ParsedFile, copied: ReadonlySet<string>) {
    this.#writer = writer;
    this.#tree = tree;
    this.#build = build;
    this.#file = file;
    this.#copied = copied;
  }

  async edits(): Promise<Edit[]> {
    const edits: Edit[] = [];
    if (this.#copied.size === 0 && !MAY_NAME.test(this.#file.latin1)) return await this.#defaults();
    const pending: Directive[] = [...this.#file.directives];
    for (let directive = pending.pop(); directive !== undefined; directive = pending.pop()) {
      // Nearly all directives name nothing; a large configuration is not to wait for each of them.
      const args = mayName(directive) ? await this.#redirect(directive) : undefined;
      if (args !== undefined) edits.push(this.#replaced(directive, args));
      if (directive.body === 'directives') for (const inside of directive.block ?? []) pending.push(inside);
    }
    return [...edits, ...(await this.#defaults())];
  }

  /** New arguments, or undefined when the directive may stay. */
  async #redirect({ name, args: words }: Directive): Promise<string[] | undefined> {
    const args = words.map((word) => word.value);
    const [first = '', ...rest] = args;
    if (name.value === 'include' && first.startsWith('/')) return [this.#writer.copyOf(first)];
    if (WRITTEN_PATHS.has(name.value) && first !== '' && !NO_PATH.test(first)) {
      return [await this.#written(first), ...rest];
    }
    if (name.value === 'listen' && first.startsWith('unix:')) {
      const socket = await this.#writer.socketInstead(first.slice('unix:'.length));
      return [`unix:${socket}`, ...rest];
    }
    if (name.value === 'modsecurity_rules' && first !== '') {
      return [await redirect(first, this.#writer, this.#build, this.#copied)];
    }
    const changed = await Promise.all(
      args.map(async (arg) => {
        const [, path] = /^state=(.+)$/.exec(arg) ?? [];
        if (path !== undefined) return `state=${await this.#written(path)}`;
        return this.#copied.has(arg) ? this.#writer.copyOf(arg) : arg;
      }),
    );
    return changed.some((arg, index) => arg !== args[index]) ? changed : undefined;
  }

  #written(path: string): Promise<string> {
    return this.#writer.writtenInstead(posix.resolve(this.#build.prefix, path));
  }

  /** Paths that NGINX takes from its build where the configuration names none. */
  async #defaults(): Promise<Edit[]> {
    const edits: Edit[] = [];
    if (this.#file.path === this.#tree.mainPath && this.#tree.main.named('pid').length === 0) {
      edits.push(insertion(0, `pid ${quoteWord(await this.#written(this.#build.pidPath))}; `));
    }
    for (const http of this.#tree.main.named('http')) {
      if (http.file === this.#file) edits.push(...(await this.#httpDefaults(http)));
    }
    return edits;
  }

  async #httpDefaults(http: ConfigNode): Promise<Edit[]> {
    const lines: string[] = [];
    for (const name of TEMPORARY) {
      const directive = `${name}_temp_path`;
      if (http.scope?.named(directive).length !== 0 || this.#build.has(`without-http_${name}_module`)) continue;
      const option = name === 'client_body' ? 'http-client-body-temp-path' : `http-${name}-temp-path`;
      const path = this.#build.option(option) ?? `${name}_temp`;
      lines.push(`${directive} ${quoteWord(await this.#written(path))};`);
    }
    if (http.scope?.named('access_log').length === 0 && !this.#build.has('without-http_log_module')) {
      const path = this.#build.option('http-log-path') ?? 'logs/access.log';
      lines.push(`access_log ${quoteWord(await this.#written(path))};`);
    }
    return lines.length === 0 ? [] : [insertion(http.directive.terminator.end, ` ${lines.join(' ')} `)];
  }

  /** New arguments, with as many line ends as the old ones, so that NGINX names the lines of the host's file. */
  #replaced(directive: Directive, args: readonly string[]): Edit {
    const edit = replaceArgs(directive, args);
    const lineEnds = this.#file.latin1.slice(edit.start, edit.end).replace(/[^\n]/g, '');
    return { ...edit, text: edit.text + lineEnds };
  }
}

/** Whether an argument may be the name of something that has to lead into the copy. */
function mayName({ name, args }: Directive): boolean {
  for (const { value } of args) {
    if (value.startsWith('/') || value.startsWith('state=') || value.startsWith('unix:')) return true;
  }
  return WRITTEN_PATHS.has(name.value) || name.value === 'modsecurity_rules';
}

function insertion(offset: number, text: string): Edit {
  return { start: offset, end: offset, text };
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
