/**
 * How many arguments a directive takes, told from its documented syntax.
 */
import { argumentBits } from '../../tools/src/directives/directive-table.ts';

/** More arguments than NGINX counts one by one; stands for "any number from here on". */
const MANY = 8;

/**
 * Derives the argument bits of `ngx_command_t.type`.
 *
 * @param forms  HTML of each documented form, as `@nginx/reference-lib` gives it
 */
export function argumentsOfSyntax(forms: readonly string[]): number {
  const plain = forms.map(plainText);
  if (plain.length === 1 && /^(?:on \| off|off \| on)$/.test(plain[0] ?? '')) return argumentBits.flag;
  const counts = new Set(plain.flatMap((form) => [...new SyntaxReader(form).counts()]));
  if (counts.has(MANY)) {
    const fewest = Math.min(...counts);
    return fewest === 0 ? argumentBits.any : fewest === 1 ? argumentBits.oneOrMore : argumentBits.twoOrMore;
  }
  return [...counts].reduce((bits, count) => bits | (1 << count), 0);
}

const ENTITIES: Readonly<Record<string, string>> = { hellip: '…', lt: '<', gt: '>', amp: '&' };

function plainText(html: string): string {
  return html
    .replace(/<[^>]*>/g, '')
    .replace(/&(\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole)
    .replaceAll('{...}', '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Reads words, `[optional]` parts, `a | b` choices and `…` repetitions. */
class SyntaxReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  counts(): Set<number> {
    return this.#choice();
  }

  #choice(): Set<number> {
    const counts = this.#sequence();
    while (this.#text.charAt(this.#at) === '|') {
      this.#at++;
      for (const count of this.#sequence()) counts.add(count);
    }
    return counts;
  }

  #sequence(): Set<number> {
    let total = new Set([0]);
    let last: Set<number> | undefined;
    for (;;) {
      while (this.#text.charAt(this.#at) === ' ') this.#at++;
      const character = this.#text.charAt(this.#at);
      if (character === '' || character === '|' || character === ']') return total;
      if (character === '…') {
        this.#at++;
        if (last !== undefined) total = sums(total, repeated(last));
        continue;
      }
      last = this.#item();
      total = sums(total, last);
    }
  }

  #item(): Set<number> {
    if (this.#text.charAt(this.#at) !== '[') return this.#word();
    this.#at++;
    const inside = this.#choice();
    this.#at++;
    // Something stuck to the bracket makes both one word: `[user@]host`.
    if (!/[ \]|…]|^$/.test(this.#text.charAt(this.#at))) return this.#word();
    return inside.add(0);
  }

  /** A word; brackets inside belong to it: `name[:size]`, and so does a bar without spaces around it: `on|off`. */
  #word(): Set<number> {
    let depth = 0;
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text.charAt(this.#at);
      if (character === '[') depth++;
      else if (character === ']' && --depth < 0) break;
      else if (depth <= 0 && (character === ' ' || character === '…')) break;
    }
    return new Set([1]);
  }
}

function sums(left: ReadonlySet<number>, right: ReadonlySet<number>): Set<number> {
  return new Set([...left].flatMap((a) => [...right].map((b) => Math.min(a + b, MANY))));
}

/** Any number of further repetitions. */
function repeated(counts: ReadonlySet<number>): Set<number> {
  let all = new Set([0]);
  for (let times = 0; times < MANY; times++) all = new Set([...all, ...sums(all, counts)]);
  return all;
}
