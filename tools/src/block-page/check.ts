import type { Settings } from '../../../schema/settings.ts';
import { quoteValue, type SettingsPath, type SettingsProblem } from '../settings/problem.ts';
import { suggest } from '../suggest.ts';
import { answer, htmlTemplate } from './answers.ts';
import { brandPalette, contrast, minimumContrast } from './colours.ts';
import { languagesFor, languageTags, stringNames } from './languages.ts';
import { readLogo } from './logo.ts';
import type { Placeholder } from './template.ts';

/** Largest page that is sent, without the logo. A page of your own is yours to keep small. */
export const maximumPageBytes = 6144;

/**
 * What is wrong with `block_page` settings of the right shape.
 *
 * @param own  text of `block_page.template`, where it has been read
 */
export function checkBlockPage(settings: Settings, own?: string): SettingsProblem[] {
  const problems = [
    ...checkLanguages(settings),
    ...checkStrings(settings),
    ...checkBrandName(settings),
    ...checkColours(settings),
    ...checkLogo(settings),
    ...(own === undefined ? [] : checkTemplate(settings, own)),
  ];
  return problems.length > 0 || settings.block_page.template !== undefined ? problems : checkSize(settings);
}

function checkLanguages({ block_page: { languages = [] } }: Settings): SettingsProblem[] {
  return languages.flatMap((tag, index) => {
    const path = ['block_page', 'languages', index];
    if (!languageTags.includes(tag)) {
      return [{ path, message: unknown('language', tag, languageTags) }];
    }
    return languages.indexOf(tag) < index ? [{ path, message: `${quoteValue(tag)} is in the list already` }] : [];
  });
}

function checkStrings({ block_page: { languages, strings } }: Settings): SettingsProblem[] {
  const offered: readonly string[] = languages ?? languageTags;
  return Object.entries(strings).flatMap(([tag, texts]) => {
    const path = ['block_page', 'strings', tag];
    if (!languageTags.includes(tag)) {
      return [{ path, message: unknown('language', tag, languageTags) }];
    }
    if (!offered.includes(tag)) {
      return [{ path, message: `${quoteValue(tag)} is not in block_page.languages, so nobody would see these` }];
    }
    return Object.entries(texts).flatMap(([name, text]) =>
      !stringNames.some((known) => known === name)
        ? [{ path: [...path, name], message: unknown('string', name, stringNames) }]
        : text.trim() === ''
          ? [{ path: [...path, name], message: 'is empty; write a text, or leave it out to keep the one that ships' }]
          : isBroken(text)
            ? [{ path: [...path, name], message: brokenText }]
            : [],
    );
  });
}

function checkBrandName({ block_page: { brand } }: Settings): SettingsProblem[] {
  return isBroken(brand.name ?? '') ? [{ path: ['block_page', 'brand', 'name'], message: brokenText }] : [];
}

const brokenText = 'holds half of a character (a lone surrogate), which cannot be sent; write the whole character';

function isBroken(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

function checkColours({ block_page: { brand } }: Settings): SettingsProblem[] {
  const { card } = brandPalette(brand);
  return (['text', 'accent'] as const).flatMap((name) => {
    const ratio = contrast(brand[name], card);
    return ratio >= minimumContrast
      ? []
      : [
          {
            path: ['block_page', 'brand', name],
            message:
              `${brand[name]} on the background ${brand.background} has a contrast of ${ratio.toFixed(2)} to 1; ` +
              `${name === 'text' ? 'text' : 'links and the button'} need at least ${minimumContrast} to 1 (WCAG 2.2, 1.4.3)`,
          },
        ];
  });
}

function checkLogo({ block_page: { brand } }: Settings): SettingsProblem[] {
  if (brand.logo === undefined) {
    return [];
  }
  const path: SettingsPath = ['block_page', 'brand', 'logo'];
  const logo = readLogo(brand.logo);
  return [
    ...('problem' in logo ? [{ path, message: logo.problem }] : []),
    ...(brand.name === undefined
      ? [{ path, message: 'a logo needs block_page.brand.name beside it: the text for people who do not see images' }]
      : []),
  ];
}

function checkTemplate(settings: Settings, own: string): SettingsProblem[] {
  const { template: file, brand, support_email, show_address } = settings.block_page;
  const path: SettingsPath = ['block_page', 'template'];
  const template = htmlTemplate(settings, own);
  const used = new Set(template.tokens.flatMap((token) => ('placeholder' in token ? token.placeholder : [])));
  const needs: readonly [Placeholder, boolean, string][] = [
    ['brand_name', brand.name !== undefined, 'block_page.brand.name'],
    ['logo', brand.logo !== undefined, 'block_page.brand.logo'],
    ['support_email', support_email !== undefined, 'block_page.support_email'],
    ['mailto', support_email !== undefined, 'block_page.support_email'],
    ['client_ip', show_address, 'block_page.show_address: true'],
  ];
  return [
    ...template.problems.map(({ line, column, message }) => ({
      path,
      message: `${file ?? 'template'}:${line}:${column}: ${message}`,
    })),
    ...needs.flatMap(([name, isSet, setting]) =>
      used.has(name) && !isSet ? [{ path, message: `uses {{${name}}}, which needs ${setting}` }] : [],
    ),
    ...(used.has('request_id')
      ? []
      : [{ path, message: 'must hold {{request_id}}: without it nobody can look the block up' }]),
  ];
}

function checkSize(settings: Settings): SettingsProblem[] {
  return languagesFor(settings).flatMap((language) => {
    const bytes = pageBytes(settings, language.tag);
    return bytes <= maximumPageBytes
      ? []
      : [
          {
            path: ['block_page', 'strings', language.tag],
            message: `make the page ${bytes} bytes long in this language, at most ${maximumPageBytes} are sent; shorten them`,
          },
        ];
  });
}

/** Length of the page in one language without its logo, for the longest values that a request can have. */
export function pageBytes(settings: Settings, tag: string): number {
  const { logo: _, ...brand } = settings.block_page.brand;
  const plain = { ...settings, block_page: { ...settings.block_page, brand } };
  const longest = { client_ip: 39, timestamp: 20, request_id: 32, request_uuid: 36 };
  return languagesFor(settings)
    .filter((language) => language.tag === tag)
    .flatMap((language) =>
      answer('html', plain, htmlTemplate(plain, undefined)).flatMap((piece) =>
        typeof piece === 'function' ? piece(language) : [piece],
      ),
    )
    .reduce((bytes, part) => bytes + (typeof part === 'string' ? Buffer.byteLength(part) : longest[part.value]), 0);
}

function unknown(what: string, given: string, known: readonly string[]): string {
  const near = suggest(given, known);
  return `unknown ${what} ${quoteValue(given)}${near === undefined ? '' : `; did you mean "${near}"?`} There are: ${known.join(', ')}`;
}
