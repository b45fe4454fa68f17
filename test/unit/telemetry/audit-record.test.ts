import { describe, expect, test } from 'vitest';
import { readAuditRecord, typeOfRule } from '../../../njs/src/core/telemetry/audit-record.ts';

const id = '354721d4bb32d1df27cfb5c8f6ec84fb';
const nowMs = Date.UTC(2026, 10, 22, 3, 0, 0);
const applications = { '-1': 'default', '7': 'shop' };

interface Message {
  readonly rule: string;
  readonly at?: string;
  readonly data?: string;
}

/** A record as libmodsecurity 3 writes it; 3.0.16 adds `is_interrupted`. */
function record(messages: readonly Message[], changes: Record<string, unknown> = {}, engine = 'Enabled'): string {
  return JSON.stringify({
    transaction: {
      client_ip: '192.0.2.7',
      time_stamp: 'Sun Nov 22 02:59:58 2026',
      unique_id: `block-${id}`,
      request: { method: 'GET', http_version: '1.1', uri: '/?id=1' },
      response: { http_code: 403 },
      producer: {
        modsecurity: 'ModSecurity v3.0.14 (Linux)',
        secrules_engine: engine,
        components: ['OWASP_CRS/3.3.7"'],
      },
      messages: messages.map(({ rule, at, data = '' }) => ({
        message: `message of ${rule}`,
        details: {
          ruleId: rule,
          data,
          ...(at === undefined
            ? {}
            : { match: `Matched "Operator \`Rx' with parameter \`x' against variable \`${at}' (Value: \`1' )"` }),
        },
      })),
      ...changes,
    },
  });
}

const read = (line: string) =>
  readAuditRecord(
    line,
    nowMs,
    applications,
    (address) => `<${address}>`,
    () => ['xss:1'],
  );

describe('readAuditRecord', () => {
  test('a block of the documented attack', () => {
    const detection = read(
      record([
        { rule: '920350', at: 'REQUEST_HEADERS:Host' },
        { rule: '941100', at: 'ARGS:id' },
        { rule: '942100', at: 'ARGS:id' },
        { rule: '949110', at: 'TX:ANOMALY_SCORE' },
      ]),
    );
    expect(detection).toEqual({
      uniqueId: `block-${id}`,
      record: expect.objectContaining({ transaction: expect.anything() }),
      application: -1,
      address: '192.0.2.7',
      status: 403,
      host: '',
      event: {
        schema: 'wallguard/1',
        'event.name': 'detection',
        timestamp: new Date(2026, 10, 22, 2, 59, 58).getTime() / 1000,
        'http.request.id': id,
        application: '',
        'client.address': '<192.0.2.7>',
        'wallguard.engine': 'modsecurity',
        'wallguard.mode': 'block',
        'wallguard.action': 'blocked',
        'wallguard.attack.types': ['xss', 'sqli'],
        'wallguard.attack.points': ['ARGS:id'],
        'wallguard.payloads': ['xss:1'],
        'security_rule.uuid': ['920350', '941100', '942100', '949110'],
        'security_rule.name': ['message of 920350', 'message of 941100', 'message of 942100', 'message of 949110'],
        'security_rule.ruleset.name': 'OWASP_CRS/3.3.7',
      },
    });
  });

  test.each<[string, string, string, string]>([
    ['block', `block-${id}`, 'Enabled', 'blocked'],
    ['monitoring', `detect-${id}`, 'DetectionOnly', 'detected'],
    ['monitoring', `monitoring-${id}`, 'DetectionOnly', 'detected'],
    ['safe_blocking', `safe_blocking-${id}`, 'DetectionOnly', 'detected'],
    ['off', `off-${id}`, 'Disabled', 'detected'],
    ['block', id, 'Enabled', 'blocked'],
    ['monitoring', id, 'DetectionOnly', 'detected'],
  ])('mode %s of %s with the engine %s: %s', (mode, uniqueId, engine, action) => {
    const event = read(record([{ rule: '942100' }, { rule: '949110' }], { unique_id: uniqueId }, engine))?.event;
    expect(event).toMatchObject({ 'wallguard.mode': mode, 'wallguard.action': action });
  });

  test.each<[string, readonly Message[], unknown, string, readonly string[]]>([
    ['interrupted says it all', [{ rule: '942100' }], true, 'blocked', ['sqli']],
    ['not interrupted says it all', [{ rule: '942100' }, { rule: '949110' }], false, 'detected', ['sqli']],
    ['a rule of our own denies', [{ rule: '190010' }], undefined, 'blocked', ['ptrav']],
    ['a body that cannot be parsed is denied', [{ rule: '190011' }], undefined, 'blocked', []],
    ['below the threshold', [{ rule: '942100' }], undefined, 'detected', ['sqli']],
    ['protocol rules are no attack', [{ rule: '920350' }], undefined, 'allowed', []],
    ['protocol rules that add up are', [{ rule: '920350' }, { rule: '949110' }], false, 'detected', []],
  ])('%s', (_, messages, interrupted, action, types) => {
    const event = read(record(messages, interrupted === undefined ? {} : { is_interrupted: interrupted }))?.event;
    expect(event).toMatchObject({ 'wallguard.action': action, 'wallguard.attack.types': types });
  });

  test('takes the application from the transaction id', () => {
    expect(read(record([], { unique_id: `block-7-${id}` }))?.event.application).toBe('shop');
    expect(read(record([], { unique_id: `block--1-${id}` }))?.event.application).toBe('default');
    expect(read(record([], { unique_id: `block-99-${id}` }))?.event.application).toBe('');
  });

  test('a value cannot pretend to be another place', () => {
    const data = 'Matched Data: x found within COOKIE:a: y found within ARGS:id: x found within COOKIE:a: y';
    const event = read(record([{ rule: '942100', at: 'ARGS:id', data }]))?.event;
    expect(event?.['wallguard.attack.points']).toEqual(['ARGS:id']);
  });

  test('without "match" the place stands in "data"', () => {
    const data = 'Matched Data: XSS data found within ARGS:q: <script>';
    expect(read(record([{ rule: '941100', data }]))?.event['wallguard.attack.points']).toEqual(['ARGS:q']);
  });

  test.each([
    ['torn', record([{ rule: '942100' }]).slice(0, 300)],
    ['no JSON', 'hello'],
    ['another JSON', '{"a":1}'],
    ['null', 'null'],
    ['a transaction of another server', record([], { unique_id: '167000000012.345678' })],
    ['no id', record([], { unique_id: undefined })],
  ])('gives nothing for a line that is %s', (_, line) => {
    expect(read(line)).toBeUndefined();
  });

  test('bounds what a record can hold', () => {
    const many = Array.from({ length: 500 }, (_, index) => ({
      rule: String(942000 + index),
      at: `ARGS:${'a'.repeat(999)}${index}`,
    }));
    const event = read(record(many))?.event;
    expect(event?.['security_rule.uuid']).toHaveLength(32);
    expect(event?.['security_rule.name'].length).toBeLessThanOrEqual(32);
    expect(JSON.stringify(event).length).toBeLessThan(6000);
    expect(Math.max(...(event?.['wallguard.attack.points'] ?? []).map((point) => point.length))).toBe(128);
  });

  test('takes the time of reading when the record has none', () => {
    expect(read(record([], { time_stamp: 'soon' }))?.event.timestamp).toBe(nowMs / 1000);
  });
});

test.each([
  ['913100', 'scanner'],
  ['920350', ''],
  ['921110', 'crlf'],
  ['921170', ''],
  ['921200', 'ldapi'],
  ['930120', 'ptrav'],
  ['931100', 'ssrf'],
  ['932160', 'rce'],
  ['933100', 'rce'],
  ['934100', 'rce'],
  ['934110', 'ssrf'],
  ['941100', 'xss'],
  ['942100', 'sqli'],
  ['942290', 'nosqli'],
  ['943100', ''],
  ['944100', 'rce'],
  ['949110', ''],
  ['951220', 'infoleak'],
  ['980130', ''],
  ['190010', 'ptrav'],
  ['190001', ''],
  ['9421', ''],
  ['undefined', ''],
])('rule %s finds %j', (rule, type) => {
  expect(typeOfRule(rule)).toBe(type);
});
