import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkBlockPage } from '../../../tools/src/block-page/check.ts';
import { shippedPage } from '../../../tools/src/block-page/page.ts';
import { placeholders, readTemplate } from '../../../tools/src/block-page/template.ts';
import { blockPageServer } from '../../../tools/src/generate/block-page-conf.ts';
import { render, settingsWith, values } from './render.ts';

const own = { template: '/etc/wallguard/page.html' };
const problemsOf = (html: string): string[] =>
  readTemplate(html).problems.map(({ line, column, message }) => `${line}:${column} ${message}`);

describe('contexts', () => {
  const tricky = settingsWith({ ...own, brand: { name: `a"b'c<d>&$` }, support_email: 'a@b.example' });

  test.each([
    ['text', '<p>{{brand_name}}</p>', '<p>a&#34;b&#39;c&#60;d&#62;&#38;$</p>'],
    ['title', '<title>{{ brand_name }}</title>', '<title>a&#34;b&#39;c&#60;d&#62;&#38;$</title>'],
    ['attribute', '<p title="{{brand_name}}">', '<p title="a&#34;b&#39;c&#60;d&#62;&#38;$">'],
    ['attribute, single quotes', "<p title='{{brand_name}}'>", "<p title='a&#34;b&#39;c&#60;d&#62;&#38;$'>"],
    ['address', '<a href="/help?for={{brand_name}}">', '<a href="/help?for=a%22b&#39;c%3Cd%3E%26%24">'],
    ['request value in an address', '<a href="/help#{{request_id}}">', `<a href="/help#${values.request_id}">`],
    ['several', '{{client_ip}} {{timestamp}}', `${values.client_ip} ${values.timestamp}`],
  ])('%s', (_name, html, result) => {
    expect(problemsOf(html)).toEqual([]);
    expect(render('html', tricky, 'en', html)).toBe(result);
  });

  test('every placeholder stands for something', () => {
    const settings = settingsWith({
      ...own,
      brand: { name: 'Brand', logo: '<svg><path d="M0 0"/></svg>' },
      support_email: 'a@b.example',
    });
    for (const name of placeholders) {
      const html =
        name === 'mailto' ? `<a href="{{${name}}}">` : name === 'logo' ? `<img src="{{${name}}}">` : `{{${name}}}`;
      expect(problemsOf(html), name).toEqual([]);
      const text = render('html', settings, 'de', html);
      expect(text, name).not.toMatch(/\{\{|undefined|^$|=""/);
    }
  });
});

describe('refused, with line and column', () => {
  test.each([
    ['unknown', '<p>\n  {{requestid}}', '2:3 unknown placeholder {{requestid}}; did you mean {{request_id}}?'],
    ['in a style', '<style>a{color:{{brand_name}}}</style>', '1:16 {{brand_name}} cannot stand in <style>'],
    ['in a script', '<script>\nvar a = "{{request_id}}"</script>', '2:10 {{request_id}} cannot stand in <script>'],
    ['in a comment', '<!-- {{request_id}} -->', '1:6 {{request_id}} cannot stand in a comment'],
    ['without quotes', '<p title={{brand_name}}>', '1:10 {{brand_name}} cannot stand in a value without quotes'],
    ['as an attribute', '<p {{brand_name}}>', '1:4 a placeholder cannot be the name of an attribute'],
    ['as an element', '<p{{brand_name}}>', '1:1 a placeholder cannot be the name of an element'],
    ['in a handler', '<p onclick="{{brand_name}}">', '1:13 {{brand_name}} cannot stand in onclick='],
    ['as a scheme', '<a href="{{brand_name}}">', '1:10 {{brand_name}} cannot begin an address'],
    [
      'in javascript:',
      '<a href="javascript:{{brand_name}}">',
      '1:21 {{brand_name}} cannot stand in a javascript: address',
    ],
    ['mail beside text', '<a href="x{{mailto}}">', '1:11 {{mailto}} is a whole address'],
    ['logo as text', '<p>{{logo}}', '1:4 {{logo}} is a whole address'],
    ['handler', '<p onclick="x()">', '1:4 onclick= does nothing here'],
    ['style attribute', '<p style="color:red">', '1:4 style= does nothing here'],
    ['script from elsewhere', '<script src="/x.js"></script>', '1:9 a script is not loaded from elsewhere'],
    ['style from elsewhere', '<link rel="stylesheet" href="/x.css">', '1:24 nothing is loaded from elsewhere'],
    ['image from elsewhere', '<img src="/x.png">', '1:6 src= is not loaded from elsewhere'],
    ['form', '<form></form>', '1:1 <form> does nothing here'],
    ['markup in a title', '<title><b>{{brand_name}}</b></title>', '1:8 markup inside <title>'],
    [
      'attribute that ends a textarea',
      '<textarea><p title="</textarea><script>{{brand_name}}</script>',
      '1:40 {{brand_name}} cannot stand in <script>',
    ],
    ['comment in a script', '<script><!--<script></script>{{brand_name}}</script>', '1:9 "<!--" in <script>'],
    ['open style', '<style>a{}', '1:1 <style> is never closed'],
    ['open tag', '<p title="a"', '1:1 <p> is never closed with ">"'],
    ['open value', '<p title="a>', '1:10 the value of title has no closing "'],
  ])('%s', (_name, html, message) => {
    expect(
      problemsOf(html).some((problem) => problem.startsWith(message)),
      problemsOf(html).join('\n'),
    ).toBe(true);
  });

  test('braces of styles and scripts themselves are left alone', () => {
    const html = '<style>a{b{c:d}}</style><script>var t = {{}}; "{{other}}"</script>';
    expect(readTemplate(html)).toMatchObject({ tokens: [{ text: html }], problems: [] });
  });

  test('as settings problems: unset values, and no request id at all', () => {
    const problems = checkBlockPage(
      settingsWith({ ...own, show_address: false }),
      '<a href="{{mailto}}">{{client_ip}}</a>',
    );
    expect(problems).toEqual([
      { path: ['block_page', 'template'], message: 'uses {{mailto}}, which needs block_page.support_email' },
      { path: ['block_page', 'template'], message: 'uses {{client_ip}}, which needs block_page.show_address: true' },
      { path: ['block_page', 'template'], message: expect.stringContaining('must hold {{request_id}}') as string },
    ]);
    expect(checkBlockPage(settingsWith(own), '<p>{{request_id}}</p>\n<p onclick="x">')).toEqual([
      {
        path: ['block_page', 'template'],
        message: expect.stringMatching(/^\/etc\/wallguard\/page\.html:2:4: onclick= /) as string,
      },
    ]);
  });
});

test('the shipped page goes the same way and is clean', () => {
  const settings = settingsWith({
    support_email: 'a@b.example',
    brand: { name: 'Brand', logo: '<svg><path d="M0 0"/></svg>' },
  });
  const { problems, styles, scripts } = readTemplate(shippedPage(settings));
  expect(problems).toEqual([]);
  expect([styles.length, scripts.length]).toEqual([1, 1]);
});

test('the policy holds the hashes of what a browser hashes: line ends are LF', () => {
  const html = '\uFEFF<style>a{}\r\nb{}</style><script>1\r2</script><p>{{request_id}}';
  const hash = (text: string): string => createHash('sha256').update(text).digest('base64');
  const policy = blockPageServer(settingsWith(own), { template: html }).find((line) =>
    line.includes('Security-Policy'),
  );
  expect(policy).toContain(`style-src 'sha256-${hash('a{}\nb{}')}'`);
  expect(policy).toContain(`script-src 'sha256-${hash('1\n2')}'`);
});

test('without style and script the policy allows none', () => {
  const policy = blockPageServer(settingsWith(own), { template: '<p>{{request_id}}' }).join('\n');
  expect(policy).toContain("style-src 'none'; script-src 'none'");
});

test('any text at all is read, and comes out as it went in', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '"',
    "'",
    '=',
    '/',
    '<!--',
    '-->',
    '<p ',
    '<script>',
    '</script>',
    '<style',
    '{{',
    '}}',
    '{{request_id}}',
    ' a',
    '<!',
    '\n',
    '</',
    'é',
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')),
      (html) => {
        const { tokens, problems } = readTemplate(html);
        const back = tokens.map((token) => ('text' in token ? token.text : `{{${token.placeholder}}}`)).join('');
        if (problems.length === 0) {
          expect(back).toBe(html);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
