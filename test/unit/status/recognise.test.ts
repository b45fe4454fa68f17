import { describe, expect, test } from 'vitest';
import type { Answer } from '../../../njs/src/core/status/answer.ts';
import { excerpt, readStatusBody } from '../../../njs/src/core/status/answer.ts';
import type { ServiceContext } from '../../../njs/src/core/status/findings.ts';
import { recognise } from '../../../njs/src/core/status/recognise.ts';
import type { FindingCode } from '../../../schema/status.ts';
import { dockerNode, node5, node6, node7, own, sample, sampleWith } from './samples.ts';

function json(body: string, status = 200): Answer {
  return { outcome: 'answered', status, contentType: 'application/json', body };
}

function page(body: string, status: number): Answer {
  return { outcome: 'answered', status, contentType: 'text/html', body };
}

const notFound = '<html>\r\n<head><title>404 Not Found</title></head>\r\n<body></body>\r\n</html>\r\n';

describe('an intact service gives no finding and all its numbers', () => {
  test.each<[string, string, ServiceContext, string]>([
    ['5.3.19', sample('5.3.19'), node5, '14599723317564582163'],
    ['6.13.0', sample('6.13.0'), node6, '10590889219338959872'],
    ['7.1.0', sample('7.1.0'), node7, '12345678901234567891'],
  ])('node %s', (_version, body, context, startid) => {
    const { findings, values } = recognise(json(body), context);
    expect(findings).toEqual([]);
    expect(values['startid']).toBe(startid);
    expect(values['timestamp']).toBe('1763776305.868875');
    expect(values['proton_instances.failed']).toBe('0');
    expect(values['rate_limit.shm_zone_size']).toBe('67108864');
    expect(Number(values['requests'])).toBeGreaterThan(0);
  });
});

describe('each way to break has its own finding', () => {
  const rows: [string, Answer, ServiceContext, FindingCode, RegExp][] = [
    ['nothing listens', { outcome: 'refused', message: 'connect failed' }, node6, 'status-refused', /connect failed/],
    ['no answer in time', { outcome: 'timeout', message: 'read timed out' }, node6, 'status-timeout', /timed out/],
    [
      'another protocol',
      { outcome: 'failed', message: 'invalid http status line' },
      node6,
      'status-unreadable',
      /invalid/,
    ],
    [
      'connection cut',
      { outcome: 'cut', message: 'prematurely closed connection' },
      node6,
      'status-truncated',
      /closed/,
    ],
    ['location missing or shadowed', page(notFound, 404), node6, 'status-not-found', /HTTP 404, text\/html: <html>/],
    ['access denied', page('<html>403</html>', 403), node6, 'status-forbidden', /HTTP 403/],
    ['server error', page('<html>502</html>', 502), node6, 'status-unexpected-code', /HTTP 502/],
    ['redirect', page('', 301), node6, 'status-unexpected-code', /HTTP 301/],
    ['no content', json('', 204), node6, 'status-unexpected-code', /HTTP 204/],
    ['Prometheus text', json(sample('prometheus')), node6, 'status-prometheus', /# HELP wallarm_requests/],
    [
      'Prometheus text without comments',
      json('wallarm_requests 5\n'),
      node6,
      'status-prometheus',
      /wallarm_requests 5/,
    ],
    ['Prometheus text with labels', json('x_total{a="b"} 1.5e+3'), node6, 'status-prometheus', /x_total/],
    ['page of an application', page('\n<!DOCTYPE html><p>Shop', 200), node6, 'status-html', /<!DOCTYPE html>/],
    ['cut in the middle', json(sample('6.13.0').slice(0, 900)), node6, 'status-truncated', /900 characters, the last:/],
    ['cut after a brace', json(sample('6.13.0').replace(/\}\s*$/, '')), node6, 'status-truncated', /characters/],
    ['empty body', json(''), node6, 'status-truncated', /^0 characters/],
    ['trailing comma', json('{"requests": 1,}'), node6, 'status-invalid-json', /requests/],
    ['plain words', json('it works'), node6, 'status-invalid-json', /it works/],
    ['a JSON list', json('[1, 2]'), node6, 'status-invalid-json', /\[1, 2\]/],
    ['JSON null', json('null'), node6, 'status-invalid-json', /null/],
    [
      'JSON of something else',
      json('{"status":"up"}'),
      node6,
      'status-keys-missing',
      /requests, attacks.*"status":"up"/,
    ],
    [
      'one core key missing',
      json(sampleWith('5.3.19', '"tnt_errors":0,', '')),
      node5,
      'status-keys-missing',
      /^missing: tnt_errors;/,
    ],
    [
      'a counter as text',
      json(sampleWith('5.3.19', '"requests":10524,"att', '"requests":"10524","att')),
      node5,
      'status-keys-missing',
      /missing: requests;/,
    ],
    ['rulesets failed', json(sampleWith('7.1.0', '"failed": 0', '"failed": 2')), node7, 'rulesets-failed', /failed 2/],
    [
      'rulesets from backup',
      json(sampleWith('7.1.0', '"fallback": 0', '"fallback": 1')),
      node7,
      'rulesets-fallback',
      /fallback 1/,
    ],
  ];
  test.each(rows)('%s', (_name, answer, context, code, evidence) => {
    const { findings } = recognise(answer, context);
    expect(findings.map((found) => found.code)).toEqual([code]);
    expect(findings[0]?.evidence).toMatch(evidence);
    expect(findings[0]?.evidence).toMatch(/^[\x20-\x7e]{0,200}$/);
    expect(findings[0]?.remedy).not.toBe('');
  });

  const notStatistics = rows.filter(([, , , code]) => !code.startsWith('rulesets-'));
  test.each(notStatistics)('%s gives no numbers', (_name, answer) => {
    expect(recognise(answer, node6).values).toEqual({});
  });
});

describe('keys are judged by node version', () => {
  test('an older node than the settings say is a warning that names the keys', () => {
    const { findings, values } = recognise(json(sample('5.3.19')), node6);
    expect(findings).toMatchObject([{ code: 'status-keys-differ', severity: 'warning' }]);
    expect(findings[0]?.evidence).toContain('streams, messages, bytes_blocked_in');
    expect(values['requests']).toBe('10524');
  });

  test('6.9 need not have what came with 6.10.2', () => {
    const body = sampleWith('6.13.0', /\s*"bytes_blocked_[a-z_]+": \d+,/g, '');
    expect(recognise(json(body), { ...node6, nodeVersion: '6.9.0' }).findings).toEqual([]);
    expect(recognise(json(body), node6).findings).toMatchObject([{ code: 'status-keys-differ' }]);
  });

  test('deprecated keys may be missing', () => {
    const body = sampleWith('7.1.0', /\s*"lom_[a-z_]+": \d+,/g, '');
    expect(recognise(json(body), node7).findings).toEqual([]);
  });

  test('wallguard as the service owes the core keys only', () => {
    const body = '{"requests":1,"attacks":0,"blocked":0,"tnt_errors":0,"startid":12345678901234567890,"timestamp":0}';
    expect(recognise(json(body), own)).toMatchObject({ findings: [], values: { startid: '12345678901234567890' } });
  });
});

describe('remedies fit the installation', () => {
  function remedy(answer: Answer, context: ServiceContext): string {
    return recognise(answer, context).findings[0]?.remedy ?? '';
  }
  const missing = page(notFound, 404);

  test('the file of the flavour is named', () => {
    expect(remedy(missing, node6)).toContain('/etc/nginx/wallarm-status.conf');
    expect(remedy(missing, { ...node6, flavour: 'image' })).toContain('/etc/nginx/conf.d/wallarm-status.conf');
    expect(remedy(missing, { ...node6, flavour: 'ingress' })).not.toContain('/etc/nginx');
  });
  test('Docker with its own nginx.conf is told of the marker line', () => {
    expect(remedy(missing, dockerNode)).toContain('RENDER_STATUS_PAGE');
    expect(remedy(missing, node7)).not.toContain('RENDER_STATUS_PAGE');
  });
  test('only 5.x has a status_endpoint to correct', () => {
    expect(remedy(missing, node5)).toContain('status_endpoint');
    expect(remedy(missing, node6)).not.toContain('status_endpoint');
  });
  test('403 names disable_acl, refused names the address', () => {
    expect(remedy(page('', 403), node6)).toContain('disable_acl "on";');
    expect(remedy({ outcome: 'refused', message: '' }, node6)).toContain('listen 127.0.0.8:80;');
  });
  test("wallguard's own service never sends people to the vendor's files", () => {
    expect(remedy(missing, own)).toContain('wallguard generate');
    expect(remedy(missing, own)).not.toContain('wallarm');
  });
});

describe('startid is never a double', () => {
  test.each(['18446744073709551615', '9007199254740993', '7'])('%s', (startid) => {
    const body = readStatusBody(sampleWith('7.1.0', '12345678901234567891', startid));
    expect(body.form === 'status' && body.values['startid']).toBe(startid);
  });
  test('the words inside a string are left alone', () => {
    const body = readStatusBody('{"fname":"\\"startid\\":5","startid" : 6}');
    expect(body).toMatchObject({ form: 'status', values: { startid: '6' } });
  });
});

test('an excerpt is printable and at most 200 characters', () => {
  expect(excerpt('a\r\n\u0000é\u202e<b>')).toBe('a\\x0d\\n\\x00\\xe9\\u202e<b>');
  expect(excerpt('x'.repeat(500))).toBe(`${'x'.repeat(197)}...`);
  expect(excerpt('\u0001'.repeat(100))).toHaveLength(200);
});
