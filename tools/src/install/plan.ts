/**
 * What has to change so that an existing configuration uses the drop-in, and what so that it no longer does.
 *
 * Nothing that the configuration already loads or sets is written a second time, since NGINX refuses that. Whatever
 * cannot be decided for the operator is a refusal that names the place.
 */
import { posix } from 'node:path';
import type { Settings } from '../../../schema/settings.ts';
import { generatedMark } from '../generate/generate.ts';
import type { GeneratedFile } from '../generate/generate.ts';
import { overlaidFiles } from '../nginx-conf/config-files.ts';
import type { ConfigFiles } from '../nginx-conf/config-files.ts';
import { applyEdits, insertAfter, insertAtStart, insertBefore, removeDirective } from '../nginx-conf/edit.ts';
import type { Edit } from '../nginx-conf/edit.ts';
import { loadConfig } from '../nginx-conf/include.ts';
import type { ConfigNode, ConfigTree, Scope } from '../nginx-conf/include.ts';
import { parseFile } from '../nginx-conf/parse.ts';
import { quoteWord } from '../nginx-conf/print.ts';
import { includeChain, positionOf, serversOf, walk } from '../nginx-conf/query.ts';
import type { ServerBlock } from '../nginx-conf/query.ts';
import type { Directive, ParsedFile } from '../nginx-conf/tree.ts';

/** One file to write, replace or remove. */
export interface FileChange {
  /** Absolute, as NGINX names it. */
  readonly path: string;
  /** What is there now; undefined: nothing. */
  readonly before: Uint8Array | undefined;
  /** Undefined: remove it. */
  readonly after: Uint8Array | undefined;
  /** Whether the file is one that wallguard writes as a whole. */
  readonly own: boolean;
}

/** A directory that NGINX or its workers need before the configuration that names it is loaded. */
export interface NeededDirectory {
  readonly path: string;
  readonly mode: number;
  readonly purpose: string;
  /** Name of the user to whom it is given; without it who installs keeps it. */
  readonly owner?: string;
}

/** What is to be done. */
export interface Plan {
  /** Own files first, then the operator's, the main file last. */
  readonly changes: readonly FileChange[];
  readonly directories: readonly NeededDirectory[];
  /** What the operator should know: what was left out and why. */
  readonly notes: readonly string[];
  /** Why nothing can be done; empty when the plan can be carried out. */
  readonly refusals: readonly string[];
  /** Servers that are protected afterwards. */
  readonly servers: readonly ServerBlock[];
}

/** What to install, and where. */
export interface InstallRequest {
  readonly files: ConfigFiles;
  /** The configuration as it is; without errors. */
  readonly tree: ConfigTree;
  readonly settings: Settings;
  readonly generated: readonly GeneratedFile[];
  /** Files that are at the places of own files now: `conf.d/wallguard.conf` and everything in `wallguard/`. */
  readonly present: ReadonlyMap<string, Uint8Array>;
  /** Names as in `server_name`, or every server. */
  readonly servers: readonly string[] | 'all';
}

/** Single values that a second directive in the same block would make a mistake, by the block they stand in. */
const SINGLE_VALUES = {
  main: new Set(['worker_rlimit_core', 'working_directory']),
  http: new Set([
    'js_engine',
    'map_hash_bucket_size',
    'map_hash_max_size',
    'variables_hash_bucket_size',
    'variables_hash_max_size',
  ]),
  server: new Set([
    'modsecurity',
    'modsecurity_transaction_id',
    'real_ip_header',
    'real_ip_recursive',
    'wallarm_application',
    'wallarm_block_page',
    'wallarm_mode',
  ]),
} as const;

/** Lists that the server no longer inherits once `server.conf` begins one of its own. */
const REPLACED_LISTS = ['access_log', 'error_page'] as const;

/** Ends lines in the operator's files that are not includes, so that they can be found again. */
const KEPT_MARK = '# kept by wallguard';

/** Where own files are, for a configuration prefix. */
export function ownPaths(configPrefix: string): { conf: string; folder: string; isOwn(path: string): boolean } {
  const conf = posix.join(configPrefix, 'conf.d/wallguard.conf');
  const folder = posix.join(configPrefix, 'wallguard');
  return { conf, folder, isOwn: (path) => path === conf || path.startsWith(`${folder}/`) };
}

/** Servers that may be protected, in reading order: all but wallguard's own and the vendor's statistics service. */
export function protectableServers(tree: ConfigTree): ServerBlock[] {
  const own = ownPaths(tree.configPrefix);
  return serversOf(tree).filter(
    ({ protocol, node, scope }) =>
      protocol === 'http' &&
      !own.isOwn(posix.normalize(node.file.path)) &&
      ![...walk(scope)].some((inside) => inside.name === 'wallarm_status'),
  );
}

/** Plans an installation, or the renewal of one. */
export async function planInstall(request: InstallRequest): Promise<Plan> {
  return await new InstallPlanner(request).plan();
}

class InstallPlanner {
  readonly #request: InstallRequest;
  readonly #tree: ConfigTree;
  readonly #own: ReturnType<typeof ownPaths>;
  readonly #servers: readonly ServerBlock[];
  readonly #edits = new Map<ParsedFile, Map<string, Edit>>();
  /** Contents of own files, by absolute path. */
  readonly #files = new Map<string, string>();
  readonly #notes: string[] = [];
  readonly #refusals: string[] = [];

  constructor(request: InstallRequest) {
    this.#request = request;
    this.#tree = request.tree;
    this.#own = ownPaths(request.tree.configPrefix);
    this.#servers = protectableServers(request.tree);
  }

  async plan(): Promise<Plan> {
    const chosen = this.#chooseServers();
    const nodes = new Set(chosen.map(({ node }) => node));
    const servers = this.#servers.filter((server) => nodes.has(server.node) || this.#isProtected(server));
    await this.#placeGenerated();
    this.#planMain();
    if (servers[0] !== undefined) await this.#planHttp(servers[0].node);
    const written = this.#directiveNames('server.conf');
    const timeouts = this.#directiveNames('proxy.conf');
    for (const server of servers) this.#planServer(server, written, timeouts);
    return {
      changes: this.#changes(),
      directories: this.#directories(),
      notes: [...new Set(this.#notes)],
      refusals: [...new Set(this.#refusals)],
      servers,
    };
  }

  #chooseServers(): ServerBlock[] {
    const { servers } = this.#request;
    const all = this.#servers;
    if (all.length === 0)
      this.#refusals.push(`${this.#tree.mainPath}: there is no server in the http block to protect`);
    if (servers === 'all') return [...all];
    for (const name of servers) {
      if (!all.some((server) => server.names.includes(name))) {
        this.#refusals.push(`no server has the server_name "${name}"; there are: ${serverNames(all)}`);
      }
    }
    return all.filter((server) => server.names.some((name) => servers.includes(name)));
  }

  #isOwn(node: ConfigNode): boolean {
    return this.#own.isOwn(posix.normalize(node.file.path));
  }

  #resolve(path: string): string {
    return posix.resolve(this.#tree.configPrefix, path);
  }

  /** The scope's own directives of a name that wallguard did not write. */
  #set(scope: Scope | undefined, name: string): ConfigNode[] {
    return (scope?.named(name) ?? []).filter((node) => !this.#isOwn(node));
  }

  #includes(scope: Scope, path: string): boolean {
    return scope.named('include').some(({ args: [arg = ''] }) => this.#resolve(arg) === path);
  }

  #isProtected({ scope }: ServerBlock): boolean {
    return this.#includes(scope, posix.join(this.#own.folder, 'server.conf'));
  }

  async #placeGenerated(): Promise<void> {
    for (const { path, text, onlyIfMissing, renewed } of this.#request.generated) {
      const present = this.#request.present.get(this.#resolve(path));
      if (onlyIfMissing === true) await this.#placeVendorFile(path, text);
      else if (renewed === undefined || present === undefined || !isGenerated(path, present)) {
        this.#files.set(this.#resolve(path), text);
      } else {
        try {
          this.#files.set(this.#resolve(path), renewed(Buffer.from(present).toString()));
        } catch (error) {
          this.#refusals.push(`${this.#resolve(path)}: ${(error as Error).message}; it would be lost, move it away`);
        }
      }
    }
    for (const path of this.#files.keys()) {
      const before = this.#request.present.get(path);
      if (before !== undefined && !isGenerated(path, before)) {
        this.#refusals.push(`${path} is there and was not written by wallguard; move it away`);
      }
    }
  }

  /** The vendor's statistics service: only where the configuration has none at all. */
  async #placeVendorFile(path: string, text: string): Promise<void> {
    const { files } = this.#request;
    if ([...walk(this.#tree.main)].some((node) => node.name === 'wallarm_status')) return;
    const target = this.#resolve(path);
    if ((await files.read(target)).state === 'absent') this.#files.set(target, text);
    const http = this.#tree.main.named('http')[0];
    if (http !== undefined && (await this.#whereRead(target, text)) === 'never') {
      this.#add(http.file, insertAtStart(http.file, http.directive, `include ${path};`));
    }
  }

  #planMain(): void {
    const path = posix.join(this.#own.folder, 'main.conf');
    const loaded = new Map(this.#set(this.#tree.main, 'load_module').map((node) => [moduleName(node.args[0]), node]));
    this.#leaveOut(path, (directive) => {
      if (directive.name.value === 'load_module') return loaded.get(moduleName(directive.args[0]?.value));
      return SINGLE_VALUES.main.has(directive.name.value)
        ? this.#set(this.#tree.main, directive.name.value)[0]
        : undefined;
    });
    const file = this.#mainFile();
    if (!this.#includes(this.#tree.main, path))
      this.#add(file, insertAtStart(file, undefined, 'include wallguard/main.conf;'));
  }

  /** Takes lines out of an own file that the configuration has already; a comment says where. */
  #leaveOut(path: string, already: (directive: Directive) => ConfigNode | undefined): void {
    const text = this.#files.get(path);
    if (text === undefined) return;
    const file = parseFile(path, text);
    const edits: Edit[] = [];
    for (const directive of file.directives) {
      const there = already(directive);
      if (there === undefined) continue;
      const written = file.latin1.slice(directive.start, directive.end);
      edits.push({
        start: directive.start,
        end: directive.end,
        text: `# left out, since ${there.file.path} has it: ${written}`,
      });
      const at = placeOf(there);
      this.#notes.push(
        directive.name.value === 'load_module'
          ? `${at} loads ${moduleName(there.args[0])} already; it is left out of ${path}`
          : `${at} sets "${sentence(there)}", which stays; "${written}" is left out of ${path}`,
      );
    }
    this.#files.set(path, Buffer.from(applyEdits(file.bytes, edits)).toString());
  }

  #mainFile(): ParsedFile {
    const file = this.#tree.files.find(({ path }) => path === this.#tree.mainPath);
    if (file === undefined) throw new Error('a configuration without errors has a main file');
    return file;
  }

  /**
   * The http part has to be read before the first server that uses it, since that names its log formats. Where
   * `conf.d/*.conf` is included in time, its place there does; else it gets an include of its own.
   */
  async #planHttp(first: ConfigNode): Promise<void> {
    const http = first.parent;
    const text = this.#files.get(this.#own.conf) ?? '';
    this.#leaveOut(this.#own.conf, ({ name }) =>
      SINGLE_VALUES.http.has(name.value) ? this.#set(http, name.value)[0] : undefined,
    );
    const apart = posix.join(this.#own.folder, 'http.conf');
    const where = this.#includes(http, apart) ? 'too late' : await this.#whereRead(this.#own.conf, text, first);
    if (where === 'in time') return;
    const path = where === 'never' ? this.#own.conf : apart;
    if (path === apart) {
      this.#files.set(apart, this.#files.get(this.#own.conf) ?? '');
      this.#files.delete(this.#own.conf);
    }
    if (this.#includes(http, path)) return;
    if (path === apart) {
      this.#notes.push(
        `${this.#own.conf} would be read after ${placeOf(first)}; its content is put in ${apart} and included before`,
      );
    }
    const line = `include ${posix.relative(this.#tree.configPrefix, path)};`;
    const before = includeChain(first).find((include) => include.parent === http) ?? first;
    this.#add(before.file, insertBefore(before.file, before.directive, line));
  }

  /** Whether an include that is there reads this file, and whether before that server. */
  async #whereRead(path: string, text: string, server?: ConfigNode): Promise<'in time' | 'too late' | 'never'> {
    const changes = new Map([[path, Buffer.from(text)]]);
    const tree = await loadConfig(overlaidFiles(this.#request.files, changes), this.#tree.mainPath, this.#tree.prefix);
    const http = tree.main.named('http').flatMap((node) => node.scope?.children ?? []);
    const conf = http.findIndex((node) => posix.normalize(node.file.path) === path);
    if (conf < 0) return 'never';
    const first = http.findIndex(
      ({ file, directive }) => file.path === server?.file.path && directive.start === server.directive.start,
    );
    return first < 0 || conf < first ? 'in time' : 'too late';
  }

  /** What an own file sets, outside any block in it. */
  #directiveNames(file: string): ReadonlySet<string> {
    const path = posix.join(this.#own.folder, file);
    return new Set(parseFile(path, this.#files.get(path) ?? '').directives.map(({ name }) => name.value));
  }

  /** @param written  what `server.conf` sets; `timeouts`: what `proxy.conf` does */
  #planServer(server: ServerBlock, written: ReadonlySet<string>, timeouts: ReadonlySet<string>): void {
    const { scope } = server;
    for (const name of SINGLE_VALUES.server) {
      for (const node of written.has(name) ? this.#set(scope, name) : []) {
        this.#refusals.push(
          `${placeOf(node)} sets "${sentence(node)}", and so does wallguard/server.conf; remove it there, or set it in the settings`,
        );
      }
    }
    const lines = [
      ...(this.#isProtected(server) ? [] : ['include wallguard/server.conf;']),
      ...this.#proxyLine(server, timeouts),
      ...this.#keptLines(server, written),
    ];
    if (lines.length > 0) this.#insertInServer(server, lines.join('\n'));
    this.#planLocations(server);
  }

  #proxyLine({ node: block, scope }: ServerBlock, timeouts: ReadonlySet<string>): string[] {
    if (this.#includes(scope, posix.join(this.#own.folder, 'proxy.conf'))) return [];
    if (![...walk(scope)].some((node) => node.name === 'proxy_pass')) return [];
    for (let at: Scope | undefined = scope; at !== undefined; at = at.owner?.parent) {
      const set = [...timeouts].flatMap((name) => this.#set(at, name));
      if (set.length === 0) continue;
      this.#notes.push(
        `${placeOf(block)}: timeouts are set in ${set.map(placeOf).join(', ')} and stay; wallguard/proxy.conf is not included`,
      );
      return [];
    }
    return ['include wallguard/proxy.conf;'];
  }

  /** Copies of inherited lists that the server would lose, and the access log it would have had by default. */
  #keptLines({ node: block, scope }: ServerBlock, written: ReadonlySet<string>): string[] {
    const { access_log } = this.#request.settings;
    const lines: string[] = [];
    for (const name of REPLACED_LISTS) {
      const set = this.#set(scope, name);
      if (set.some((node) => name === 'access_log' && node.args[0] === 'off')) {
        this.#notes.push(`${placeOf(set[0]!)} switches every log of ${placeOf(block)} off, telemetry as well`);
      }
      if (!written.has(name) || set.length > 0 || (name === 'access_log' && access_log === 'off')) continue;
      const inherited = this.#inherited(scope, name);
      for (const node of inherited) {
        if (node.args[0] !== 'off')
          lines.push(`${[name, ...node.args.map(quoteWord)].join(' ')}; ${KEPT_MARK}: inherited before`);
      }
      if (name === 'access_log' && inherited.length === 0 && access_log !== 'off') {
        lines.push(`access_log ${access_log.path} ${access_log.format}; ${KEPT_MARK}: the default before`);
      }
    }
    return lines;
  }

  #inherited(scope: Scope, name: string): ConfigNode[] {
    for (let at = scope.owner?.parent; at !== undefined; at = at.owner?.parent) {
      const set = this.#set(at, name);
      if (set.length > 0) return set;
    }
    return [];
  }

  /** After the listens and names that a server begins with: rewrites that follow must not run first. */
  #insertInServer({ node }: ServerBlock, text: string): void {
    let last: Directive | undefined;
    for (const directive of node.directive.block ?? []) {
      if (!/^(?:listen|server_name|http2|http3)$/.test(directive.name.value)) break;
      last = directive;
    }
    this.#add(
      node.file,
      last === undefined ? insertAtStart(node.file, node.directive, text) : insertAfter(node.file, last, text),
    );
  }

  /** A location with error pages of its own has lost the one that leads to the blocking page. */
  #planLocations({ scope }: ServerBlock): void {
    const path = posix.join(this.#own.folder, 'location.conf');
    const inside = new Set<Scope>();
    for (const node of walk(scope)) {
      if (this.#isOwn(node) || node.parent === scope) continue;
      if (node.name === 'error_page') inside.add(node.parent);
      if (node.name === 'access_log') {
        this.#notes.push(`${placeOf(node)}: a location with an access_log of its own writes no telemetry`);
      }
    }
    for (const location of inside) {
      const { owner } = location;
      if (owner === undefined || this.#includes(location, path)) continue;
      this.#notes.push(
        `${placeOf(owner)}: "${sentence(owner)}" has its own error_page; it gets wallguard/location.conf`,
      );
      this.#add(owner.file, insertAtStart(owner.file, owner.directive, 'include wallguard/location.conf;'));
    }
  }

  /** Edits are kept once each: a file may be included in several places. */
  #add(file: ParsedFile, edit: Edit): void {
    if (this.#own.isOwn(posix.normalize(file.path))) return;
    const edits = this.#edits.get(file) ?? new Map<string, Edit>();
    edits.set(`${edit.start}-${edit.end}-${edit.text}`, edit);
    this.#edits.set(file, edits);
  }

  #changes(): FileChange[] {
    const { present } = this.#request;
    const own: FileChange[] = [...this.#files].map(([path, text]) => ({
      path,
      before: present.get(path),
      after: Buffer.from(text),
      own: true,
    }));
    for (const [path, before] of present) {
      if (!this.#files.has(path) && isGenerated(path, before)) own.push({ path, before, after: undefined, own: true });
    }
    return sortChanges([...own, ...editedFiles(this.#edits)], this.#tree.mainPath);
  }

  #directories(): NeededDirectory[] {
    const { engine, modsecurity } = this.#request.settings;
    const needed = new Map<string, NeededDirectory>();
    const addLog = (log: string): void => {
      const parent = posix.dirname(log);
      if (!needed.has(parent)) needed.set(parent, { path: parent, mode: 0o755, purpose: `log ${log}` });
    };
    if (engine === 'modsecurity') addLog(modsecurity.audit_log);
    for (const [path, text] of this.#files) {
      // The rules file of ModSecurity has a language of its own.
      if (!path.endsWith('.conf') || path.endsWith('/modsecurity.conf')) continue;
      const pending: Directive[] = [...parseFile(path, text).directives];
      for (let directive = pending.pop(); directive !== undefined; directive = pending.pop()) {
        pending.push(...(directive.block ?? []));
        const [value = ''] = directive.args.map((word) => word.value);
        if (directive.name.value === 'working_directory') {
          needed.set(value, { path: value, mode: 0o1777, purpose: 'core files of workers' });
        } else if (directive.name.value === 'access_log' && value.startsWith('/') && !value.includes('$')) {
          addLog(value);
        }
      }
    }
    const lists = posix.join(this.#request.settings.lists.directory, 'lists');
    needed.set(lists, {
      path: lists,
      mode: 0o750,
      purpose: 'lists of addresses and their history',
      owner: this.#worker(),
    });
    return [...needed.values()];
  }

  /** Name of the user that workers run as. */
  #worker(): string {
    return this.#tree.main.named('user')[0]?.args[0] ?? 'nobody';
  }
}

/** What takes an installation out again. */
export interface UninstallRequest {
  readonly tree: ConfigTree;
  readonly present: ReadonlyMap<string, Uint8Array>;
  /** Files of the operator as they were before, where nobody changed them since. */
  readonly originals: ReadonlyMap<string, Uint8Array>;
}

/** Plans the removal: own files go, the operator's get back what they were, or lose what was added. */
export function planUninstall({ tree, present, originals }: UninstallRequest): Plan {
  const own = ownPaths(tree.configPrefix);
  const added = (file: ParsedFile): Edit[] =>
    addedDirectives(file, (path) => own.isOwn(posix.resolve(tree.configPrefix, path)));
  const edits = new Map<ParsedFile, Map<string, Edit>>();
  const changes: FileChange[] = [];
  const notes: string[] = [];
  for (const file of tree.files) {
    if (own.isOwn(posix.normalize(file.path))) continue;
    const removals = added(file);
    if (removals.length === 0) continue;
    const original = originals.get(file.path);
    // A copy from a time when somebody had already included wallguard by hand would bring that back.
    if (original !== undefined && added(parseFile(file.path, original)).length === 0) {
      changes.push({ path: file.path, before: file.bytes, after: original, own: false });
    } else {
      edits.set(file, new Map(removals.map((edit) => [`${edit.start}`, edit])));
    }
  }
  changes.push(...editedFiles(edits));
  for (const [path, before] of present) {
    if (isGenerated(path, before)) changes.push({ path, before, after: undefined, own: true });
    else notes.push(`${path} was not written by wallguard and stays`);
  }
  const protectedServers = serversOf(tree).filter(({ scope }) =>
    scope.named('include').some(({ args: [arg = ''] }) => own.isOwn(posix.resolve(tree.configPrefix, arg))),
  );
  // The includes go first: a file must not be missing while one is left that names it.
  const sorted = sortChanges(changes, tree.mainPath).toReversed();
  return { changes: sorted, directories: [], notes, refusals: [], servers: protectedServers };
}

/** Removals of the includes of own files, and of lines with wallguard's mark behind them. */
function addedDirectives(file: ParsedFile, isOwn: (path: string) => boolean): Edit[] {
  const edits: Edit[] = [];
  const pending: Directive[] = [...file.directives];
  for (let directive = pending.pop(); directive !== undefined; directive = pending.pop()) {
    if (directive.body === 'directives') pending.push(...(directive.block ?? []));
    const mark = file.comments.find(
      (comment) => comment.start >= directive.end && comment.line === directive.terminator.line,
    );
    if (directive.name.value === 'include' && isOwn(directive.args[0]?.value ?? '')) {
      edits.push(removeDirective(file, directive));
    } else if (directive.block === undefined && mark?.text.startsWith(KEPT_MARK)) {
      edits.push(removeDirective(file, { ...directive, end: mark.end }));
    }
  }
  return edits;
}

function editedFiles(edits: ReadonlyMap<ParsedFile, ReadonlyMap<string, Edit>>): FileChange[] {
  return [...edits].map(([file, planned]) => ({
    path: file.path,
    before: file.bytes,
    after: applyEdits(file.bytes, [...planned.values()]),
    own: false,
  }));
}

/** Without what stays as it is; own files first, the main file last, the rest by path. */
function sortChanges(changes: readonly FileChange[], mainPath: string): FileChange[] {
  const rank = ({ own, path }: FileChange): number => (own ? 0 : path === mainPath ? 2 : 1);
  return changes
    .filter(({ before, after }) => before === undefined || after === undefined || Buffer.compare(before, after) !== 0)
    .toSorted((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1));
}

/** JSON has no comments to carry the mark in. */
function isGenerated(path: string, bytes: Uint8Array): boolean {
  return path.endsWith('/wallguard/settings.json') || Buffer.from(bytes).subarray(0, 200).includes(generatedMark);
}

function moduleName(path: string | undefined): string {
  return posix.basename(path ?? '');
}

function placeOf(node: ConfigNode): string {
  const { file, line } = positionOf(node);
  return `${file}:${line}`;
}

/** The directive in one line, as an operator would write it. */
function sentence(node: ConfigNode): string {
  return [node.name, ...node.args.map(quoteWord)].join(' ');
}

/** Servers for a message: names, or the place of one that has none. */
export function serverNames(servers: readonly ServerBlock[]): string {
  return servers
    .map(({ names, node }) => (names[0] === '' ? `(no name, ${placeOf(node)})` : names.join(' ')))
    .join(', ');
}
