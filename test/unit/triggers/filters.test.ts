import { describe, expect, test } from 'vitest';
import { addressFilter } from '../../../njs/src/core/triggers/filters/address.ts';
import { applicationFilter } from '../../../njs/src/core/triggers/filters/application.ts';
import { domainFilter } from '../../../njs/src/core/triggers/filters/domain.ts';
import { statusFilter } from '../../../njs/src/core/triggers/filters/status.ts';
import { targetFilter, targetOf } from '../../../njs/src/core/triggers/filters/target.ts';
import { typeExclusion, typeFilter } from '../../../njs/src/core/triggers/filters/type.ts';

test('a filter with nothing in it asks nothing', () => {
  expect(typeFilter([])('sqli')).toBe(true);
  expect(typeExclusion([])('sqli')).toBe(true);
  expect(applicationFilter([])(-1)).toBe(true);
  expect(addressFilter([])('192.0.2.1')).toBe(true);
  expect(domainFilter([])('')).toBe(true);
  expect(statusFilter([])(0)).toBe(true);
  expect(targetFilter([])('sqli')).toBe(true);
});

describe('type', () => {
  test.each([
    [['sqli', 'xss'], 'xss', true],
    [['sqli'], 'xss', false],
    [['sqli'], 'nosqli', false],
    // A vulnerability and the attack on it have one code, this one excepted.
    [['idor'], 'bola', true],
    [['bola'], 'bola', true],
  ])('%j takes %s: %s', (types, type, wanted) => expect(typeFilter(types)(type)).toBe(wanted));

  test('excluded ones never count', () => {
    const counts = typeExclusion(['brute', 'idor']);
    expect(['sqli', 'brute', 'bola'].filter(counts)).toEqual(['sqli']);
  });
});

test.each([
  [[1, 2], 2, true],
  [[1, 2], 3, false],
  [[-1], -1, true],
  [[1], -1, false],
])('application %j takes %d: %s', (applications, application, wanted) => {
  expect(applicationFilter(applications)(application)).toBe(wanted);
});

test.each([
  [['192.0.2.1'], '192.0.2.1', true],
  [['192.0.2.1'], '192.0.2.2', false],
  [['192.0.2.0/24', '2001:db8::/32'], '192.0.2.77', true],
  [['192.0.2.0/24', '2001:db8::/32'], '2001:db8:5::1', true],
  [['192.0.2.0/24'], '::ffff:192.0.2.9', true],
  [['192.0.2.0/24'], '2001:db8::1', false],
  [['0.0.0.0/0'], '2001:db8::1', false],
  [['192.0.2.0/24'], 'unix:', false],
  [['nonsense'], '192.0.2.1', false],
])('address %j takes %s: %s', (addresses, address, wanted) => expect(addressFilter(addresses)(address)).toBe(wanted));

test.each([
  [['example.com'], 'example.com', true],
  [['example.com'], 'EXAMPLE.com.', true],
  [['example.com'], 'www.example.com', false],
  [['*.example.com'], 'www.example.com', true],
  [['*.example.com'], 'a.b.example.com', true],
  [['*.example.com'], 'example.com', false],
  [['*.example.com'], '.example.com', false],
  [['*.example.com'], 'badexample.com', false],
  [['a.test', 'b.test'], 'b.test', true],
])('domain %j takes %s: %s', (domains, host, wanted) => expect(domainFilter(domains)(host)).toBe(wanted));

test.each([
  [['404'], 404, true],
  [['404'], 403, false],
  [['4xx'], 499, true],
  [['4xx'], 500, false],
  [['200', '5xx'], 502, true],
])('status %j takes %d: %s', (statuses, status, wanted) => expect(statusFilter(statuses)(status)).toBe(wanted));

test('targets', () => {
  expect(['sqli', 'nosqli'].map(targetOf)).toEqual(['database', 'database']);
  expect(['xss', 'redir', 'crlf', 'session_fixation'].map(targetOf)).toEqual(Array(4).fill('client'));
  expect(['rce', 'ptrav', 'xxe', 'ssrf', 'bit49'].map(targetOf)).toEqual(Array(5).fill('server'));
  expect(['sqli', 'xss', 'rce'].filter(targetFilter(['client', 'server']))).toEqual(['xss', 'rce']);
});
