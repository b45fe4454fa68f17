import { describe, expect, test } from 'vitest';
import {
  boundText,
  contentType,
  expose,
  negotiate,
  type Family,
  type Format,
} from '../../../njs/src/core/status/exposition.ts';
import { readStatusBody } from '../../../njs/src/core/status/answer.ts';
import { wallarmMetrics } from '../../../njs/src/core/status/wallarm-metrics.ts';
import { checkExposition } from './check-exposition.ts';
import { sample } from './samples.ts';

const families: Family[] = [
  {
    name: 'app_requests',
    type: 'counter',
    unit: '',
    help: 'Requests with "quotes", a \\ and\na line.',
    samples: [
      { labels: [['application', 'shop']], value: 3 },
      { labels: [['application', 'a"b\\c\nd']], value: 0 },
    ],
  },
  { name: 'app_free_bytes', type: 'gauge', unit: 'bytes', help: 'Free.', samples: [{ labels: [], value: 1024 }] },
  {
    name: 'app_wait_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Wait.',
    samples: [
      { part: 'bucket', labels: [['le', boundText(0.5)]], value: 1 },
      { part: 'bucket', labels: [['le', boundText(1)]], value: 2 },
      { part: 'bucket', labels: [['le', boundText(Infinity)]], value: 4 },
      { part: 'sum', labels: [], value: 5.25 },
      { part: 'count', labels: [], value: 4 },
    ],
  },
  { name: 'app_build', type: 'info', unit: '', help: 'Version.', samples: [{ labels: [['version', '1']], value: 1 }] },
  { name: 'app_nothing', type: 'counter', unit: '', help: 'None yet.', samples: [] },
];

test('text format 0.0.4', () => {
  expect(expose(families, 'prometheus')).toBe(`# HELP app_requests_total Requests with "quotes", a \\\\ and\\na line.
# TYPE app_requests_total counter
app_requests_total{application="shop"} 3
app_requests_total{application="a\\"b\\\\c\\nd"} 0
# HELP app_free_bytes Free.
# TYPE app_free_bytes gauge
app_free_bytes 1024
# HELP app_wait_seconds Wait.
# TYPE app_wait_seconds histogram
app_wait_seconds_bucket{le="0.5"} 1
app_wait_seconds_bucket{le="1.0"} 2
app_wait_seconds_bucket{le="+Inf"} 4
app_wait_seconds_sum 5.25
app_wait_seconds_count 4
# HELP app_build_info Version.
# TYPE app_build_info gauge
app_build_info{version="1"} 1
# HELP app_nothing_total None yet.
# TYPE app_nothing_total counter
`);
});

test('OpenMetrics 1.0.0', () => {
  expect(expose(families, 'openmetrics')).toBe(`# HELP app_requests Requests with \\"quotes\\", a \\\\ and\\na line.
# TYPE app_requests counter
app_requests_total{application="shop"} 3
app_requests_total{application="a\\"b\\\\c\\nd"} 0
# HELP app_free_bytes Free.
# TYPE app_free_bytes gauge
# UNIT app_free_bytes bytes
app_free_bytes 1024
# HELP app_wait_seconds Wait.
# TYPE app_wait_seconds histogram
# UNIT app_wait_seconds seconds
app_wait_seconds_bucket{le="0.5"} 1
app_wait_seconds_bucket{le="1.0"} 2
app_wait_seconds_bucket{le="+Inf"} 4
app_wait_seconds_sum 5.25
app_wait_seconds_count 4
# HELP app_build Version.
# TYPE app_build info
app_build_info{version="1"} 1
# HELP app_nothing None yet.
# TYPE app_nothing counter
# EOF
`);
});

test.each<Format>(['prometheus', 'openmetrics'])('%s passes the checker', (format) => {
  expect(checkExposition(expose(families, format), format)).toEqual([]);
});

describe('the checker finds', () => {
  const good = expose(families, 'openmetrics');
  test.each<[string, string, Format]>([
    ['a counter without _total', good.replaceAll('app_requests_total{', 'app_requests{'), 'openmetrics'],
    ['a missing end', good.replace('# EOF\n', ''), 'openmetrics'],
    ['a sample after the end', `${good}x 1\n`, 'openmetrics'],
    ['an unescaped quote', good.replace('a\\"b', 'a"b'), 'openmetrics'],
    ['a sample without its family', good.replace('# TYPE app_free_bytes gauge\n', ''), 'openmetrics'],
    [
      'a unit that is not in the name',
      good.replace('# UNIT app_free_bytes bytes', '# UNIT app_free_bytes seconds'),
      'openmetrics',
    ],
    ['buckets that shrink', good.replace('le="1.0"} 2', 'le="1.0"} 0'), 'openmetrics'],
    ['a histogram without +Inf', good.replace('app_wait_seconds_bucket{le="+Inf"} 4\n', ''), 'openmetrics'],
    ['a count that differs from +Inf', good.replace('seconds_count 4', 'seconds_count 5'), 'openmetrics'],
    [
      'a series given twice',
      good.replace('app_free_bytes 1024', 'app_free_bytes 1024\napp_free_bytes 1'),
      'openmetrics',
    ],
    [
      'a family given twice',
      good.replace('# HELP app_nothing', '# TYPE app_build info\n# HELP app_nothing'),
      'openmetrics',
    ],
    [
      'families that are mixed',
      good.replace('# HELP app_nothing', 'app_free_bytes{a="b"} 1\n# HELP app_nothing'),
      'openmetrics',
    ],
    ['a value that is no number', good.replace('bytes 1024', 'bytes 1,024'), 'openmetrics'],
    ['a missing newline at the end', expose(families, 'prometheus').trimEnd(), 'prometheus'],
    ['a negative counter', expose(families, 'prometheus').replace('"shop"} 3', '"shop"} -3'), 'prometheus'],
  ])('%s', (_name, text, format) => {
    expect(checkExposition(text, format)).not.toEqual([]);
  });
});

describe('the format is chosen by Accept', () => {
  test.each<[string, Format]>([
    ['', 'prometheus'],
    ['*/*', 'prometheus'],
    ['text/html,*/*;q=0.8', 'prometheus'],
    ['application/openmetrics-text', 'openmetrics'],
    ['Application/OpenMetrics-Text; version=1.0.0; charset=utf-8', 'openmetrics'],
    [
      'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1',
      'openmetrics',
    ],
    ['text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5', 'prometheus'],
    ['application/openmetrics-text;q=0', 'prometheus'],
    ['application/openmetrics-text;q=high', 'prometheus'],
    ['application/openmetrics-textual', 'prometheus'],
    [`${'a/b,'.repeat(5000)}application/openmetrics-text`, 'prometheus'],
  ])('%s', (accept, format) => {
    expect(negotiate(accept)).toBe(format);
  });
  test('and named in Content-Type', () => {
    expect(contentType('openmetrics')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(contentType('prometheus')).toBe('text/plain; version=0.0.4; charset=utf-8');
  });
});

describe("the vendor's Prometheus form", () => {
  function metricsOf(name: '5.3.19' | '6.13.0'): string {
    const body = readStatusBody(sample(name));
    return wallarmMetrics(body.form === 'status' ? body.values : {});
  }

  test('has its names, its types and its texts', () => {
    const text = metricsOf('6.13.0');
    expect(text).toContain(
      '# HELP wallarm_requests requests count\n# TYPE wallarm_requests gauge\nwallarm_requests 88012\n',
    );
    expect(text).toContain('# TYPE wallarm_bytes_blocked_in counter\nwallarm_bytes_blocked_in 52210\n');
    expect(text).toContain('\nwallarm_time_detect_seconds 12.25\n');
    expect(text).toContain('\nwallarm_custom_ruleset_id{format="54"} 386\n');
    expect(text).toContain(
      '# TYPE wallarm_proton_instances gauge\nwallarm_proton_instances{status="success"} 3\nwallarm_proton_instances{status="fallback"} 0\nwallarm_proton_instances{status="failed"} 0\n',
    );
    expect(text).toContain('\nwallarm_startid 10590889219338959872\n');
    expect(text).toContain('\nwallarm_rate_limit_shm_zone_size 67108864\n');
    expect(text).not.toMatch(/_total|timestamp|stalled_workers_count/);
    expect(checkExposition(text, 'prometheus')).toEqual([]);
  });

  test('leaves out what a generation lacks', () => {
    expect(metricsOf('5.3.19')).not.toContain('wallarm_streams');
    expect(metricsOf('5.3.19')).toContain('wallarm_abnormal 10524\n');
  });
});
