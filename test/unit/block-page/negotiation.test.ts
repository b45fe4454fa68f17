import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseFormat, isPageView } from '../../../njs/src/core/block-page/format.ts';
import { listItems, quality } from '../../../njs/src/core/block-page/header-list.ts';
import { chooseByWeight, chooseLanguage } from '../../../njs/src/core/block-page/language.ts';
import { languageTags } from '../../../tools/src/block-page/languages.ts';

const forms = ['html', 'json', 'text', 'markdown'];
const offered = ` ${languageTags.join(' ')} `;

describe('form by Accept', () => {
  test.each([
    // What clients really send.
    [
      'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
      false,
      'html',
      'Firefox, page',
    ],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', false, 'html', 'Safari, page'],
    ['*/*', false, 'html', 'curl'],
    ['', false, 'html', 'no header'],
    ['*/*', true, 'json', 'fetch()'],
    ['', true, 'json', 'a program without Accept'],
    ['application/json, text/plain, */*', true, 'json', 'axios'],
    ['application/json, text/javascript, */*; q=0.01', true, 'json', 'jQuery'],
    ['text/html, */*; q=0.01', true, 'html', 'jQuery, a piece of a page'],
    ['application/json', false, 'json', 'API client'],
    ['application/problem+json', false, 'json', 'RFC 9457 client'],
    ['application/vnd.github+json', false, 'json', 'API client with its own type'],
    ['application/vnd.api+json;q=0.9, text/html;q=0.8', false, 'json', 'weights'],
    ['text/markdown, text/html;q=0.9, */*;q=0.1', false, 'markdown', 'an agent'],
    ['text/plain', false, 'text', 'plain'],
    ['text/event-stream', true, 'text', 'EventSource: nothing fits'],
    ['image/avif,image/webp,image/*,*/*;q=0.8', true, 'json', 'an image that was blocked'],
    ['application/xml', false, 'text', 'nothing fits'],
    // Weights and precision.
    ['text/html;q=0.5, application/json', false, 'json', 'higher weight'],
    ['text/html;q=0, */*', false, 'json', 'HTML refused, anything else'],
    ['text/html;q=0, application/json;q=0, text/plain;q=0, text/markdown;q=0, */*', false, 'text', 'all refused'],
    ['*/*;q=0', false, 'text', 'everything refused'],
    ['text/*, application/json', false, 'json', 'the precise one among equals'],
    ['text/*', false, 'html', 'any text'],
    ['text/*', true, 'text', 'any text, program'],
    ['application/*', true, 'json', 'any application'],
    ['application/json, text/html', false, 'json', 'first among equals'],
    ['text/html, application/json', true, 'html', 'first among equals'],
    ['TEXT/HTML', false, 'html', 'case'],
    ['  text/plain ; q=1 ', false, 'text', 'space'],
    ['text/html;level=1;q=0.2, text/plain;q=0.3', false, 'text', 'weight after another parameter'],
    ['text/html;q=2, text/plain', false, 'html', 'a weight above 1 counts as 1'],
    ['text/html;q=abc, text/plain;q=0.1', false, 'text', 'a weight that is none'],
    [',,,', false, 'text', 'empty items'],
  ])('%s (program: %s) → %s: %s', (accept, isProgram, form, _client) => {
    expect(chooseFormat(accept, isProgram)).toBe(form);
  });

  test('any header of any length has an answer', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 9000 }), acceptHeader(60)), fc.boolean(), (accept, isProgram) => {
        expect(forms).toContain(chooseFormat(accept, isProgram));
      }),
    );
  });

  test('a refused form is never sent while another one is accepted', () => {
    fc.assert(
      fc.property(acceptHeader(6), fc.boolean(), (accept, isProgram) => {
        const refused = `text/html;q=0, application/json;q=0.001, ${accept.replaceAll(/text\/html[^,]*/g, 'text/x')}`;
        expect(chooseFormat(refused, isProgram)).not.toBe('html');
      }),
    );
  });

  test('the short way for page views gives what the long way gives', () => {
    fc.assert(
      fc.property(acceptHeader(6), fc.boolean(), (accept, isProgram) => {
        const header = `text/html,${accept}`;
        expect(isPageView(header)).toBe(true);
        expect(chooseFormat(header, isProgram)).toBe('html');
      }),
    );
    expect(isPageView('text/html;q=0.1,application/json')).toBe(false);
    expect(isPageView('')).toBe(false);
  });
});

describe('language by Accept-Language', () => {
  test.each([
    ['', 'en'],
    ['de', 'de'],
    ['DE-at', 'de'],
    ['de-DE,de;q=0.9,en;q=0.8', 'de'],
    ['sv, fr;q=0.8, de;q=0.9', 'de'],
    ['en;q=0.1, uk;q=0.2', 'uk'],
    ['fr;q=0, nl;q=0.1', 'nl'],
    ['*', 'en'],
    ['sv;q=1, *;q=0.5', 'en'],
    ['sv', 'en'],
    ['zh', 'zh-Hans'],
    ['zh-CN', 'zh-Hans'],
    ['zh-SG', 'zh-Hans'],
    ['zh-TW', 'zh-Hant'],
    ['zh-HK', 'zh-Hant'],
    ['zh-Hant-TW', 'zh-Hant'],
    ['zh-Hans-CN', 'zh-Hans'],
    ['iw', 'he'],
    ['in-ID', 'id'],
    ['pt-BR,pt;q=0.9', 'pt'],
    ['es-419', 'es'],
    ['de-CH-1996', 'de'],
    ['d', 'en'],
    ['de en', 'en'],
    ['zh-', 'zh-Hans'],
    ['-', 'en'],
    ['i-klingon, tlh;q=0.9', 'en'],
  ])('%s → %s', (header, tag) => {
    expect(chooseLanguage(header, offered)).toBe(tag);
  });

  test('the other script where only one is offered', () => {
    expect(chooseLanguage('zh-TW, en;q=0.5', ' en zh-Hans ')).toBe('zh-Hans');
    expect(chooseLanguage('zh-CN', ' en zh-Hant ')).toBe('zh-Hant');
    expect(chooseLanguage('zh-CN', ' en de ')).toBe('en');
  });

  test('the first offered language is the fallback', () => {
    expect(chooseLanguage('sv', ' tr de ')).toBe('tr');
    expect(chooseLanguage('*', ' tr ')).toBe('tr');
  });

  test('any header gives an offered language', () => {
    const hostile = fc.oneof(
      fc.string({ maxLength: 9000 }),
      fc
        .array(fc.constantFrom('de', 'zh', ' ', '-', ',', ';q=', '0.3', 'en zh-Hans', '\u202e', '"><script>'), {
          maxLength: 400,
        })
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(hostile, (header) => {
        expect(languageTags).toContain(chooseLanguage(header, offered));
      }),
    );
  });

  test('the short way for what comes first gives what the long way gives', () => {
    const range = fc.constantFrom(
      'de',
      'DE-at',
      'zh-TW',
      'zh',
      'sv',
      '*',
      'iw',
      ' fr ',
      '',
      'de;q=0.5',
      'fr;q=0',
      'it;q=1',
    );
    fc.assert(
      fc.property(fc.array(range, { maxLength: 6 }), (ranges) => {
        const header = ranges.join(',');
        expect(chooseLanguage(header, offered)).toBe(chooseByWeight(header, offered));
      }),
    );
  });
});

describe('weighted lists', () => {
  test('what lies behind the first 1024 characters or 32 items is not read', () => {
    expect(listItems('x,'.repeat(40)).length).toBe(32);
    const long = `text/plain,${'a'.repeat(1000)}${'b'.repeat(100)},application/json`;
    expect(listItems(long)).toEqual(['text/plain']);
    expect(listItems('a'.repeat(9000)).join('').length).toBeLessThanOrEqual(1024);
  });

  test.each([
    ['a', 1],
    ['a;q=0.5', 0.5],
    ['a; q=0.5', 0.5],
    ['a;Q=0.25', 0.25],
    ['a;x=1;q=.5', 0.5],
    ['a;q=', 0],
    ['a;q=-1', 0],
    ['a;q=9', 1],
    ['a;q=NaN', 0],
    ['a;', 1],
  ])('%s weighs %s', (item, weight) => {
    expect(quality(item)).toBe(weight);
  });
});

function acceptHeader(maxLength: number): fc.Arbitrary<string> {
  const range = fc.constantFrom('text/html', 'text/plain', 'text/markdown', 'application/json', 'a/b', 'text/*', '*/*');
  const weight = fc.constantFrom('', ';q=0', ';q=0.3', ';q=1', ';q=0.999', '; q=x');
  return fc.array(fc.tuple(range, weight), { maxLength }).map((items) => items.map(([type, q]) => type + q).join(', '));
}
