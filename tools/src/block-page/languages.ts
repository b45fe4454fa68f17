/** The languages that ship: one data file each, `languages/<tag>.json`. */
import ar from './languages/ar.json';
import cs from './languages/cs.json';
import de from './languages/de.json';
import en from './languages/en.json';
import es from './languages/es.json';
import fr from './languages/fr.json';
import he from './languages/he.json';
import hi from './languages/hi.json';
import id from './languages/id.json';
import it from './languages/it.json';
import ja from './languages/ja.json';
import ko from './languages/ko.json';
import nl from './languages/nl.json';
import pl from './languages/pl.json';
import pt from './languages/pt.json';
import ru from './languages/ru.json';
import tr from './languages/tr.json';
import uk from './languages/uk.json';
import zhHans from './languages/zh-Hans.json';
import zhHant from './languages/zh-Hant.json';
import type { Settings } from '../../../schema/settings.ts';

/** What a page says; names are those of `block_page.strings`. */
export type Strings = typeof en.strings;
export type StringName = keyof Strings;

export interface Language {
  /** BCP 47, such as `de` or `zh-Hans`. */
  readonly tag: string;
  /** In the language itself. */
  readonly name: string;
  readonly direction: 'ltr' | 'rtl';
  readonly strings: Readonly<Strings>;
}

/** English first: it is the fallback where the settings name none. */
export const languages: readonly Language[] = [
  en,
  ar,
  cs,
  de,
  es,
  fr,
  he,
  hi,
  id,
  it,
  ja,
  ko,
  nl,
  pl,
  pt,
  ru,
  tr,
  uk,
  zhHans,
  zhHant,
].map((language) => ({ ...language, direction: language.direction === 'rtl' ? 'rtl' : 'ltr' }));

export const languageTags: readonly string[] = languages.map(({ tag }) => tag);

export const stringNames = Object.keys(en.strings) as readonly StringName[];

/** Languages that the settings offer, with the operator's own strings in place; the first is the fallback. */
export function languagesFor({ block_page: { languages: tags, strings } }: Settings): Language[] {
  const offered = tags === undefined ? languages : tags.flatMap((tag) => languages.filter((one) => one.tag === tag));
  return offered.map((language) => ({ ...language, strings: { ...language.strings, ...strings[language.tag] } }));
}
