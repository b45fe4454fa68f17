/**
 * Questions to a loaded configuration.
 */
import type { ConfigNode, ConfigTree, Scope } from './include.ts';
import { positionIn } from './tree.ts';
import type { Position } from './tree.ts';

/** Every directive of every context in NGINX's reading order; entries of tables and the includes themselves too. */
export function* walk(scope: Scope): Generator<ConfigNode> {
  const pending = [{ children: scope.children, index: 0 }];
  for (let level = pending.at(-1); level !== undefined; level = pending.at(-1)) {
    const node = level.children[level.index++];
    if (node === undefined) {
      pending.pop();
      continue;
    }
    yield node;
    if (node.scope !== undefined) pending.push({ children: node.scope.children, index: 0 });
  }
}

/** Where the directive's first word stands. */
export function positionOf(node: ConfigNode): Position {
  return positionIn(node.file, node.directive.name);
}

/** The blocks around the directive, outermost first; empty in the main context. */
export function contextChain(node: ConfigNode): ConfigNode[] {
  const chain: ConfigNode[] = [];
  for (let owner = node.parent.owner; owner !== undefined; owner = owner.parent.owner) chain.push(owner);
  return chain.toReversed();
}

/** The includes that led to the directive's file, outermost first; empty in the main file. */
export function includeChain(node: ConfigNode): ConfigNode[] {
  const chain: ConfigNode[] = [];
  for (let include = node.includedBy; include !== undefined; include = include.includedBy) chain.push(include);
  return chain.toReversed();
}

/** The value of a directive that is in force somewhere. */
export type Effective =
  | {
      /** `set`: in the asked scope itself; `inherited`: in one around it. */
      readonly state: 'set' | 'inherited';
      /** All directives that make up the value, in order. More than one for those that build lists. */
      readonly nodes: readonly [ConfigNode, ...ConfigNode[]];
    }
  /** Nothing is set; NGINX's own default holds, which this model does not know. */
  | { readonly state: 'default' };

/**
 * Directives that make up one value together: where any of them stands, it replaces the whole inherited value.
 * (`allow` and `deny`: nginx.org, ngx_http_access_module; `root` and `alias`: two forms of one setting.)
 */
const SHARED_VALUES: Readonly<Record<string, readonly string[]>> = {
  alias: ['alias', 'root'],
  allow: ['allow', 'deny'],
  deny: ['allow', 'deny'],
  root: ['alias', 'root'],
};

/**
 * Directives that hold for one block alone. Handlers of a location (`proxy_pass` …) hold for the `if` and `limit_except`
 * blocks directly inside as well; nested locations start without one.
 */
const LOCAL_TO_BLOCK: ReadonlySet<string> = new Set([
  'break',
  'if',
  'listen',
  'return',
  'rewrite',
  'server_name',
  'set',
  'try_files',
]);
const HANDLERS: ReadonlySet<string> = new Set([
  'empty_gif',
  'fastcgi_pass',
  'flv',
  'grpc_pass',
  'js_content',
  'memcached_pass',
  'mp4',
  'proxy_pass',
  'scgi_pass',
  'stub_status',
  'uwsgi_pass',
  'wallarm_status',
]);
const NAMELESS_LOCATIONS: ReadonlySet<string> = new Set(['if', 'limit_except']);

/** Lists that can be told to add to the inherited one (NGINX 1.29.3): directive → what tells them. */
const INHERIT_SWITCHES: Readonly<Record<string, string>> = {
  add_header: 'add_header_inherit',
  add_trailer: 'add_trailer_inherit',
};

/**
 * The value in force in a scope, by NGINX's inheritance: the innermost scope that sets the directive decides alone.
 * Lists (`add_header`, `error_page`, `access_log`, `proxy_set_header` …) are replaced as a whole, not added to.
 * @param name   directive; asking for `allow` or `deny` gives both, since they form one list; so do `root` and `alias`
 * @param scope  where to ask: a block's inside, or the main context
 */
export function effective(name: string, scope: Scope): Effective {
  const mode = inheritMode(name, scope);
  const isHandler = HANDLERS.has(name);
  const isLocal = mode === 'off' || LOCAL_TO_BLOCK.has(name);
  let collected: readonly ConfigNode[] = [];
  for (let at: Scope | undefined = scope; at !== undefined; at = at.owner?.parent) {
    const here = setIn(at, name);
    if (here.length > 0) {
      if (mode !== 'merge') return inForce(here, at === scope);
      collected = collected.length === 0 ? here : [...here, ...collected];
    }
    if (isLocal || (isHandler && !NAMELESS_LOCATIONS.has(at.owner?.name ?? ''))) break;
  }
  return collected.length === 0
    ? DEFAULT
    : inForce(
        collected,
        collected.some((node) => node.parent === scope),
      );
}

const DEFAULT: Effective = { state: 'default' };

/** @param nodes  at least one */
function inForce(nodes: readonly ConfigNode[], isSet: boolean): Effective {
  return { state: isSet ? 'set' : 'inherited', nodes: nodes as readonly [ConfigNode, ...ConfigNode[]] };
}

/** What the scope itself says, in order. */
function setIn(scope: Scope, name: string): readonly ConfigNode[] {
  const together = SHARED_VALUES[name];
  if (together === undefined) return scope.named(name);
  const [first = [], ...rest] = together.map((one) => scope.named(one)).filter((nodes) => nodes.length > 0);
  return rest.length === 0 ? first : scope.children.filter((node) => together.includes(node.name));
}

/** How the lists that have a switch inherit in the scope. */
function inheritMode(name: string, scope: Scope): 'on' | 'off' | 'merge' {
  const directive = INHERIT_SWITCHES[name];
  if (directive === undefined) return 'on';
  const inForce = effective(directive, scope);
  const value = inForce.state === 'default' ? 'on' : inForce.nodes[0].args[0];
  return value === 'merge' || value === 'off' ? value : 'on';
}

/** An address a server listens on. */
export interface Listen {
  /** The `listen`; undefined for the address a server without any gets. */
  readonly node: ConfigNode | undefined;
  /** `*` for all IPv4 addresses, `[::1]` in brackets, a name, or `unix:PATH`. */
  readonly host: string;
  /** Undefined for a socket in the file system, and for a range or a port that is no number. */
  readonly port: number | undefined;
  /** The other words: `ssl`, `default_server` … */
  readonly parameters: readonly string[];
}

/** One `server` block. */
export interface ServerBlock {
  readonly node: ConfigNode;
  readonly scope: Scope;
  readonly protocol: 'http' | 'stream' | 'mail';
  /** As written, in order; `['']` when there is no `server_name` (the name NGINX gives it). */
  readonly names: readonly string[];
  readonly listens: readonly Listen[];
}

/** Every server of `http`, `stream` and `mail`, in reading order. Servers of an `upstream` are none. */
export function serversOf(tree: ConfigTree): ServerBlock[] {
  const servers: ServerBlock[] = [];
  for (const protocol of ['http', 'stream', 'mail'] as const) {
    for (const context of tree.main.named(protocol)) {
      for (const node of context.scope?.named('server') ?? []) {
        if (node.scope !== undefined) servers.push(serverBlock(node, node.scope, protocol));
      }
    }
  }
  return servers;
}

function serverBlock(node: ConfigNode, scope: Scope, protocol: ServerBlock['protocol']): ServerBlock {
  const names = scope.named('server_name').flatMap((directive) => directive.args);
  const listens = scope.named('listen').map(parseListen);
  // Without `listen`, http servers get *:80 (nginx.org, ngx_http_core_module; *:8000 when not started as root).
  const implied: Listen[] = protocol === 'http' ? [{ node: undefined, host: '*', port: 80, parameters: [] }] : [];
  return {
    node,
    scope,
    protocol,
    names: names.length > 0 ? names : [''],
    listens: listens.length > 0 ? listens : implied,
  };
}

/** Reads the forms of `listen`: `80`, `host`, `host:80`, `[::]:80`, `*:80`, `unix:/path`. */
function parseListen(node: ConfigNode): Listen {
  const [address = '', ...parameters] = node.args;
  if (address.startsWith('unix:')) return { node, host: address, port: undefined, parameters };
  const bare = /^\d+(-\d+)?$/.exec(address);
  if (bare !== null) return { node, host: '*', port: bare[1] === undefined ? Number(address) : undefined, parameters };
  const [, host = address, port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(address) ?? [];
  const number = port === undefined ? 80 : /^\d+$/.test(port) ? Number(port) : undefined;
  return { node, host, port: number, parameters };
}

/** One `location` block. */
export interface LocationBlock {
  readonly node: ConfigNode;
  readonly scope: Scope;
  readonly modifier: '' | '=' | '~' | '~*' | '^~' | '@';
  /** Prefix, regular expression, or name with its `@`. */
  readonly path: string;
}

/** Every location of a server, nested ones after the one around them, in reading order. */
export function locationsOf(scope: Scope): LocationBlock[] {
  const locations: LocationBlock[] = [];
  for (const node of walk(scope)) {
    if (node.name !== 'location' || node.scope === undefined) continue;
    locations.push({ node, scope: node.scope, ...parseLocation(node.args) });
  }
  return locations;
}

const MODIFIERS = ['=', '~*', '~', '^~'] as const;

/** A modifier may be a word of its own or stuck to the path (`=/exact`, `~*\.php$`). */
function parseLocation(args: readonly string[]): Pick<LocationBlock, 'modifier' | 'path'> {
  const [first = '', second] = args;
  if (first.startsWith('@')) return { modifier: '@', path: first };
  const modifier = MODIFIERS.find((known) => (second === undefined ? first.startsWith(known) : first === known)) ?? '';
  return { modifier, path: second ?? first.slice(modifier.length) };
}
