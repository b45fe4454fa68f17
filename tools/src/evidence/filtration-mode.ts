/**
 * Filtration modes in a configuration (wallarm-node.md 2).
 */
import type { ConfigNode } from '../nginx-conf/include.ts';
import type { Config } from './config.ts';

/** From the mildest to the strictest. */
export const modes = ['off', 'monitoring', 'safe_blocking', 'block'] as const;

/** How strict a literal mode is; -1 for a variable or a word that is none. */
export function strictness(mode: string | undefined): number {
  return modes.findIndex((one) => one === mode);
}

/** The `map`, `geo` and the like that make a variable; `name` with its `$`. */
export function makersOf(config: Config, name: string): readonly ConfigNode[] {
  return variableMakers.flatMap((maker) => config.all(maker)).filter((node) => madeBy(node) === name);
}

const variableMakers = ['map', 'geo', 'split_clients', 'set', 'js_set', 'js_var', 'perl_set', 'auth_request_set'];

/** The variable that a directive makes. */
function madeBy({ name, args }: ConfigNode): string | undefined {
  switch (name) {
    case 'map':
    case 'split_clients':
      return args[1];
    case 'geo':
      return args.at(-1);
    default:
      return args[0];
  }
}
