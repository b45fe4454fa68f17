import { describe, expect, test } from 'vitest';
import { readPoints } from '../../../njs/src/core/triggers/attack-points.ts';
import {
  wallarmPayloads,
  type RequestPieces,
  type WallarmFinding,
} from '../../../njs/src/core/triggers/wallarm-payloads.ts';
import { sha256 } from './sha256.ts';

function request(
  uri: string,
  headers: Record<string, string> = {},
  cookies: Record<string, string> = {},
): RequestPieces {
  return {
    uri,
    header: (name) => headers[name.toLowerCase()] ?? '',
    cookie: (name) => cookies[name] ?? '',
  };
}

function finding(types: string, points = '', stamps = '7'): WallarmFinding {
  return { types, points, stamps };
}

function found(given: WallarmFinding, of: RequestPieces): string[] {
  return wallarmPayloads(given, of, sha256).map(({ type, value }) => `${type} ${value}`);
}

describe('points', () => {
  test.each([
    ["[get, 'id']", [['get', 'id']]],
    ['[get][id]|[uri]', [['get', 'id'], ['uri']]],
    ["[post][json][json_obj, 'data'][base64]", [['post', 'json', 'json_obj', 'data', 'base64']]],
    ["[get, 'a|b']|[uri]", [['get', 'a|b'], ['uri']]],
    ["[get, 'a]b'][base64]", [['get', 'a]b', 'base64']]],
    [
      "[path, 1]|[header,'X-A']",
      [
        ['path', '1'],
        ['header', 'X-A'],
      ],
    ],
    ['', []],
    ['-', []],
    ['noise|[uri]|]', [['uri']]],
    ['[get][id', [['get', 'id']]],
    ["[get, 'id", [['get', "'id"]]],
  ])('%s', (text, wanted) => expect(readPoints(text).map(({ steps }) => steps)).toEqual(wanted));

  test('are cut off where no request has more', () => {
    expect(readPoints('[uri]|'.repeat(1000))).toHaveLength(32);
    expect(readPoints('[a]'.repeat(1000))[0]?.steps).toHaveLength(32);
  });
});

describe('payloads of the Wallarm module', () => {
  const union = '/?id=1%27%20UNION%20SELECT%20username,%20password%20FROM%20users--<script>prompt(1)</script>';
  const version = '/?id=1%27%20select%20version();';
  const passwd = '/instructions.php/etc/passwd';

  test("the vendor's three test requests carry two, one and one payloads, four different ones", () => {
    const each = [
      wallarmPayloads(finding('sqli|xss', "[get, 'id']", '7|8'), request(union), sha256),
      // Point and stamp are those of the first: only the request target tells them apart.
      wallarmPayloads(finding('sqli', "[get, 'id']", '7'), request(version), sha256),
      wallarmPayloads(finding('ptrav', '[uri]', '9'), request(passwd), sha256),
    ];
    expect(each.map((payloads) => payloads.length)).toEqual([2, 1, 1]);
    expect(new Set(each.flat().map(({ fingerprint }) => fingerprint)).size).toBe(4);
  });

  test('four different ones as well when the points cannot be recovered', () => {
    const each = [
      wallarmPayloads(finding('sqli|xss', '[unknown]', '7|8'), request(union), sha256),
      wallarmPayloads(finding('sqli', '', '7'), request(version), sha256),
      wallarmPayloads(finding('ptrav', '', '9'), request(passwd), sha256),
    ];
    expect(each.map((payloads) => payloads.length)).toEqual([2, 1, 1]);
    expect(new Set(each.flat().map(({ fingerprint }) => fingerprint)).size).toBe(4);
  });

  test.each([
    ['query parameter', "[get, 'id']", request('/?x=1&id=A%20b&id=c+d'), 'a b&c d'],
    ['query parameter as a step', '[get][id]', request('/?id=x'), 'x'],
    ['encoded parameter name', "[get, 'a b']", request('/?a+b=1&a%20b=2'), '1&2'],
    ['request target', '[uri]', request('/A+b?C+d'), '/a+b?c d'],
    ['path', '[path, 2]', request('/a/..%2fb?c'), '/a/../b'],
    ['whole query', '[get_all]', request('/?a=1+2'), 'a=1 2'],
    ['header', "[header, 'REFERER']", request('/', { referer: 'HTTP://X' }), 'http://x'],
    ['cookie header', "[header, 'COOKIE'][cookie, 'sid']", request('/', {}, { sid: '<B>' }), '<b>'],
    ['cookie', '[cookie][sid]', request('/', {}, { sid: 'x' }), 'x'],
    ['decoded further by the module', "[get, 'd'][base64]", request('/?d=QUJD'), 'qujd'],
    ['body', "[post][form_urlencoded, 'a']", request('/p?q'), "/p?q [post][form_urlencoded, 'a'] 7"],
    ['parameter that is not there', "[get, 'gone']", request('/p'), "/p [get, 'gone'] 7"],
    ['no points', '', request('/p'), '/p  7'],
  ])('value: %s', (_name, points, of, value) => {
    expect(found(finding('xss', points), of)).toEqual([`xss ${value}`]);
  });

  test('one payload for each type, whatever the number and order of points', () => {
    const of = request('/?a=1&b=2');
    const forth = wallarmPayloads(finding('sqli|xss', "[get, 'a']|[get, 'b']"), of, sha256);
    const back = wallarmPayloads(finding('xss|sqli|xss', "[get, 'b']|[get, 'a']|[get, 'b']"), of, sha256);
    expect(forth.map(({ type }) => type)).toEqual(['sqli', 'xss']);
    expect(new Set(back.map(({ fingerprint }) => fingerprint))).toEqual(
      new Set(forth.map(({ fingerprint }) => fingerprint)),
    );
  });

  test('bodies that differ in point or stamp are different payloads', () => {
    const of = request('/login');
    const ids = [
      finding('sqli', '[post][a]', '1'),
      finding('sqli', '[post][b]', '1'),
      finding('sqli', '[post][a]', '2'),
    ]
      .flatMap((given) => wallarmPayloads(given, of, sha256))
      .map(({ fingerprint }) => fingerprint);
    expect(new Set(ids).size).toBe(3);
  });

  test.each(['', '-', '0', 'blocked_source', 'vectors|bot', '|'])('no payload in types "%s"', (types) => {
    expect(found(finding(types, '[uri]'), request('/'))).toEqual([]);
  });

  test('a type without a published name is a type', () => {
    expect(found(finding('bit49', '[uri]'), request('/'))).toEqual(['bit49 /']);
  });
});
