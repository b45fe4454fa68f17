import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readLogo } from '../../../tools/src/block-page/logo.ts';

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const svg = (inside: string): string => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">${inside}</svg>`;
const decoded = (logo: string): string => {
  const reading = readLogo(logo);
  if ('problem' in reading) throw new Error(reading.problem);
  return decodeURIComponent(reading.dataUri.replace('data:image/svg+xml,', ''));
};

describe('accepted', () => {
  test('inline SVG becomes a data: URI that no quote, sign or variable breaks out of', () => {
    const reading = readLogo(svg(`<text font-family='"A"'>5 &lt; 6 $uri &#36; é</text>`));
    expect(reading).toEqual({
      dataUri: expect.stringMatching(/^data:image\/svg\+xml,[\w !'()*,\-./:;=?@~%]+$/) as string,
    });
  });

  test('the namespace is added where it is missing', () => {
    expect(decoded('<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>')).toBe(
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0"/></svg>',
    );
  });

  test('prolog, comments and needless space go', () => {
    expect(decoded(`<?xml version="1.0"?>\n<!-- drawn by hand -->\n${svg('\n  <path d="M0 0"/>\n')}\n`)).toBe(
      svg('<path d="M0 0"/>'),
    );
  });

  test.each([
    [
      'gradient by reference',
      '<defs><linearGradient id="a"><stop offset="0"/></linearGradient></defs><path fill="url(#a)" d="M0 0"/>',
    ],
    ['use by reference', '<symbol id="b"><path d="M0 0"/></symbol><use href="#b"/><use xlink:href="#b"/>'],
    ['style', '<style>.a{fill:url(#g);transform:rotate(3deg)}</style><path class="a" d="M0 0"/>'],
  ])('%s', (_name, inside) => {
    expect(decoded(svg(inside))).toContain('<path');
  });

  test('data: URIs, SVG as base64 and percent-encoded included', () => {
    expect(readLogo(`data:image/png;base64,${png}`)).toEqual({ dataUri: `data:image/png;base64,${png}` });
    const drawing = svg('<path d="M0 0"/>');
    for (const uri of [
      `data:image/svg+xml;base64,${Buffer.from(drawing).toString('base64')}`,
      `data:image/svg+xml,${encodeURIComponent(drawing)}`,
      `data:image/svg+xml;charset=utf-8,${drawing}`,
    ]) {
      expect(decoded(uri)).toBe(drawing);
    }
  });
});

describe('refused', () => {
  test.each([
    ['script', svg('<script>alert(1)</script>'), /<script>/],
    ['script in another case', svg('<SCRIPT>alert(1)</SCRIPT>'), /<SCRIPT>/],
    ['script in a namespace', svg('<svg:script>alert(1)</svg:script>'), /<svg:script>/],
    ['handler', svg('<path onclick="alert(1)" d="M0 0"/>'), /onclick=/],
    ['handler without space', svg('<path d="M0 0"onload="alert(1)"/>'), /onload=/],
    ['foreignObject', svg('<foreignObject/>'), /<foreignObject>/],
    ['animation', svg('<animate attributeName="href" to="x"/>'), /<animate>/],
    ['link', svg('<a href="https://a.example"><path d="M0 0"/></a>'), /<a>/],
    ['image', svg('<image href="https://a.example/x.png"/>'), /<image>/],
    ['reference to elsewhere', svg('<use href="https://a.example/#x"/>'), /href="https:\/\/a\.example/],
    ['reference in a namespace', svg('<use xlink:href="//a.example/#x"/>'), /xlink:href=/],
    ['reference spelt as characters', svg('<use href="&#104;ttps://a.example"/>'), /href="https/],
    ['url elsewhere', svg('<path fill="url(https://a.example/#x)" d="M0 0"/>'), /load url/],
    ['url spelt as characters', svg('<style>a{fill:u&#x72;l(//a.example)}</style>'), /load url/],
    ['url with escapes', svg('<style>a{fill:u\\72l(//a.example)}</style>'), /backslash/],
    ['image-set', svg('<style>a{fill:image-set("//a.example" 1x)}</style>'), /image-set/],
    ['import', svg('<style>@import "//a.example";</style>'), /@import/],
    ['entity', `<!DOCTYPE svg [<!ENTITY a "b">]>${svg('')}`, /from "<svg"/],
    ['entity inside', svg('<!ENTITY a "b">'), /<!DOCTYPE>/],
    ['unknown entity', svg('<text>&nbsp;</text>'), /entities/],
    ['bare ampersand', svg('<text>a & b</text>'), /&amp;/],
    ['CDATA', svg('<style><![CDATA[a]]></style>'), /CDATA/],
    ['not SVG', '<div>x</div>', /from "<svg"/],
    ['two pictures', `${svg('')}<p>${svg('')}`, /<p>/],
    ['not closed', svg('<g>'), /closes nothing|never closed/],
    ['attribute without quotes', svg('<path d=M0/>'), /not well-formed/],
    ['half a character', svg('<text>\ud83d</text>'), /halves/],
    ['nothing', '', /from "<svg"/],
    ['HTML as data', 'data:text/html,<script>alert(1)</script>', /image\/svg\+xml, image\/png/],
    ['script in a data: URI', `data:image/svg+xml,${encodeURIComponent(svg('<script>1</script>'))}`, /<script>/],
    ['broken percent-encoding', 'data:image/svg+xml,%E0%A4%A', /percent-encoding/],
    ['broken base64', 'data:image/png;base64,a$b', /not valid base64/],
    ['PNG that is none', `data:image/png;base64,${Buffer.from('<svg>').toString('base64')}`, /something else/],
    ['PNG without base64', 'data:image/png,abc', /must be base64/],
  ])('%s', (_name, logo, message) => {
    expect(readLogo(logo)).toEqual({ problem: expect.stringMatching(message) as string });
  });
});

test('whatever is accepted holds nothing that runs or loads, and stays one attribute', () => {
  const pieces = fc.constantFrom(
    '<path d="M0 0"/>',
    '<g>',
    '</g>',
    '<script>',
    ' onload="x"',
    '<use href="',
    '#a',
    '//x',
    '"/>',
    '&#x6a;',
    'url(',
    ')',
    '"',
    "'",
    '>',
    '<',
    '$',
    '\\',
    '@import',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 8 }), (inside) => {
      const reading = readLogo(svg(inside.join('')));
      if ('dataUri' in reading) {
        expect(reading.dataUri).not.toMatch(/["<>&$\\]/);
        expect(decodeURIComponent(reading.dataUri)).not.toMatch(/<script|\sonload=|href="\/\/|url\(\/\/|@import/);
      }
    }),
    { numRuns: 2000 },
  );
});
