/**
 * Which filtering engine a configuration uses, and of which generation a Wallarm node is.
 */
import type { ConfigNode } from '../nginx-conf/include.ts';
import type { Config } from './config.ts';

const WALLARM = /^(?:wallarm_.*|disable_acl)$/;

/** Whether the Wallarm module is loaded or configured. */
export function usesWallarm(config: Config): boolean {
  return config.usesAny(WALLARM) || loadsModule(config, 'wallarm') !== undefined;
}

/** Whether the ModSecurity connector is configured. Distributions load it as soon as its package is there, which says nothing. */
export function usesModsecurity(config: Config): boolean {
  return config.usesAny(/^modsecurity/);
}

/** Whether requests pass a filtering engine inside this NGINX. */
export function usesEngine(config: Config): boolean {
  return usesWallarm(config) || usesModsecurity(config);
}

/** The `load_module` of `ngx_http_NAME_module.so`. */
export function loadsModule(config: Config, name: string): ConfigNode | undefined {
  const file = new RegExp(`(?:^|/)ngx_http_${name}_module\\.so$`);
  return config.main.named('load_module').find(({ args }) => file.test(args[0] ?? ''));
}

/**
 * `old`: the storage of nodes up to 5.x is configured; `new`: that of 6.0 and later, or a directive that came later;
 * undefined: nothing tells (wallarm-node.md 0.2, 11).
 */
export function nodeGeneration(config: Config): 'old' | 'new' | undefined {
  if (config.usesAny(/^wallarm_(?:wstore_.*|enable_mcp.*|export_streams|fingerprint|parse_sse|status_group)$/)) {
    return 'new';
  }
  return config.all('wallarm_tarantool_upstream').length > 0 ? 'old' : undefined;
}
