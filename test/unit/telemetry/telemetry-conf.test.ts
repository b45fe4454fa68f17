import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { settingsSchema } from '../../../schema/settings.ts';
import { countedHeadEnd, requestFields } from '../../../schema/telemetry.ts';
import { telemetryHttp, telemetryMonitor, telemetryServer } from '../../../tools/src/generate/telemetry-conf.ts';

const settings = (input: z.input<typeof settingsSchema> = {}) => settingsSchema.parse(input);
const http = (input: z.input<typeof settingsSchema> = {}): string => telemetryHttp(settings(input)).join('\n');
const server = (input: z.input<typeof settingsSchema> = {}): string[] => telemetryServer(settings(input));

/** The text of a log format, its pieces put together. */
function format(text: string, name: string): string {
  const [, pieces = ''] = new RegExp(`log_format ${name} escape=none\\n((?:    '.*'\\n?)+);`).exec(text) ?? [];
  return pieces.replace(/'\n {4}'/g, '').replace(/^ {4}'|'$/g, '');
}

describe('log formats', () => {
  const text = http({ applications: [{ id: 1, name: 'shop' }] });

  test.each(['wallguard_native', 'wallguard_native_blocked'])('%s has every field, in order', (name) => {
    const keys = [...format(text, name).matchAll(/[{,]"([a-z._]+)":/g)].map(([, key]) => key);
    expect(keys).toEqual(requestFields.map(({ key }) => key));
  });

  test('all begin with the same counted head', () => {
    const keys = (name: string) =>
      [
        ...format(text, name)
          .slice(0, format(text, name).indexOf(countedHeadEnd))
          .matchAll(/[{,]"([a-z._]+)":/g),
      ].map(([, key]) => key);
    const head = requestFields.slice(0, 10).map(({ key }) => key);
    for (const name of ['wallguard_native', 'wallguard_native_blocked', 'wallguard_js']) {
      expect(keys(name), name).toEqual(head);
    }
  });

  test('what the client chose is left to njs where it was not checked', () => {
    const special = format(text, 'wallguard_js');
    expect(special).toContain('"$wallguard_event,');
    expect(special).not.toMatch(
      /\$(?:http_|host"|request_uri|args|request_method|ssl_server_name|upstream_addr|remote_port|server_port|wallguard_path)/,
    );
  });

  test('a text is broken after variables only: each break within one costs a step per request', () => {
    for (const [, piece = ''] of text.matchAll(/^ {4}'(.*)'$/gm)) {
      expect(piece).toMatch(/\$[a-z_]+$/);
    }
  });
});

describe('the Wallarm module', () => {
  test.each<[string, readonly string[]]>([
    ['5.0.1', []],
    ['6.3.0', []],
    ['6.4.0', ['$wallarm_block_reason']],
    ['6.5.1', ['$wallarm_block_reason']],
    ['6.6.0', ['$wallarm_block_reason', '$wallarm_mode']],
    ['7.1', ['$wallarm_block_reason', '$wallarm_mode']],
  ])('node %s: no variable that it does not have', (version, expected) => {
    const text = http({ engine: 'wallarm', node: { version } });
    const variables = new Set([...text.matchAll(/\$wallarm_[a-z_]+/g)].map(([name]) => name));
    expect([...variables].toSorted()).toEqual(['$wallarm_attack_type', ...expected]);
  });

  test('no variable of it with another engine', () => {
    expect(http({ engine: 'modsecurity' }) + http()).not.toContain('$wallarm');
  });
});

describe('sinks', () => {
  test('every sink gets each of the three kinds of lines', () => {
    const lines = server({
      telemetry: {
        sinks: [
          { file: '/a.jsonl' },
          { stdout: true },
          { syslog: 'unix:/dev/log' },
          { syslog: '[::1]:514', tag: 't', facility: 'daemon' },
        ],
        buffer: '32k',
        flush: '500ms',
      },
    });
    expect(lines).toHaveLength(12);
    expect(lines.filter((_, index) => index % 3 === 0)).toEqual([
      'access_log /a.jsonl wallguard_native buffer=32k flush=500ms if=$wallguard_plain;',
      'access_log /dev/stdout wallguard_native buffer=4k flush=500ms if=$wallguard_plain;',
      'access_log syslog:server=unix:/dev/log,facility=local7,tag=wallguard,nohostname wallguard_native if=$wallguard_plain;',
      'access_log syslog:server=[::1]:514,facility=daemon,tag=t wallguard_native if=$wallguard_plain;',
    ]);
  });

  test.each([
    [{}, false],
    [{ sample_clean: 0.5 }, true],
    [{ sinks: [{ stdout: true as const }] }, true],
    [{ sinks: [{ file: '/a.jsonl' }, { stdout: true as const }] }, false],
  ])('%j: heads in a file of their own: %s', (telemetry, separate) => {
    expect(server({ telemetry }).some((line) => line.includes('/run/heads.jsonl wallguard_heads'))).toBe(separate);
    expect(http({ telemetry }).includes('log_format wallguard_heads')).toBe(separate);
  });

  test('keyed hashes of addresses are for njs alone', () => {
    const redacted = { telemetry: { redact: { address: 'hmac' as const, hmac_key: 'sixteen letters!' } } };
    expect(server(redacted)).toEqual(['access_log /var/log/nginx/wallguard.jsonl wallguard_js buffer=64k flush=1s;']);
    expect(http(redacted)).not.toContain('$remote_addr');
  });
});

describe('sampling', () => {
  test.each([
    [0.1, '10.00% 1;', 10],
    [0.25, '25.00% 1;', 4],
    [0.3, '30.00% 1;', 3.33333],
    [0.0001, '0.01% 1;', 10_000],
  ])('a share of %d', (rate, line, count) => {
    const text = http({ telemetry: { sample_clean: rate } });
    expect(text).toContain(line);
    expect(text).toContain(`allowed ${count};`);
    expect(format(text, 'wallguard_native')).toContain(`"wallguard.sampled_count":${count}}`);
  });

  test('refuses a share that NGINX cannot make', () => {
    expect(() => http({ telemetry: { sample_clean: 0.00001 } })).toThrow('0.0001 is the least');
  });
});

describe('redaction', () => {
  test('each key is looked for once, whatever its case', () => {
    const text = http({ telemetry: { redact: { query_keys: ['Token', 'TOKEN', 'a.b'] } } });
    expect(text).toContain('(?!(?i:token|a\\\\.b)=)');
  });

  test('no keys, no look', () => {
    expect(http({ telemetry: { redact: { query_keys: [] } } })).not.toContain('(?i:');
  });
});

describe('the monitor', () => {
  test.each([
    ['127.0.0.1:9913', []],
    ['0.0.0.0:9913', []],
    ['[::1]:9913', []],
    ['10.1.2.3:9913', ['allow 10.1.2.3;']],
    ['[2001:db8::1]:9913', ['allow 2001:db8::1;']],
  ])('%s reaches itself', (listen, extra) => {
    const text = telemetryMonitor(settings({ monitor: { listen } })).join('\n');
    const own = [...text.matchAll(/allow (?!127\.0\.0\.0\/8|::1;).*/g)].map(([line]) => line);
    expect(own).toEqual([...extra, ...extra]);
  });
});
