/**
 * Blocking pages of a Wallarm node, read by the rules of wallarm-node.md 4.1.
 */
import type { ConfigNode } from '../nginx-conf/include.ts';
import type { Config } from './config.ts';
import { makersOf } from './filtration-mode.ts';

/** A target of `wallarm_block_page`: what it names, and where that is written. */
export interface BlockPageTarget {
  readonly node: ConfigNode;
  /** `&/path.html`, `/path`, `@name` or `$variable`. */
  readonly text: string;
  /** The directive is followed through a variable to an entry of its map. */
  readonly isSelected: boolean;
}

/** Every target, and what variables may stand for. */
export function blockPageTargets(config: Config): BlockPageTarget[] {
  return config.all('wallarm_block_page').flatMap((node): BlockPageTarget[] => {
    const [text = ''] = node.args;
    const own = { node, text, isSelected: false };
    if (!text.startsWith('$')) return [own];
    const entries = makersOf(config, text).flatMap((maker) => maker.scope?.children ?? []);
    return [
      own,
      ...entries.flatMap((entry) =>
        entry.args.slice(0, 1).map((value) => ({ node: entry, text: value, isSelected: true })),
      ),
    ];
  });
}

/** Path of the file that a target names; undefined when it names none, or holds a variable. */
export function pageFile({ text }: BlockPageTarget): string | undefined {
  return text.startsWith('&/') && !text.includes('$') ? text.slice(1) : undefined;
}
