import { describe, expect, test } from 'vitest';
import type { Answer } from '../../../njs/src/core/status/answer.ts';
import type { History } from '../../../njs/src/core/status/history.ts';
import {
  isUp,
  observe,
  report,
  reportStatus,
  unknownObservation,
  verdict,
} from '../../../njs/src/core/status/report.ts';
import { node6, sample } from './samples.ts';

/** One poll: seconds since the start, what the node says, how many requests NGINX served so far. */
interface Step {
  readonly at: number;
  readonly requests?: number;
  readonly startid?: string;
  /** Seconds on the same clock as `at`. */
  readonly timestamp?: number;
  readonly tnt_errors?: number;
  readonly segfaults?: number;
  readonly served?: number;
  /** Instead of the statistics. */
  readonly answer?: Answer;
}

const startMs = Date.UTC(2026, 10, 22);

/** Codes found at each step; `settleMs` is 5 s. */
function play(steps: readonly Step[]): string[][] {
  let history: History | undefined;
  return steps.map((step) => {
    const at = startMs + step.at * 1000;
    const observed = observe(
      { answer: step.answer ?? answerOf(step), atMs: at, durationMs: 2, served: step.served ?? 0, settleMs: 5000 },
      history === undefined ? undefined : (JSON.parse(JSON.stringify(history)) as History),
      node6,
    );
    history = observed.history;
    return observed.observation.findings.map(({ code }) => code);
  });
}

function answerOf({ at, requests = 100, startid = '1', timestamp = at, tnt_errors = 0, segfaults = 0 }: Step): Answer {
  const body = sample('6.13.0')
    .replace(/"requests": \d+/, `"requests": ${requests}`)
    .replace(/"startid": \d+/, `"startid": ${startid}`)
    .replace(/"timestamp": [\d.]+/, `"timestamp": ${startMs / 1000 + timestamp}`)
    .replace(/"tnt_errors": \d+/, `"tnt_errors": ${tnt_errors}`)
    .replace(/"segfaults": \d+/, `"segfaults": ${segfaults}`);
  return { outcome: 'answered', status: 200, contentType: 'application/json', body };
}

const refused: Answer = { outcome: 'refused', message: 'connect failed' };

describe('frozen counters', () => {
  const rows: [string, Step[], string[][]][] = [
    [
      'the node counts nothing while NGINX serves',
      [
        { at: 0, served: 0 },
        { at: 6, served: 5 },
        { at: 12, served: 25 },
        { at: 18, served: 40 },
      ],
      [[], [], ['status-frozen'], ['status-frozen']],
    ],
    [
      'no traffic',
      [
        { at: 0, served: 50 },
        { at: 6, served: 50 },
        { at: 600, served: 50 },
      ],
      [[], [], []],
    ],
    [
      'the node counted first, NGINX wrote its log later: no finding',
      [
        { at: 0, served: 0 },
        { at: 1, served: 100 },
        { at: 6, served: 100 },
        { at: 60, served: 100 },
      ],
      [[], [], [], []],
    ],
    [
      'a node that counts again is no longer frozen',
      [{ at: 0 }, { at: 6, served: 0 }, { at: 12, served: 30 }, { at: 18, requests: 101, timestamp: 18, served: 31 }],
      [[], [], ['status-frozen'], []],
    ],
    ['a few served requests prove nothing', [{ at: 0 }, { at: 6, served: 0 }, { at: 12, served: 19 }], [[], [], []]],
    [
      'a count of served requests that began anew is compared from there',
      [
        { at: 0, served: 900 },
        { at: 6, served: 900 },
        { at: 12, served: 3 },
        { at: 18, served: 22 },
        { at: 24, served: 23 },
      ],
      [[], [], [], [], ['status-frozen']],
    ],
    [
      'not compared when wallguard is the service itself',
      [
        { at: 0, served: -1 },
        { at: 6, served: -1 },
        { at: 60, served: -1 },
      ],
      [[], [], []],
    ],
    [
      'a failed poll in between changes nothing',
      [{ at: 0 }, { at: 6, served: 0 }, { at: 9, answer: refused }, { at: 12, served: 30 }],
      [[], [], ['status-refused'], ['status-frozen']],
    ],
  ];
  test.each(rows)('%s', (_name, steps, expected) => {
    expect(play(steps)).toEqual(expected);
  });
});

describe('restart', () => {
  test('is told for ten minutes, and counters that began anew are no frozen ones', () => {
    expect(
      play([
        { at: 0, requests: 5000, served: 5000 },
        { at: 15, requests: 0, startid: '2', served: 5000 },
        { at: 500, requests: 10, startid: '2', timestamp: 499, served: 5010 },
        { at: 700, requests: 20, startid: '2', timestamp: 699, served: 5020 },
      ]),
    ).toEqual([[], ['status-restarted'], ['status-restarted'], []]);
  });

  test('two ids that are the same double are still two', () => {
    const codes = play([
      { at: 0, startid: '10590889219338959872' },
      { at: 5, startid: '10590889219338959873' },
    ]);
    expect(Number('10590889219338959872')).toBe(Number('10590889219338959873'));
    expect(codes[1]).toEqual(['status-restarted']);
  });
});

describe('stale timestamp', () => {
  test('counters grew, the time of the last request lies before the poll before', () => {
    expect(
      play([
        { at: 0, requests: 1, timestamp: -100 },
        { at: 100, requests: 2, timestamp: -100 },
        { at: 200, requests: 3, timestamp: 199 },
      ]),
    ).toEqual([[], ['status-stale'], []]);
  });
  test('an old timestamp without traffic is right', () => {
    expect(
      play([
        { at: 0, timestamp: -86400 },
        { at: 3600, timestamp: -86400 },
      ]),
    ).toEqual([[], []]);
  });
  test('a long request may have begun a little before the poll before', () => {
    expect(play([{ at: 0 }, { at: 10, requests: 101, timestamp: -30 }])).toEqual([[], []]);
  });
});

describe('growing faults', () => {
  test('are told from the poll that saw them on, until ten minutes passed without growth', () => {
    expect(
      play([
        { at: 0, tnt_errors: 7, segfaults: 1 },
        { at: 15, tnt_errors: 9, segfaults: 1 },
        { at: 30, tnt_errors: 9, segfaults: 2 },
        { at: 614, tnt_errors: 9, segfaults: 2 },
        { at: 640, tnt_errors: 9, segfaults: 2 },
      ]),
    ).toEqual([
      [],
      ['postanalytics-errors'],
      ['segfaults', 'postanalytics-errors'],
      ['segfaults', 'postanalytics-errors'],
      [],
    ]);
  });
  test('a counter that began anew did not grow', () => {
    expect(
      play([
        { at: 0, tnt_errors: 7 },
        { at: 15, tnt_errors: 3, startid: '2' },
      ]),
    ).toEqual([[], ['status-restarted']]);
  });
});

describe('verdict', () => {
  function observationOf(answer: Answer) {
    return observe({ answer, atMs: startMs, durationMs: 12, served: 0, settleMs: 0 }, undefined, node6).observation;
  }

  test('ok is 200 and carries what was seen', () => {
    const observation = observationOf(answerOf({ at: 0, startid: '18446744073709551615' }));
    expect(isUp(observation)).toBe(true);
    expect(report(observation, '1.2.3', node6)).toEqual({
      schema: 'wallguard-status/1',
      verdict: 'ok',
      version: '1.2.3',
      engine: 'wallarm',
      service: {
        url: 'http://127.0.0.8:80/wallarm-status',
        polled_at: '2026-11-22T00:00:00.000Z',
        duration_ms: 12,
        http_status: 200,
        startid: '18446744073709551615',
      },
      findings: [],
    });
    expect(reportStatus(verdict(observation))).toBe(200);
  });

  test('broken is 503', () => {
    const observation = observationOf(refused);
    expect(isUp(observation)).toBe(false);
    expect(report(observation, '1.2.3', node6)).toMatchObject({
      verdict: 'broken',
      service: { http_status: 0, startid: '', polled_at: '2026-11-22T00:00:00.000Z' },
      findings: [{ code: 'status-refused', severity: 'error', evidence: 'connect failed' }],
    });
    expect(reportStatus('broken')).toBe(503);
  });

  test('warnings alone do not break it', () => {
    const body = sample('6.13.0').replace('"fallback": 0', '"fallback": 1');
    const observation = observationOf({ outcome: 'answered', status: 200, contentType: 'application/json', body });
    expect(observation.findings).toMatchObject([{ code: 'rulesets-fallback', severity: 'warning' }]);
    expect(verdict(observation)).toBe('ok');
  });

  test('not knowing is not ok', () => {
    const observation = unknownObservation(node6);
    expect(report(observation, '1.2.3', node6)).toMatchObject({ verdict: 'unknown', service: { polled_at: '' } });
    expect(reportStatus(verdict(observation))).toBe(503);
  });
});
