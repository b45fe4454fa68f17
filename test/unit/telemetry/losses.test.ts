import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeLosses, type LossState } from '../../../njs/src/core/telemetry/losses.ts';
import { endedRequests } from '../../../njs/src/core/telemetry/stub-status.ts';
import { seeded } from '../../nginx/telemetry-lines.ts';

const lagMs = 2500;

/** One second of an NGINX. */
interface Second {
  /** Requests of servers with wallguard. */
  readonly requests: number;
  /** Requests that never have a line: other servers, logs of their own. */
  readonly others?: number;
  /** Lines written in this second are gone. */
  readonly broken?: boolean;
}

/** Plays seconds; each line takes up to `flushMs` to be counted. */
function play(seconds: readonly Second[], random: () => number, { flushMs = 1000, isFresh = true } = {}) {
  let state: LossState | undefined;
  const total = { lost: 0, withoutEvent: 0, heartbeats: 0 };
  let ended = 0;
  let heartbeat = false;
  const arrivals: { atMs: number; isRequest: boolean }[] = [];
  seconds.forEach(({ requests, others = 0, broken = false }, index) => {
    const startMs = index * 1000;
    ended += requests + others;
    const lines = [...Array<boolean>(requests).fill(true), ...(heartbeat ? [false] : [])];
    for (const isRequest of lines) {
      if (!broken) arrivals.push({ atMs: startMs + random() * (1000 + flushMs), isRequest });
    }
    const atMs = startMs + 1000;
    const there = arrivals.filter((line) => line.atMs <= atMs);
    const judged = judgeLosses(
      state,
      {
        atMs,
        ended,
        requestLines: there.filter((line) => line.isRequest).length,
        anyLines: there.length,
        isReadUp: true,
        isFresh,
      },
      lagMs,
    );
    state = JSON.parse(JSON.stringify(judged.state)) as LossState;
    heartbeat = judged.heartbeat;
    total.lost += judged.lost;
    total.withoutEvent += judged.withoutEvent;
    total.heartbeats += judged.heartbeat ? 1 : 0;
  });
  return total;
}

const idle = (seconds: number): Second[] => Array.from({ length: seconds }, () => ({ requests: 0 }));

describe('judgeLosses', () => {
  test('finds each lost line once, and no other', () => {
    expect(
      play([...idle(2), { requests: 40 }, ...idle(5), { requests: 20, broken: true }, ...idleBroken(10)], seeded(1)),
    ).toMatchObject({ lost: 20, withoutEvent: 20 });
  });

  test('goes on finding them while lines stay away, and stops when they come back', () => {
    const outage = Array.from({ length: 20 }, () => ({ requests: 50, broken: true }));
    const after = Array.from({ length: 20 }, () => ({ requests: 50 }));
    const total = play([...idle(2), ...outage, ...after, ...idle(10)], seeded(2));
    expect(total.lost).toBe(1000);
  });

  test('requests of other servers are without a line, not lost', () => {
    const seconds = Array.from({ length: 60 }, (_, index) => ({ requests: index % 7, others: 3 }));
    expect(play([...seconds, ...idle(10)], seeded(3))).toMatchObject({ lost: 0, withoutEvent: 60 * 3 });
  });

  test('a server that nobody asks but others are: a heartbeat tells that the sinks work', () => {
    const total = play([...Array.from({ length: 60 }, () => ({ requests: 0, others: 1 })), ...idle(10)], seeded(4));
    expect(total).toMatchObject({ lost: 0, withoutEvent: 60 });
    expect(total.heartbeats).toBeGreaterThan(5);
  });

  test('a running NGINX that is watched anew: never overstated', () => {
    const seconds = Array.from({ length: 30 }, () => ({ requests: 40 }));
    expect(play([...seconds, ...idle(6)], seeded(6), { isFresh: false })).toMatchObject({ lost: 0, withoutEvent: 0 });
  });

  test('quiet NGINX sends no heartbeat', () => {
    expect(play(idle(60), seeded(5))).toEqual({ lost: 0, withoutEvent: 0, heartbeats: 0 });
  });

  test('waits while lines are still to be read', () => {
    const first = judgeLosses(
      undefined,
      { atMs: 0, ended: 0, requestLines: 0, anyLines: 0, isReadUp: true, isFresh: true },
      lagMs,
    );
    let state = first.state;
    for (let second = 1; second < 20; second += 1) {
      const judged = judgeLosses(
        state,
        {
          atMs: second * 1000,
          ended: 500,
          requestLines: 0,
          anyLines: 0,
          isReadUp: false,
          isFresh: true,
        },
        lagMs,
      );
      expect(judged).toMatchObject({ lost: 0, withoutEvent: 0, heartbeat: false });
      state = judged.state;
    }
    expect(state.samples.length).toBeLessThan(6);
  });

  test('never claims a loss while every line arrives in time, whatever the traffic', () => {
    const second = fc.record({ requests: fc.nat(200) });
    fc.assert(
      fc.property(fc.array(second, { maxLength: 60 }), fc.nat(), (seconds, seed) => {
        expect(play([...seconds, ...idle(6)], seeded(seed + 1))).toMatchObject({ lost: 0, withoutEvent: 0 });
      }),
    );
  });

  test('never claims more than was lost, and all of it once an outage lasts, whatever the traffic', () => {
    const traffic = fc.array(fc.record({ requests: fc.nat(50), others: fc.constant(0) }), {
      minLength: 12,
      maxLength: 30,
    });
    fc.assert(
      fc.property(traffic, traffic, traffic, fc.nat(), (before, during, after, seed) => {
        const broken = during.map((second) => ({ ...second, broken: true }));
        const lost = during.reduce((sum, { requests }) => sum + requests, 0);
        const total = play(
          [...idle(2), ...before, ...idle(4), ...broken, ...idleBroken(8), ...after, ...idle(8)],
          seeded(seed + 1),
        );
        expect(total.lost).toBe(lost);
      }),
    );
  });
});

function idleBroken(seconds: number): Second[] {
  return Array.from({ length: seconds }, () => ({ requests: 0, broken: true }));
}

describe('endedRequests', () => {
  test('leaves out what is being read and answered', () => {
    const page =
      'Active connections: 3 \nserver accepts handled requests\n 10 10 42 \nReading: 1 Writing: 2 Waiting: 0 \n';
    expect(endedRequests(page)).toBe(39);
  });
  test.each(['', '<html>404</html>', 'Active connections: 3 \n'])('%j is no such page', (page) => {
    expect(endedRequests(page)).toBe(-1);
  });
});
