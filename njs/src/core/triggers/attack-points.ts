/**
 * Points of the Wallarm module: `[get, 'id']|[post][json][json_obj, 'data'][base64]`, chains of parser steps joined by
 * `|` (wallarm-node.md 3.1). The grammar of a name inside a step is not public; both `[get, 'id']` and `[get][id]` are
 * read, and a name may hold any character.
 */

export interface Point {
  /** The chain as it was written. */
  readonly text: string;
  /** Step names and their arguments in order: `get`, `id`. */
  readonly steps: readonly string[];
}

/** At most 32 points of at most 32 steps; a request that needs more is cut off there. */
export function readPoints(list: string): Point[] {
  const points: Point[] = [];
  let at = 0;
  while (at < list.length && points.length < 32) {
    const start = at;
    const steps: string[] = [];
    while (list.charAt(at) === '[') {
      const end = stepEnd(list, at);
      if (steps.length < 32) {
        addStep(steps, list.slice(at + 1, end));
      }
      at = end + 1;
    }
    if (steps.length > 0) {
      points.push({ text: list.slice(start, at), steps });
    }
    // Whatever stands before the next separator is not of this grammar.
    const separator = list.indexOf('|', at);
    at = separator < 0 ? list.length : separator + 1;
  }
  return points;
}

/** Where the bracket that opens at `open` is closed: behind a quoted argument, whatever that holds. */
function stepEnd(list: string, open: number): number {
  const simple = list.indexOf(']', open);
  const quote = list.indexOf("'", open);
  const close = quote >= 0 && quote < simple ? list.indexOf("']", quote + 1) + 1 : simple;
  return close <= 0 ? list.length : close;
}

function addStep(steps: string[], inside: string): void {
  const comma = inside.indexOf(',');
  if (comma < 0) {
    steps.push(inside.trim());
    return;
  }
  const argument = inside.slice(comma + 1).trim();
  const quoted = argument.length >= 2 && argument.charAt(0) === "'" && argument.charAt(argument.length - 1) === "'";
  steps.push(inside.slice(0, comma).trim(), quoted ? argument.slice(1, -1) : argument);
}
