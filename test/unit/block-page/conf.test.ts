import { describe, expect, test } from 'vitest';
import {
  blockPageHttp,
  blockPageRuntime,
  blockPageServer,
  offeredLanguages,
} from '../../../tools/src/generate/block-page-conf.ts';
import { languageTags } from '../../../tools/src/block-page/languages.ts';
import { settingsWith } from './render.ts';

/** Patterns and values of a map. */
function mapEntries(lines: readonly string[], name: string): [string, string][] {
  const start = lines.findIndex((line) => line.startsWith('map ') && line.endsWith(`$${name} {`));
  expect(start, name).toBeGreaterThanOrEqual(0);
  return lines.slice(start + 1, lines.indexOf('}', start)).map((line) => {
    const parts = /^ *("(?:[^"\\]|\\.)*"|\S+) ("(?:[^"\\]|\\.)*"|\S+);$/s.exec(line);
    const plain = (text = ''): string => text.replace(/^"|"$/g, '').replaceAll(/\\(["\\])/g, '$1');
    return [plain(parts?.[1]), plain(parts?.[2])];
  });
}

test('every month of $date_gmt becomes RFC 3339', () => {
  const entries = mapEntries(blockPageHttp(settingsWith({}), {}), 'wallguard_time_gmt').filter(([key]) =>
    key.startsWith('~'),
  );
  for (let month = 0; month < 12; month++) {
    const time = new Date(Date.UTC(2026, month, month + 1, month * 2, 59, 0));
    // strftime's "%A, %d-%b-%Y %H:%M:%S %Z", the format of $date_gmt.
    const [, day, name, year, clock] = /^\w+, (\d\d) (\w+) (\d+) (\S+)/.exec(time.toUTCString()) ?? [];
    const gmt = `Sunday, ${day}-${name}-${year} ${clock} GMT`;
    const found = entries.flatMap(([pattern, value]) => {
      const match = new RegExp(pattern.slice(1)).exec(gmt);
      return match === null ? [] : [value.replaceAll(/\$(\d)/g, (_, index: string) => match[Number(index)] ?? '')];
    });
    expect(found).toEqual([time.toISOString().replace('.000', '')]);
  }
});

test('the server that keeps UTC takes the short way', () => {
  const [pattern, value] = mapEntries(blockPageHttp(settingsWith({}), {}), 'wallguard_time')[1] ?? ['', ''];
  const convert = (time: string): string => time.replace(new RegExp(pattern.slice(1)), value);
  expect(convert('2026-11-22T01:46:00+00:00')).toBe('2026-11-22T01:46:00Z');
  expect(convert('2026-11-22T01:46:00+01:00')).toBe('2026-11-22T01:46:00+01:00');
});

describe('the same settings', () => {
  const settings = settingsWith({
    support_email: 'help@example.com',
    brand: { name: 'Example', logo: `<svg>${'<path d="M0 0"/>'.repeat(250)}</svg>` },
  });

  test('give the same configuration', () => {
    expect(blockPageHttp(settings, {})).toEqual(blockPageHttp(settings, {}));
    expect(blockPageServer(settings, {})).toEqual(blockPageServer(settings, {}));
  });

  test('give no parameter that NGINX finds too long, a large logo and a long template included', () => {
    const template = `<p>{{request_id}}{{heading}}${'日本語"\\$'.repeat(3000)}{{advice}}</p>`;
    for (const page of [{}, { template }]) {
      for (const line of [...blockPageHttp(settings, page), ...blockPageServer(settings, page)]) {
        for (const parameter of line.match(/"(?:[^"\\]|\\.)*"/gs) ?? []) {
          expect(Buffer.byteLength(parameter)).toBeLessThanOrEqual(4095 + 2);
        }
      }
    }
  });
});

test('only the languages that are offered are written, the first as the default', () => {
  const settings = settingsWith({ languages: ['de', 'ar'] });
  const lines = blockPageHttp(settings, {});
  expect(mapEntries(lines, 'wallguard_text_1').map(([tag]) => tag)).toEqual(['default', 'ar']);
  expect(mapEntries(lines, 'wallguard_text_1')[0]?.[1]).toMatch(/^Anfrage blockiert/);
  expect(mapEntries(lines, 'wallguard_language')[0]).toEqual(['default', 'de']);
  expect(offeredLanguages(settings)).toEqual(['de', 'ar']);
  expect(blockPageRuntime(settings, {})).toBe('function wallguardLanguages() { return " de ar "; }\n');
  expect(offeredLanguages(settingsWith({}))).toEqual(languageTags);
});

test('a dollar sign is only defined where one is written', () => {
  expect(blockPageHttp(settingsWith({}), {}).join('\n')).not.toContain('wallguard_dollar');
  const lines = blockPageHttp(settingsWith({ strings: { en: { heading: '5 $' } } }), {});
  expect(lines).toContain('geo $wallguard_dollar {');
  expect(mapEntries(lines, 'wallguard_text_1')[0]?.[1]).toMatch(/^5 \$\{wallguard_dollar\}\n/);
});

test('njs is left out of the answer to listed sources only when told to', () => {
  expect(blockPageHttp(settingsWith({}), {}).join('\n')).not.toContain('native');
  const lines = blockPageHttp(settingsWith({ native_for_lists: true }), {});
  expect(mapEntries(lines, 'wallguard_format')).toEqual([
    ['default', '$wallguard_native_format'],
    ['', '$wallguard_negotiated_format'],
  ]);
});
