/**
 * Which language the blocking page is in: lookup on `Accept-Language`.
 * Source: RFC 4647 3.4 (lookup), RFC 9110 12.5.4.
 */
import { itemValue, listItems, quality } from './header-list.ts';

/**
 * The offered language with the highest weight, the first one among equals.
 *
 * @param header   value of `Accept-Language`, empty when there was none
 * @param offered  offered languages with a space before and after each, such as ` en de zh-Hans `; the first is the
 *                 fallback. One string costs njs less per request than a list.
 */
export function chooseLanguage(header: string, offered: string): string {
  const fallback = offered.slice(1, offered.indexOf(' ', 1));
  const items = header === '' ? [] : listItems(header);
  let best = fallback;
  let bestWeight = 0;
  for (let index = 0; index < items.length; index++) {
    const item = items[index] as string;
    const weight = quality(item);
    if (weight > bestWeight) {
      const found = lookUp(itemValue(item), offered, fallback);
      if (found !== '') {
        best = found;
        bestWeight = weight;
        if (weight === 1) {
          break;
        }
      }
    }
  }
  return best;
}

/** The offered language for one range, or empty: `de-AT` finds `de`, and `zh-TW` finds `zh-Hant`. */
function lookUp(range: string, offered: string, fallback: string): string {
  if (range === '*') {
    return fallback;
  }
  // No registered tag is longer, and a space would be taken for the end of an offered one.
  if (range.length > 35 || range.indexOf(' ') >= 0) {
    return '';
  }
  const list = offered.toLowerCase();
  let tag = range;
  while (tag !== '') {
    const at = list.indexOf(' ' + sameLanguage(tag) + ' ');
    if (at >= 0) {
      return tagAt(offered, at);
    }
    const dash = tag.lastIndexOf('-');
    if (dash < 0) {
      // The language in another script is still nearer than another language.
      const other = list.indexOf(' ' + tag + '-');
      return other < 0 ? '' : tagAt(offered, other);
    }
    tag = tag.slice(0, dash);
  }
  return '';
}

/** Tags that name a language we offer under another tag: Chinese by region, and codes from before 1989. */
function sameLanguage(tag: string): string {
  switch (tag) {
    case 'zh':
    case 'zh-cn':
    case 'zh-sg':
      return 'zh-hans';
    case 'zh-tw':
    case 'zh-hk':
    case 'zh-mo':
      return 'zh-hant';
    case 'iw':
      return 'he';
    case 'in':
      return 'id';
    default:
      return tag;
  }
}

/** @param space  index of the space before the tag */
function tagAt(offered: string, space: number): string {
  return offered.slice(space + 1, offered.indexOf(' ', space + 1));
}
