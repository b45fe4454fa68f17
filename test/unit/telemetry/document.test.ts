import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { settingsSchema } from '../../../schema/settings.ts';
import { blockReasons, detectionFields, requestFields } from '../../../schema/telemetry.ts';
import { telemetryDocument } from '../../../tools/src/telemetry/document.ts';
import { telemetryJsonSchema } from '../../../tools/src/telemetry/json-schema.ts';

describe('docs/telemetry.md', () => {
  const page = telemetryDocument();

  test('has every field and every reason', () => {
    for (const { key } of [...requestFields, ...detectionFields]) expect(page).toContain(`| \`${key}\` |`);
    for (const reason of blockReasons.filter((name) => name !== '')) expect(page).toContain(`| \`${reason}\` |`);
  });

  test('its example of settings is right', () => {
    const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(page) ?? [];
    expect(settingsSchema.parse(parse(yaml)).telemetry.sinks).toHaveLength(3);
  });

  test('no cell of a table breaks its row', () => {
    const tables = page.split(/\n\n/).filter((part) => part.startsWith('| '));
    expect(tables.length).toBeGreaterThan(5);
    for (const table of tables) {
      const columns = table.split('\n').map((row) => row.split(/(?<!\\)\|/).length);
      expect(new Set(columns).size, table).toBe(1);
    }
  });
});

describe('the JSON Schema', () => {
  const validate = new Ajv2020({ strict: true }).compile(telemetryJsonSchema());
  const heartbeat = { schema: 'wallguard/1', 'event.name': 'heartbeat', timestamp: 1.5 };

  test('allows keys of a newer wallguard', () => {
    expect(validate({ ...heartbeat, 'wallguard.new': [] })).toBe(true);
  });

  test.each([
    ['another version', { ...heartbeat, schema: 'wallguard/2' }],
    ['a missing field', { schema: 'wallguard/1', 'event.name': 'heartbeat' }],
    ['text where a number is due', { ...heartbeat, timestamp: '1.5' }],
    ['an unknown event', { ...heartbeat, 'event.name': 'other' }],
    ['a request without its fields', { ...heartbeat, 'event.name': 'request' }],
  ])('refuses %s', (_, line) => {
    expect(validate(line)).toBe(false);
  });
});
