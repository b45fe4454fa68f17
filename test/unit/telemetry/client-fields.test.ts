import { describe, expect, test } from 'vitest';
import type { HotSettings } from '../../../schema/runtime.ts';
import { requestFields, type Field } from '../../../schema/telemetry.ts';
import { clientFields } from '../../../njs/src/core/telemetry/client-fields.ts';
import { traceIds } from '../../../njs/src/core/telemetry/traceparent.ts';

const settings: HotSettings = { engine: 'none', redactQueryKeys: ['token'], address: 'keep', hmacKey: '' };
const hash = (address: string, key: string) => `${key}(${address})`;
const fields = (variables: Record<string, string>, changes: Partial<HotSettings> = {}) =>
  clientFields(variables, { ...settings, ...changes }, hash);

describe('clientFields', () => {
  test('writes exactly the fields that a log format must not', () => {
    const fromClient = (requestFields as readonly Field[]).filter((field) => field.fromClient).map(({ key }) => key);
    expect(Object.keys(fields({}, { engine: 'wallarm' })).toSorted()).toEqual(fromClient.toSorted());
    expect(Object.keys(fields({})).toSorted()).toEqual(
      fromClient.filter((key) => !key.startsWith('wallguard.')).toSorted(),
    );
  });

  test('a request that could not be parsed has empty fields and ports of 0', () => {
    for (const [key, value] of Object.entries(fields({}, { engine: 'wallarm' }))) {
      expect(value, key).toEqual(key.endsWith('.port') ? 0 : /points|stamps/.test(key) ? [] : '');
    }
  });

  test.each<[string, Record<string, string>, Record<string, unknown>]>([
    ['path and query', { request_uri: '/a/b?c=d?e' }, { 'url.path': '/a/b', 'url.query': 'c=d?e' }],
    ['secrets', { request_uri: '/?token=1' }, { 'url.query': 'token=REDACTED' }],
    ['path without query', { request_uri: '/a' }, { 'url.path': '/a', 'url.query': '' }],
    ['known method', { request_method: 'GET' }, { 'http.request.method': 'GET', 'http.request.method_original': '' }],
    [
      'other method',
      { request_method: 'GE' },
      { 'http.request.method': '_OTHER', 'http.request.method_original': 'GE' },
    ],
    ['a long path', { request_uri: `/${'a'.repeat(9000)}` }, { 'url.path': `/${'a'.repeat(2047)}` }],
    ['a long query', { request_uri: `/?${'a'.repeat(9000)}` }, { 'url.query': 'a'.repeat(4096) }],
    ['a long User-Agent', { http_user_agent: 'u'.repeat(513) }, { 'user_agent.original': 'u'.repeat(512) }],
    [
      'Referer',
      { http_referer: 'https://a.example:8443/p?q#f' },
      { 'http.request.header.referer': 'https://a.example:8443' },
    ],
    [
      'Referer with password',
      { http_referer: 'https://u:p@w@a.example/p' },
      { 'http.request.header.referer': 'https://a.example' },
    ],
    [
      'Referer with backslash',
      { http_referer: 'https://a.example\\@b/p' },
      { 'http.request.header.referer': 'https://a.example' },
    ],
    ['Referer without scheme', { http_referer: 'a.example/p' }, { 'http.request.header.referer': '' }],
    ['ports', { remote_port: '1234', server_port: '' }, { 'client.port': 1234, 'server.port': 0 }],
  ])('%s', (_, variables, expected) => {
    expect(fields(variables)).toMatchObject(expected);
  });

  test('the lists of the Wallarm module, each item once', () => {
    expect(
      fields(
        {
          wallarm_attack_point_list: "[get][a|b]|[post][json_obj, 'x']|[get][a|b]",
          wallarm_attack_stamp_list: '7|7|9',
          wallarm_block_reason: 'attack mask=0000000000000020',
        },
        { engine: 'wallarm' },
      ),
    ).toMatchObject({
      'wallguard.attack.points': ['[get][a|b]', "[post][json_obj, 'x']"],
      'wallguard.attack.stamps': ['7', '9'],
      'wallguard.engine.reason': 'attack mask=0000000000000020',
    });
    expect(
      fields({ wallarm_attack_point_list: '-', wallarm_attack_stamp_list: '' }, { engine: 'wallarm' }),
    ).toMatchObject({
      'wallguard.attack.points': [],
      'wallguard.attack.stamps': [],
    });
  });

  test('addresses are hashed with the key when the settings say so', () => {
    const hashed = fields(
      { remote_addr: '192.0.2.1', realip_remote_addr: '10.0.0.1' },
      { address: 'hmac', hmacKey: 'k' },
    );
    expect(hashed['client.address']).toBe('k(192.0.2.1)');
    expect(hashed['network.peer.address']).toBe('k(10.0.0.1)');
  });
});

describe('traceIds', () => {
  const trace = '0af7651916cd43dd8448eb211c80319c';
  const span = 'b7ad6b7169203331';
  test.each([
    [`00-${trace}-${span}-01`, `${trace}-${span}`],
    [`01-${trace}-${span}-01`, `${trace}-${span}`],
    [`cc-${trace}-${span}-01-more`, `${trace}-${span}`],
    [`00-${trace}-${span}-01-more`, ''],
    [`01-${trace}-${span}-01more`, ''],
    [`ff-${trace}-${span}-01`, ''],
    [`00-${'0'.repeat(32)}-${span}-01`, ''],
    [`00-${trace}-${'0'.repeat(16)}-01`, ''],
    [`00-${trace.toUpperCase()}-${span}-01`, ''],
    [`00-${trace}-${span}`, ''],
    ['', ''],
  ])('%s', (header, ids) => {
    expect(traceIds(header)).toBe(ids);
  });
});
