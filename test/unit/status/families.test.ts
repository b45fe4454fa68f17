import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { blockReasons } from '../../../schema/telemetry.ts';
import { expose, type Format } from '../../../njs/src/core/status/exposition.ts';
import { handlerNames, metricFamilies, type Self } from '../../../njs/src/core/status/families.ts';
import { ownStatus } from '../../../njs/src/core/status/own-status.ts';
import { observe, unknownObservation, type Observation } from '../../../njs/src/core/status/report.ts';
import {
  everyBlockReason,
  inspectedRequests,
  readTraffic,
  type Traffic,
} from '../../../njs/src/core/status/traffic.ts';
import { checkExposition } from './check-exposition.ts';
import { node6, own, sample } from './samples.ts';

const traffic: Traffic = {
  applications: [
    {
      id: -1,
      name: 'default',
      inspected: true,
      allowed: 90,
      detected: 3,
      blocked: [
        { of: 'attack', count: 4 },
        { of: 'denylist', count: 2 },
        { of: 'status_guard', count: 1 },
      ],
      attacks: [
        { of: 'sqli', count: 6 },
        { of: 'xss', count: 2 },
      ],
      attacked: 7,
      responses: [
        { of: 'none', count: 0 },
        { of: '2xx', count: 93 },
        { of: '4xx', count: 7 },
      ],
    },
    {
      id: 4,
      name: 'shop',
      inspected: false,
      allowed: 50,
      detected: 0,
      blocked: [
        { of: 'attack', count: 0 },
        { of: 'denylist', count: 0 },
        { of: 'status_guard', count: 5 },
      ],
      attacks: [],
      attacked: 0,
      responses: [{ of: '2xx', count: 55 }],
    },
  ],
  durations: { boundsMs: [5, 10, 1000], counts: [100, 40, 14, 1], sumMs: 12500 },
  bytesIn: 1024,
  bytesOut: 10000,
  dropped: [
    { of: 'log', count: 7 },
    { of: 'outbox', count: 1 },
  ],
  withoutEvent: 9,
};

const self: Self = {
  version: '1.2.3',
  engine: 'modsecurity',
  runtime: { nginxVersion: '1.26.3', njsVersion: '0.8.9', jsEngine: 'njs' },
  handlerErrors: [{ of: 'note', count: 2 }],
  zonesFree: [{ of: 'wallguard_state', count: 1024000 }],
};

function observation(body: string): Observation {
  return observe(
    {
      answer: { outcome: 'answered', status: 200, contentType: '', body },
      atMs: 1763776306000,
      durationMs: 4,
      served: 0,
      settleMs: 0,
    },
    undefined,
    node6,
  ).observation;
}

describe('metrics', () => {
  test('count every request once by action, and the blocked ones once by reason', () => {
    const text = expose(metricFamilies(traffic, observation(sample('6.13.0')), self), 'prometheus');
    expect(text.split('\n').filter((line) => !line.startsWith('#'))).toEqual([
      'wallguard_requests_total{application="default",action="allowed"} 90',
      'wallguard_requests_total{application="default",action="detected"} 3',
      'wallguard_requests_total{application="default",action="blocked"} 7',
      'wallguard_requests_total{application="shop",action="allowed"} 50',
      'wallguard_requests_total{application="shop",action="detected"} 0',
      'wallguard_requests_total{application="shop",action="blocked"} 5',
      'wallguard_attacks_total{application="default",type="sqli"} 6',
      'wallguard_attacks_total{application="default",type="xss"} 2',
      'wallguard_blocked_total{application="default",reason="attack"} 4',
      'wallguard_blocked_total{application="default",reason="denylist"} 2',
      'wallguard_blocked_total{application="default",reason="status_guard"} 1',
      'wallguard_blocked_total{application="shop",reason="attack"} 0',
      'wallguard_blocked_total{application="shop",reason="denylist"} 0',
      'wallguard_blocked_total{application="shop",reason="status_guard"} 5',
      'wallguard_responses_total{application="default",class="none"} 0',
      'wallguard_responses_total{application="default",class="2xx"} 93',
      'wallguard_responses_total{application="default",class="4xx"} 7',
      'wallguard_responses_total{application="shop",class="2xx"} 55',
      'wallguard_request_duration_seconds_bucket{le="0.005"} 100',
      'wallguard_request_duration_seconds_bucket{le="0.01"} 140',
      'wallguard_request_duration_seconds_bucket{le="1.0"} 154',
      'wallguard_request_duration_seconds_bucket{le="+Inf"} 155',
      'wallguard_request_duration_seconds_sum 12.5',
      'wallguard_request_duration_seconds_count 155',
      'wallguard_request_bytes_total{direction="in"} 1024',
      'wallguard_request_bytes_total{direction="out"} 10000',
      'wallguard_events_dropped_total{stage="log"} 7',
      'wallguard_events_dropped_total{stage="outbox"} 1',
      'wallguard_requests_without_event_total 9',
      'wallguard_status_service_up 1',
      'wallguard_status_service_poll_seconds 0.004',
      'wallguard_status_service_last_poll_timestamp_seconds 1763776306',
      'wallguard_handler_errors_total{handler="note"} 2',
      'wallguard_dict_free_bytes{zone="wallguard_state"} 1024000',
      'wallguard_build_info{version="1.2.3",engine="modsecurity",nginx="1.26.3",njs="0.8.9",js_engine="njs"} 1',
      '',
    ]);
  });

  test('tell what is broken', () => {
    const text = expose(metricFamilies(traffic, observation('<html>'), self), 'prometheus');
    expect(text).toContain('\nwallguard_status_service_up 0\n');
    expect(text).toContain('\nwallguard_status_finding{code="status-html",severity="error"} 1\n');
  });

  test('give no time of a poll that was not made', () => {
    const text = expose(metricFamilies(traffic, unknownObservation(own), self), 'prometheus');
    expect(text).not.toMatch(/^wallguard_status_service_(?:poll|last_poll)/m);
  });

  test.each<Format>(['prometheus', 'openmetrics'])('pass the checker as %s', (format) => {
    for (const seen of [observation(sample('6.13.0')), observation('<html>'), unknownObservation(own)]) {
      expect(checkExposition(expose(metricFamilies(traffic, seen, self), format), format)).toEqual([]);
    }
  });
});

describe('own statistics', () => {
  const text = ownStatus(traffic, '1459972331756458216', 1763776305868);
  const status = JSON.parse(text) as Record<string, unknown> & { split: { clients: { applications: unknown[] }[] } };

  test('have the keys of a node', () => {
    expect(status).toMatchObject({
      requests: 155,
      attacks: 7,
      blocked: 12,
      blocked_by_acl: 2,
      bytes_in: 1024,
      bytes_out: 10000,
      tnt_errors: 8,
      api_errors: 0,
      requests_lost: 8,
      timestamp: 1763776305.868,
    });
    expect(status.split.clients).toHaveLength(1);
    expect(status.split.clients[0]).toMatchObject({ client_id: null, requests: 155, attacks: 7 });
    expect(status.split.clients[0]?.applications).toEqual([
      { app_id: -1, requests: 100, attacks: 7, blocked: 7, blocked_by_acl: 2 },
      { app_id: 4, requests: 55, attacks: 0, blocked: 5, blocked_by_acl: 0 },
    ]);
  });

  test('write startid as a number of 64 bits', () => {
    expect(text).toContain('"startid":1459972331756458216,');
  });

  test('are whole in the eyes of the monitor', () => {
    expect(
      observe(
        {
          answer: { outcome: 'answered', status: 200, contentType: 'application/json', body: text },
          atMs: 1,
          durationMs: 0,
          served: -1,
          settleMs: 0,
        },
        undefined,
        own,
      ).observation,
    ).toMatchObject({ findings: [], values: { startid: '1459972331756458216', requests: '155' } });
  });
});

describe('counters are read by name', () => {
  const counters: Record<string, number> = {
    'requests|shop|allowed|': 5,
    'requests|shop|detected|': 2,
    'requests|shop|blocked|attack': 3,
    'requests|shop|blocked|rate': 1,
    'attacked|shop|detected': 2,
    'attacked|shop|blocked': 3,
    'attacks|shop|sqli': 4,
    'attacks|shop|bit12': 1,
    'responses|shop|0': 1,
    'responses|shop|2': 7,
    'duration|0': 8,
    'duration|14': 3,
    'duration|sum': 40500,
    'bytes|in': 10,
    'bytes|out': 20,
    'dropped|audit': 6,
    without_event: 7,
  };
  const asked: string[] = [];
  const read = readTraffic([{ id: 4, name: 'shop', inspected: true }], (name) => {
    asked.push(name);
    return counters[name] ?? 0;
  });

  test('into their places', () => {
    expect(read).toEqual({
      applications: [
        {
          id: 4,
          name: 'shop',
          inspected: true,
          allowed: 5,
          detected: 2,
          blocked: [
            { of: 'attack', count: 3 },
            { of: 'denylist', count: 0 },
            { of: 'graylist', count: 0 },
            { of: 'bot', count: 0 },
            { of: 'status_guard', count: 0 },
            { of: 'rate', count: 1 },
          ],
          attacked: 5,
          attacks: [
            { of: 'sqli', count: 4 },
            { of: 'bit12', count: 1 },
          ],
          responses: [
            { of: 'none', count: 1 },
            { of: '1xx', count: 0 },
            { of: '2xx', count: 7 },
            { of: '3xx', count: 0 },
            { of: '4xx', count: 0 },
            { of: '5xx', count: 0 },
          ],
        },
      ],
      durations: {
        boundsMs: [5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000],
        counts: [8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3],
        sumMs: 40500,
      },
      bytesIn: 10,
      bytesOut: 20,
      dropped: [
        { of: 'file', count: 0 },
        { of: 'outbox', count: 0 },
        { of: 'audit', count: 6 },
      ],
      withoutEvent: 7,
    });
  });

  test('every one of them, and each once', () => {
    expect(Object.keys(counters).filter((name) => !asked.includes(name))).toEqual([]);
    expect(new Set(asked).size).toBe(asked.length);
  });
});

test('every block reason of the telemetry is known', () => {
  expect(everyBlockReason()).toEqual(blockReasons.filter((reason) => reason !== ''));
});

test('every handler that reports failures is in the metric', () => {
  const sources = fileURLToPath(new URL('../../../njs/src', import.meta.url));
  const names = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(path.join(sources, file), 'utf8').matchAll(/\bfailed\('(\w+)'/g)])
    .map((match) => match[1] ?? '');
  expect(handlerNames().toSorted()).toEqual([...new Set(names)].toSorted());
});

test('a node counts neither applications whose mode is off nor what the guard refused', () => {
  expect(inspectedRequests(traffic)).toBe(99);
});
