import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { differences } from '../../../scripts/docs/compare.ts';
import { readSettings } from '../../../tools/src/settings/read-settings.ts';
import { settingsSchema } from '../../../schema/settings.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

test('generated files are what the sources say; otherwise run "npm run docs"', async () => {
  const found = await differences();
  expect(found.map(({ path: file, state }) => `${file} is ${state}`)).toEqual([]);
}, 60_000);

describe('the settings reference', () => {
  const page = read('docs/settings.md');

  test('its example can be read', () => {
    const example = /## Example\n\n```yaml\n(.*?)```/s.exec(page)?.[1] ?? '';
    expect(example).toContain('engine: wallarm');
    expect(readSettings(example, 'settings.md')).toMatchObject({ settings: { engine: 'wallarm' }, notes: [] });
  });

  test('every row says what is allowed and what the setting does', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows.length).toBeGreaterThan(60);
    const cells = (row: string): string[] => row.split(/(?<!\\)\|/).map((text) => text.trim());
    expect(rows.filter((row) => cells(row).length !== 6 || cells(row)[2] === '' || cells(row)[4] === '')).toEqual([]);
  });
});

describe('the JSON Schema of the settings', () => {
  const ajv = new Ajv2020({ allErrors: true });
  addFormats.default(ajv);
  for (const name of ['cidrv4', 'cidrv6']) {
    ajv.addFormat(name, /^[0-9a-fA-F:.]+\/\d{1,3}$/);
  }
  const validate = ajv.compile(JSON.parse(read('schema/settings.schema.json')) as object);

  test.each([
    ['an empty map', {}],
    ['the example', parse(read('test/fixtures/settings/example.yaml'))],
    ['all defaults spelt out', settingsSchema.parse({})],
  ])('accepts %s', (_name, settings) => {
    validate(settings);
    expect(validate.errors).toBe(null);
  });

  test.each([
    ['an unknown key', { foo: 1 }],
    ['an unknown word', { engine: 'modsec' }],
    ['a wrong type', { node: { version: 6.1 } }],
    ['a number out of range', { block_page: { status: 200 } }],
    ['a pattern that does not match', { telemetry: { flush: 'soon' } }],
    ['an application without a name', { applications: [{ id: 1 }] }],
    ['a sink of no kind', { telemetry: { sinks: [{ pipe: '/x' }] } }],
  ])('refuses %s, as the reader does', (_name, settings) => {
    expect(validate(settings)).toBe(false);
    expect(settingsSchema.safeParse(settings).success).toBe(false);
  });
});
