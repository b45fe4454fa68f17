/**
 * Which language the blocking page is in: lookup on `Accept-Language`.
 * Source: RFC 4647 3.4 (lookup), RFC 9110 12.5.4.
 */
import { itemValue, listItems, quality } from './header-list.ts';

/**
 * The offered language with the highest weight, the first one among equals.
 *
 * @param header   value of `Accept-Language`, empty when there was none
 * @param offered  offered languages with a space before and after each, such as ` en de zh-Hans `, in lower case but for
 *                 scripts; the first is the fallback. One string costs njs less per request than a list.
 */
export function chooseLanguage(header: string, offered: string): string {
  const comma = header.indexOf(',');
  const first = comma < 0 ? header : header.slice(0, comma);
  if (first !== '' && first.indexOf(';') < 0) {
    // What nearly every browser sends: named first and without a weight, so nothing can outdo it.
    const found = lookUp(itemValue(first), offered);
    if (found !== '') {
      return found;
    }
  }
  return chooseByWeight(header, offered);
}

/** {@link chooseLanguage} for any header. */
export function chooseByWeight(header: string, offered: string): string {
  const items = listItems(header);
  let best = tagAt(offered, 0);
  let bestWeight = 0;
  for (let index = 0; index < items.length; index++) {
    const item = items[index] as string;
    const weight = quality(item);
    if (weight > bestWeight) {
      const found = lookUp(itemValue(item), offered);
      if (found !== '') {
        best = found;
        bestWeight = weight;
      }
    }
  }
  return best;
}

/** The offered language for one range, or empty: `de-AT` finds `de`, and `zh-TW` finds `zh-Hant`. */
function lookUp(range: string, offered: string): string {
  // No registered tag is longer, and a space would be taken for the end of an offered one.
  if (range.length > 35 || range.indexOf(' ') >= 0) {
    return '';
  }
  if (range === '*') {
    return tagAt(offered, 0);
  }
  let tag = range;
  while (tag !== '') {
    const at = offered.indexOf(' ' + offeredAs(tag) + ' ');
    if (at >= 0) {
      return tagAt(offered, at);
    }
    const dash = tag.lastIndexOf('-');
    if (dash < 0) {
      // The language in another script is still nearer than another language.
      const other = offered.indexOf(' ' + tag + '-');
      return other < 0 ? '' : tagAt(offered, other);
    }
    tag = tag.slice(0, dash);
  }
  return '';
}

/** The tag under which a language would be offered: Chinese by script, and codes from before 1989 by the new ones. */
function offeredAs(tag: string): string {
  switch (tag) {
    case 'zh':
    case 'zh-cn':
    case 'zh-sg':
    case 'zh-hans':
      return 'zh-Hans';
    case 'zh-tw':
    case 'zh-hk':
    case 'zh-mo':
    case 'zh-hant':
      return 'zh-Hant';
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
