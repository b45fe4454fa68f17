/**
 * Which form of the blocking page a client gets: content negotiation on `Accept`.
 * Source: RFC 9110 12.5.1; edge-peers-and-standards.md C1 ("negotiation").
 */
import { itemValue, listItems, quality } from './header-list.ts';

/** gRPC is not in this list: its requests are told by their content type, before `Accept` is looked at. */
export type PageFormat = 'html' | 'json' | 'text' | 'markdown';

/** How well a media range fits a form; the more specific range decides on the form's weight. */
type Specificity = 0 | 1 | 2 | 3;

interface Candidate {
  readonly format: PageFormat;
  specificity: Specificity;
  weight: number;
  /** Position of the range in the header. */
  order: number;
}

/**
 * The form with the highest weight; among equals the one that is named more precisely, then the one named first, then
 * our own order. So `application/json` beside a wildcard gives JSON, and a browser's page view gives HTML.
 *
 * @param accept     value of the header, empty when there was none
 * @param isProgram  whether something other than a page view asked; it decides where the client leaves the choice to us
 * @returns `text` when the client accepts none of the forms: an answer is still due, and this is the shortest
 */
export function chooseFormat(accept: string, isProgram: boolean): PageFormat {
  const candidates = isProgram
    ? [candidate('json'), candidate('text'), candidate('markdown'), candidate('html')]
    : [candidate('html'), candidate('json'), candidate('text'), candidate('markdown')];
  const items = listItems(accept === '' ? '*/*' : accept);
  for (let order = 0; order < items.length; order++) {
    const item = items[order] as string;
    const range = itemValue(item);
    for (let index = 0; index < candidates.length; index++) {
      const one = candidates[index] as Candidate;
      const specificity = fit(one.format, range);
      if (specificity > one.specificity) {
        one.specificity = specificity;
        one.weight = quality(item);
        one.order = order;
      }
    }
  }
  let best: Candidate | undefined;
  for (let index = 0; index < candidates.length; index++) {
    const one = candidates[index] as Candidate;
    if (one.weight > 0 && (best === undefined || isBetter(one, best))) {
      best = one;
    }
  }
  return best === undefined ? 'text' : best.format;
}

/**
 * True when `accept` begins as a browser's page view does: `text/html` first and without a weight. Nothing can outdo
 * that, so HTML needs no further look.
 */
export function isPageView(accept: string): boolean {
  return accept.startsWith('text/html,') || accept === 'text/html';
}

function candidate(format: PageFormat): Candidate {
  return { format: format, specificity: 0, weight: 0, order: 0 };
}

function isBetter(one: Candidate, other: Candidate): boolean {
  if (one.weight !== other.weight) {
    return one.weight > other.weight;
  }
  if (one.specificity !== other.specificity) {
    return one.specificity > other.specificity;
  }
  return one.order < other.order;
}

function fit(format: PageFormat, range: string): Specificity {
  if (range === '*/*') {
    return 1;
  }
  if (range === (format === 'json' ? 'application/*' : 'text/*')) {
    return 2;
  }
  return isNamed(format, range) ? 3 : 0;
}

function isNamed(format: PageFormat, range: string): boolean {
  if (format === 'html') {
    return range === 'text/html' || range === 'application/xhtml+xml';
  }
  if (format === 'json') {
    // A client that reads some JSON type of its own reads application/problem+json.
    return range === 'application/json' || (range.startsWith('application/') && range.endsWith('+json'));
  }
  return range === (format === 'text' ? 'text/plain' : 'text/markdown');
}
