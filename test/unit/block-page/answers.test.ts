import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maximumPageBytes, pageBytes } from '../../../tools/src/block-page/check.ts';
import { languages, languageTags, stringNames } from '../../../tools/src/block-page/languages.ts';
import { render, settingsWith, values } from './render.ts';

const complete = {
  support_email: 'support.team@example-company.example',
  brand: { name: 'Example Company International', accent: '#0b7a53' },
};

/** Text that an operator might write and that must never become anything else. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom('"', "'", '<', '>', '&', '$', '${request_uri}', '\\', '\\n', '{{request_id}}', '}}', '</title>'),
      fc.constantFrom(
        '<script>alert(1)</script>',
        '" onload="x',
        '\u202e',
        '\u2066',
        '\ufeff',
        '🛡️',
        '%0d%0aX: y',
        ';',
        '`',
        '*',
        '](',
      ),
      fc.string({ unit: 'grapheme', maxLength: 5 }).filter((text) => !/[\u0000-\u001f\u007f]/.test(text)),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => `x${parts.join('')}`);

describe('every language', () => {
  test('has every string, and nothing else', () => {
    for (const { tag, strings } of languages) {
      expect(Object.keys(strings), tag).toEqual(stringNames);
      expect(
        Object.values(strings).filter((text) => text.trim() !== text || text === ''),
        tag,
      ).toEqual([]);
    }
    expect(languageTags).toEqual([...new Set(languageTags)]);
    expect(languageTags.length).toBeGreaterThanOrEqual(14);
  });

  test.each(languages.map(({ tag, name }) => [tag, name]))(
    '%s (%s): the page fits into 6 kB with name and support address',
    (tag) => {
      const settings = settingsWith(complete);
      expect(pageBytes(settings, tag)).toBeLessThanOrEqual(maximumPageBytes);
      // The measure is the page itself, with an address of the longest kind.
      const page = render('html', settings, tag).replaceAll(
        values.client_ip,
        '2001:0db8:aaaa:bbbb:cccc:dddd:eeee:ffff',
      );
      expect(pageBytes(settings, tag)).toBe(Buffer.byteLength(page));
    },
  );

  test.each(languages.map(({ tag }) => tag))('%s: what is pasted from any form can be parsed', (tag) => {
    const settings = settingsWith(complete);
    for (const format of ['html', 'text', 'markdown'] as const) {
      const text = render(format, settings, tag);
      expect(/IP:?\s+(\S+)/.exec(text)?.[1]).toBe(values.client_ip);
      expect(/(?:Blocked on|Time:)\s+(\S+)/.exec(text)?.[1]).toBe(values.timestamp);
      expect(/(?:UUID|Request ID:)\s+([0-9a-f]{32})/.exec(text)?.[1]).toBe(values.request_id);
    }
  });
});

describe('problem details', () => {
  test('have the members of RFC 9457 and what support needs', () => {
    expect(JSON.parse(render('json', settingsWith(complete), 'de'))).toEqual({
      type: 'https://www.rfc-editor.org/rfc/rfc9110#section-15.5.4',
      title: 'Anfrage blockiert',
      status: 403,
      detail:
        'Eine Sicherheitsregel dieser Website hat Ihre Anfrage gestoppt. Wenn Sie das für einen Fehler halten, senden Sie bitte diese Angaben an den Betreiber dieser Website.',
      instance: `urn:uuid:${values.request_uuid}`,
      request_id: values.request_id,
      client_ip: values.client_ip,
      timestamp: values.timestamp,
      contact: 'support.team@example-company.example',
    });
  });

  test('hide the address when told to, and name no contact where there is none', () => {
    const problem = JSON.parse(render('json', settingsWith({ show_address: false }))) as object;
    expect(Object.keys(problem)).toEqual(['type', 'title', 'status', 'detail', 'instance', 'request_id', 'timestamp']);
  });

  test.each([
    [429, 'https://www.rfc-editor.org/rfc/rfc6585#section-4'],
    [445, 'about:blank'],
  ])('status %s has the type %s', (status, type) => {
    expect(JSON.parse(render('json', settingsWith({ status })))).toMatchObject({ status, type });
  });
});

test('plain text, whole', () => {
  expect(render('text', settingsWith({ support_email: 'a@b.example' }))).toBe(`Request blocked

A security rule of this website stopped your request. If you think this is a mistake, please send these details to the operator of this website.

IP: 2001:db8::7
Time: 2026-11-22T01:46:00Z
Request ID: 0123456789abcdef0123456789abcdef

a@b.example
`);
});

test('Markdown, whole', () => {
  expect(render('markdown', settingsWith({ support_email: 'a@b.example', show_address: false })))
    .toBe(`# Request blocked

A security rule of this website stopped your request.

If you think this is a mistake, please send these details to the operator of this website.

    Time: 2026-11-22T01:46:00Z
    Request ID: 0123456789abcdef0123456789abcdef

[Contact support](mailto:a@b.example?subject=Request%20blocked%3A%200123456789abcdef0123456789abcdef&body=What%20were%20you%20doing%20when%20this%20page%20appeared%3F%0D%0A%0D%0A%0D%0ATime%3A%202026-11-22T01:46:00Z%0D%0ARequest%20ID%3A%200123456789abcdef0123456789abcdef%0D%0A)
`);
});

test('without address, name and support address the page has none of them', () => {
  const page = render('html', settingsWith({ show_address: false }));
  expect(page).not.toMatch(/IP:|mailto:|class="brand"/);
  expect(page).toContain('Request ID: ');
});

test('the product is not named and the reason is not given', () => {
  for (const format of ['html', 'json', 'text', 'markdown'] as const) {
    expect(render(format, settingsWith(complete))).not.toMatch(/wallguard|wallarm|modsecurity|nginx|sql|xss|denylist/i);
  }
});

describe('text of the operator stays text', () => {
  test('in HTML: no element, attribute or value begins or ends in it', () => {
    const markup = (html: string): string => html.replaceAll(/[^<>"']/g, '');
    const pageWith = (text: string): string =>
      // A name has room for 80 characters, a string for 500.
      render(
        'html',
        settingsWith({ ...complete, brand: { name: text.slice(0, 80) }, strings: { en: everyString(text) } }),
      );
    const plain = markup(pageWith('x'));
    fc.assert(
      fc.property(hostile, (text) => {
        expect(markup(pageWith(text))).toBe(plain);
        expect(pageWith(text)).toContain(`<p>${escaped(text)}</p>`);
      }),
    );
  });

  test('in JSON', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const problem = JSON.parse(render('json', settingsWith({ strings: { en: everyString(text) } }))) as Record<
          string,
          string
        >;
        expect([problem['title'], problem['detail']]).toEqual([text, `${text} ${text}`]);
      }),
    );
  });

  test('in the mail', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const page = render('html', settingsWith({ ...complete, strings: { en: everyString(text) } }));
        const address = /<a href="([^"]*)"/.exec(page)?.[1] ?? '';
        const link = new URL(address.replaceAll('&#38;', '&').replaceAll('&#39;', "'"));
        expect(link.pathname).toBe('support.team@example-company.example');
        expect([...link.searchParams.keys()]).toEqual(['subject', 'body']);
        expect(link.searchParams.get('subject')).toBe(`${text}: ${values.request_id}`);
      }),
    );
  });
});

function everyString(text: string): Record<string, string> {
  return Object.fromEntries(stringNames.map((name) => [name, text]));
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
