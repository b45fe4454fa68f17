import { expect, test } from 'vitest';
import { checkBlockPage } from '../../../tools/src/block-page/check.ts';
import { settingsWith } from './render.ts';

test('the defaults, and a page with everything, are fine', () => {
  expect(checkBlockPage(settingsWith({}))).toEqual([]);
  expect(
    checkBlockPage(
      settingsWith({
        support_email: 'help@example.com',
        languages: ['de', 'en'],
        strings: { de: { heading: 'Halt', contact: 'Hilfe' } },
        brand: { name: 'Example', logo: '<svg><path d="M0 0"/></svg>', accent: '#0b7a53' },
      }),
    ),
  ).toEqual([]);
});

test.each([
  ['unknown language', { languages: ['en', 'sv'] }, ['languages', 1], /unknown language "sv".* There are: en, ar/],
  ['language, nearly', { languages: ['zh-Hanz'] }, ['languages', 0], /did you mean "zh-Hans"\?/],
  ['language twice', { languages: ['en', 'de', 'en'] }, ['languages', 2], /in the list already/],
  ['strings of an unknown language', { strings: { xx: {} } }, ['strings', 'xx'], /unknown language "xx"/],
  [
    'strings nobody sees',
    { languages: ['en'], strings: { de: { heading: 'a' } } },
    ['strings', 'de'],
    /not in block_page\.languages/,
  ],
  ['unknown string', { strings: { de: { headin: 'a' } } }, ['strings', 'de', 'headin'], /did you mean "heading"\?/],
  ['empty string', { strings: { de: { heading: ' ' } } }, ['strings', 'de', 'heading'], /is empty/],
  ['half a character', { strings: { en: { heading: 'a\ud83d' } } }, ['strings', 'en', 'heading'], /lone surrogate/],
  ['half a character in the name', { brand: { name: '\ude00' } }, ['brand', 'name'], /lone surrogate/],
  [
    'text too light',
    { brand: { text: '#999999' } },
    ['brand', 'text'],
    /#999999 on the background #ffffff has a contrast of 2\.85 to 1; .* 4\.5 to 1/,
  ],
  ['accent too light', { brand: { accent: '#ffb547' } }, ['brand', 'accent'], /contrast of 1\.7\d to 1/],
  [
    'dark on dark',
    { brand: { background: '#101820', accent: '#f0f0f0' } },
    ['brand', 'text'],
    /contrast of 1\.\d\d to 1/,
  ],
  [
    'logo that runs',
    { brand: { name: 'a', logo: '<svg><script/></svg>' } },
    ['brand', 'logo'],
    /must not hold <script>/,
  ],
  ['logo without a name', { brand: { logo: '<svg></svg>' } }, ['brand', 'logo'], /needs block_page\.brand\.name/],
  [
    'page too long',
    { strings: { hi: { advice: 'क'.repeat(500), message: 'क'.repeat(500) } } },
    ['strings', 'hi'],
    /make the page \d{4} bytes long .* at most 6144/,
  ],
])('%s', (_name, blockPage, path, message) => {
  expect(checkBlockPage(settingsWith(blockPage))).toEqual([
    { path: ['block_page', ...path], message: expect.stringMatching(message) as string },
  ]);
});
