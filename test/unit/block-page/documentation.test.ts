import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../../../scripts/kits/repository.ts';
import { checkBlockPage } from '../../../tools/src/block-page/check.ts';
import { languages, stringNames } from '../../../tools/src/block-page/languages.ts';
import { placeholders, readTemplate } from '../../../tools/src/block-page/template.ts';
import { render, settingsWith } from './render.ts';

const text = readFileSync(path.join(repositoryRoot, 'docs/block-page.md'), 'utf8');
const example = (language: string): string => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(text)?.[1] ?? '';

test('the template of the documentation is accepted and uses placeholders', () => {
  const html = example('html');
  const settings = settingsWith({ template: '/page.html', support_email: 'help@example.com' });
  expect(checkBlockPage(settings, html)).toEqual([]);
  expect(readTemplate(html).tokens.length).toBeGreaterThan(10);
});

test('the problem document has the members that are sent, in their order', () => {
  const sent = JSON.parse(render('json', settingsWith({ support_email: 'help@example.com' }))) as object;
  expect(Object.keys(JSON.parse(example('json')) as object)).toEqual(Object.keys(sent));
});

test('every placeholder, string and language is named, with the English text', () => {
  const english = languages[0]?.strings;
  for (const name of stringNames) {
    expect(text).toMatch(new RegExp(`\\| \`${name}\` +\\| ${(english?.[name] ?? '').replaceAll(/[?.]/g, '\\$&')}`));
  }
  for (const name of placeholders.filter((one) => !stringNames.some((string) => string === one))) {
    expect(text).toContain(`{{${name}}}`);
  }
  const names = new Intl.DisplayNames('en', { type: 'language' });
  for (const { tag } of languages) {
    expect(text).toContain(tag.startsWith('zh') ? 'Chinese (simplified and traditional)' : names.of(tag));
  }
});
