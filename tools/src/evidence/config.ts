/**
 * A loaded configuration with the questions that many checks ask, each answered once.
 *
 * Checks on a configuration with ten thousand servers stay fast because none of them walks the whole tree for itself.
 */
import type { ConfigNode, ConfigTree, Scope } from '../nginx-conf/include.ts';
import { effective, locationsOf, serversOf, walk } from '../nginx-conf/query.ts';
import type { Effective, LocationBlock, ServerBlock } from '../nginx-conf/query.ts';

export class Config {
  readonly tree: ConfigTree;
  private index: ReadonlyMap<string, readonly ConfigNode[]> | undefined;
  private serverList: readonly ServerBlock[] | undefined;
  private readonly locationLists = new Map<Scope, readonly LocationBlock[]>();

  constructor(tree: ConfigTree) {
    this.tree = tree;
  }

  /** The main context. */
  get main(): Scope {
    return this.tree.main;
  }

  /** The first `http` block's inside; undefined when there is none. */
  get http(): Scope | undefined {
    return this.main.named('http').find((node) => node.scope !== undefined)?.scope;
  }

  /** Every directive of that name, in whatever context, in reading order; entries of tables (`map` …) are left out. */
  all(name: string): readonly ConfigNode[] {
    return this.byName().get(name) ?? [];
  }

  /** Whether any directive matches: `config.usesAny(/^wallarm_/)`. */
  usesAny(pattern: RegExp): boolean {
    for (const name of this.byName().keys()) if (pattern.test(name)) return true;
    return false;
  }

  /** Names of all directives in use. */
  names(): Iterable<string> {
    return this.byName().keys();
  }

  /** Every server of `http`, `stream` and `mail`. */
  get servers(): readonly ServerBlock[] {
    this.serverList ??= serversOf(this.tree);
    return this.serverList;
  }

  /** Every location of a server, nested ones after the one around them. */
  locations(server: Scope): readonly LocationBlock[] {
    let locations = this.locationLists.get(server);
    if (locations === undefined) {
      locations = locationsOf(server);
      this.locationLists.set(server, locations);
    }
    return locations;
  }

  /** The value in force in a scope; see {@link effective}. */
  effective(name: string, scope: Scope): Effective {
    return effective(name, scope);
  }

  /** The arguments of the last directive in force; undefined when NGINX's default holds. */
  value(name: string, scope: Scope): readonly string[] | undefined {
    const inForce = this.effective(name, scope);
    return inForce.state === 'default' ? undefined : inForce.nodes.at(-1)?.args;
  }

  /** A path as written in the configuration, made absolute the way NGINX does for files it reads (certificates …). */
  configPath(path: string): string {
    return path.startsWith('/') ? path : `${this.tree.configPrefix}/${path}`;
  }

  private byName(): ReadonlyMap<string, readonly ConfigNode[]> {
    if (this.index !== undefined) return this.index;
    const index = new Map<string, ConfigNode[]>();
    for (const node of walk(this.tree.main)) {
      if (node.parent.owner?.directive.body === 'data') continue;
      const same = index.get(node.name);
      if (same === undefined) index.set(node.name, [node]);
      else same.push(node);
    }
    this.index = index;
    return index;
  }
}

/** Makes a derivation that is done once for each configuration, however many checks ask for it. */
export function perConfig<T>(derive: (config: Config) => T): (config: Config) => T {
  const known = new WeakMap<Config, { readonly value: T }>();
  return (config) => {
    let derived = known.get(config);
    if (derived === undefined) known.set(config, (derived = { value: derive(config) }));
    return derived.value;
  };
}
