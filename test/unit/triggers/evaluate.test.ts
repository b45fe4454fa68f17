import { describe, expect, test } from 'vitest';
import {
  coolDown,
  evaluate,
  restoreFiring,
  standing,
  takeBack,
  type Firing,
} from '../../../njs/src/core/triggers/evaluate.ts';
import { preconfiguredTrigger } from '../../../njs/src/core/triggers/preconfigured.ts';
import { excludedByDefault, type Trigger } from '../../../schema/lists.ts';
import { MemoryStore } from './memory-store.ts';
import { sha256 } from './sha256.ts';
import { preparedTrigger, someEvent } from './some-trigger.ts';

const hourMs = 3_600_000;

/** Sends payloads one by one, and says how each ended. */
function series(
  store: MemoryStore,
  prepared: ReturnType<typeof preparedTrigger>,
  payloads: readonly string[],
): string[] {
  return payloads.map((text) => outcome(store, prepared, { payloads: [text], atMs: store.now }));
}

function outcome(
  store: MemoryStore,
  prepared: ReturnType<typeof preparedTrigger>,
  event: Parameters<typeof someEvent>[0],
): string {
  const result = evaluate(prepared, someEvent(event), store, sha256);
  return result.kind === 'passed' ? result.why : `${result.kind} ${result.count}`;
}

/** Makes a trigger with a threshold of 1 fire. */
function firing(store: MemoryStore, prepared: ReturnType<typeof preparedTrigger>): Firing {
  const result = evaluate(prepared, someEvent({ payloads: ['x', 'y'], atMs: store.now }), store, sha256);
  if (result.kind !== 'fired') throw new Error(`not fired: ${result.kind}`);
  return result;
}

describe('the pre-configured trigger', () => {
  test('fires on the fourth different payload within an hour: graylist for an hour', () => {
    const store = new MemoryStore();
    store.now = 1_700_000_000_000;
    const prepared = preparedTrigger();
    expect(series(store, prepared, ['a', 'b', 'a', 'c'])).toEqual(['counted 1', 'counted 2', 'counted 2', 'counted 3']);
    const result = evaluate(prepared, someEvent({ payloads: ['d'], atMs: store.now }), store, sha256);
    expect(result).toEqual({
      kind: 'fired',
      count: 4,
      periodMs: hourMs,
      listing: 1,
      entry: {
        list: 'gray',
        address: '192.0.2.1',
        applications: [],
        createdMs: store.now,
        expiresMs: store.now + hourMs,
        reason: '4 different malicious payloads within 3600 s',
        source: 'default',
        author: 'wallguard',
      },
    });
  });

  test('counts every payload of a request, and fires in the middle of one', () => {
    const store = new MemoryStore();
    const prepared = preparedTrigger();
    expect(outcome(store, prepared, { payloads: ['sqli a', 'xss a'] })).toBe('counted 2');
    expect(outcome(store, prepared, { payloads: ['sqli b'] })).toBe('counted 3');
    expect(outcome(store, prepared, { payloads: ['ptrav c', 'ptrav d'] })).toBe('fired 4');
  });

  test('has the defaults of the settings', () => {
    expect(preconfiguredTrigger().excludedTypes).toEqual([...excludedByDefault]);
  });

  test('counts sources apart, IPv6 clients by their network', () => {
    const store = new MemoryStore();
    const prepared = preparedTrigger();
    for (const payload of ['a', 'b', 'c']) {
      outcome(store, prepared, { payloads: [payload] });
      outcome(store, prepared, { payloads: [payload], address: '2001:db8::1' });
    }
    expect(outcome(store, prepared, { payloads: ['d'], address: '192.0.2.2' })).toBe('counted 1');
    const result = evaluate(prepared, someEvent({ payloads: ['d'], address: '2001:db8::2' }), store, sha256);
    expect(result).toMatchObject({ kind: 'fired', entry: { address: '2001:db8::/64' } });
  });
});

describe('what does not count', () => {
  test.each([
    ['a request that a list refused', {}, { refused: true }, 'refused'],
    ['an allowlisted source', {}, { allowlisted: true }, 'allowlisted'],
    ['an allowlisted source that was refused', {}, { allowlisted: true, refused: true }, 'allowlisted'],
    ['a client without an address', {}, { address: 'unix:' }, 'no_source'],
    ['a trigger switched off', { enabled: false }, {}, 'disabled'],
    ['another application', { filters: { applications: [7] } }, { application: 8 }, 'filtered'],
    ['another address', { filters: { addresses: ['198.51.100.0/24'] } }, {}, 'filtered'],
    ['another domain', { filters: { domains: ['other.example'] } }, {}, 'filtered'],
    ['another status', { filters: { statuses: ['4xx'] } }, { status: 200 }, 'filtered'],
    ['another type', { filters: { types: ['xss'] } }, {}, 'filtered'],
    ['another target', { filters: { targets: ['client'] } }, {}, 'filtered'],
    ['an excluded type', { excludedTypes: ['sqli'] }, {}, 'filtered'],
    ['an experimental find', {}, { payloads: ['experimental a'] }, 'filtered'],
    ['a request without payloads', {}, { payloads: [] }, 'filtered'],
  ] as const)('%s', (_name, trigger, event, why) => {
    const store = new MemoryStore();
    const prepared = preparedTrigger({ threshold: 1, ...trigger });
    expect(outcome(store, prepared, { payloads: ['sqli a'], ...event })).toBe(why);
    expect(store.live()).toEqual([]);
  });

  test('all filters must agree', () => {
    const store = new MemoryStore();
    const filters = { types: ['sqli', 'xss'], applications: [7], targets: ['database'] as const };
    const prepared = preparedTrigger({ filters });
    expect(outcome(store, prepared, { payloads: ['sqli a'], application: 7 })).toBe('counted 1');
    expect(outcome(store, prepared, { payloads: ['xss a'], application: 7 })).toBe('filtered');
    expect(outcome(store, prepared, { payloads: ['sqli b'] })).toBe('filtered');
  });

  test('of several payloads those that no filter wants', () => {
    const store = new MemoryStore();
    const prepared = preparedTrigger({ threshold: 1, filters: { types: ['sqli'] } });
    expect(outcome(store, prepared, { payloads: ['xss a', 'sqli a', 'rce a'] })).toBe('counted 1');
  });

  test.each([
    ['192.0.2.1', '192.0.2.0/28'],
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::/32'],
    // Listing the network of the source would list the operator in it.
    ['2001:db8::1', '2001:db8::5'],
  ])('%s, since %s is protected', (address, protectedAddress) => {
    const store = new MemoryStore();
    const prepared = preparedTrigger({ threshold: 1 }, ['198.51.100.9', protectedAddress]);
    expect(series(store, preparedTrigger({ threshold: 1 }, ['198.51.100.9']), ['a'])).toEqual(['counted 1']);
    expect(outcome(store, prepared, { payloads: ['a', 'b'], address })).toBe('protected');
  });
});

describe('after firing', () => {
  const quick = { threshold: 1, windowMs: 10_000, reaction: { periodMs: 4000 } };

  test('nothing counts until the listing is over, then counting begins anew', () => {
    const store = new MemoryStore();
    const prepared = preparedTrigger(quick);
    expect(series(store, prepared, ['a', 'b', 'c', 'd'])).toEqual(['counted 1', 'fired 2', 'listed', 'listed']);
    store.now = 3999;
    expect(series(store, prepared, ['e'])).toEqual(['listed']);
    store.now = 4000;
    expect(series(store, prepared, ['f', 'g'])).toEqual(['counted 1', 'fired 2']);
  });

  test('its payloads take no memory any more', () => {
    const store = new MemoryStore();
    series(store, preparedTrigger(quick), ['a', 'b']);
    expect(store.live()).toHaveLength(1);
  });

  test('an observing trigger says once what it would have done', () => {
    const store = new MemoryStore();
    const prepared = preparedTrigger({ ...quick, reaction: { list: 'observe', periodMs: 4000 } });
    expect(series(store, prepared, ['a', 'b', 'c'])).toEqual(['counted 1', 'observed 2', 'listed']);
  });

  test('triggers do not disturb each other', () => {
    const store = new MemoryStore();
    const one = preparedTrigger({ ...quick, id: 'one' });
    const other = preparedTrigger({ ...quick, id: 'other', reaction: { list: 'deny', periodMs: 4000 } });
    expect(series(store, one, ['a', 'b'])).toEqual(['counted 1', 'fired 2']);
    const results = ['a', 'b'].map((text) => evaluate(other, someEvent({ payloads: [text] }), store, sha256));
    expect(results[1]).toMatchObject({ kind: 'fired', entry: { list: 'deny', source: 'other' } });
  });

  test('a manual removal keeps the trigger off for half of the previous period', () => {
    const store = new MemoryStore();
    const prepared = preparedTrigger({ ...quick, reaction: { periodMs: 100_000 } });
    const { entry } = firing(store, prepared);
    store.now = 10_000;
    coolDown(store, entry, sha256);
    store.now = 59_999;
    expect(series(store, prepared, ['c', 'd'])).toEqual(['listed', 'listed']);
    store.now = 60_000;
    expect(series(store, prepared, ['e', 'f'])).toEqual(['counted 1', 'fired 2']);
  });

  test('a listing without end has no expiry, and cools down for half a year', () => {
    const store = new MemoryStore();
    const prepared = preparedTrigger({ ...quick, reaction: { periodMs: 0 } });
    const { entry, periodMs } = firing(store, prepared);
    expect([periodMs, entry.expiresMs]).toEqual([0, 0]);
    coolDown(store, entry, sha256);
    store.now = 182 * 24 * hourMs;
    expect(series(store, prepared, ['c'])).toEqual(['listed']);
    store.now = 183 * 24 * hourMs;
    expect(series(store, prepared, ['c'])).toEqual(['counted 1']);
  });

  test('a firing whose entry found no room is taken back', () => {
    const store = new MemoryStore();
    const prepared = preparedTrigger(quick);
    takeBack(store, firing(store, prepared).entry, sha256);
    expect(series(store, prepared, ['c', 'd'])).toEqual(['counted 1', 'fired 2']);
  });

  test('is remembered by its entry when memory was lost', () => {
    const prepared = preparedTrigger(quick);
    const { entry } = firing(new MemoryStore(), prepared);
    const store = new MemoryStore();
    store.now = 1000;
    restoreFiring(store, entry, store.now, sha256);
    store.now = 3999;
    expect(series(store, prepared, ['c', 'd'])).toEqual(['listed', 'listed']);
    store.now = 4000;
    restoreFiring(store, entry, store.now, sha256);
    expect(series(store, prepared, ['c', 'd'])).toEqual(['counted 1', 'fired 2']);
  });
});

describe('escalation', () => {
  const escalating = {
    threshold: 1,
    windowMs: 500,
    reaction: { periodMs: 1000, escalation: 3, longestPeriodMs: 20_000 },
  };

  function listings(changes: Partial<Trigger['reaction']>, count: number, pauseMs: number): number[][] {
    const store = new MemoryStore();
    const prepared = preparedTrigger({ ...escalating, reaction: { ...escalating.reaction, ...changes } });
    return Array.from({ length: count }, () => {
      const result = firing(store, prepared);
      store.now += result.periodMs + pauseMs;
      return [result.listing, result.periodMs];
    });
  }

  test('each further listing is longer, up to the cap', () => {
    expect(listings({}, 5, 0)).toEqual([
      [1, 1000],
      [2, 3000],
      [3, 9000],
      [4, 20_000],
      [5, 20_000],
    ]);
  });

  test('is forgotten when a source kept quiet for the longest period', () => {
    expect(listings({}, 2, 19_999)).toEqual([
      [1, 1000],
      [2, 3000],
    ]);
    expect(listings({}, 2, 20_000)).toEqual([
      [1, 1000],
      [1, 1000],
    ]);
  });

  test('is off by default', () => {
    expect(listings({ escalation: 1 }, 3, 0)).toEqual([
      [1, 1000],
      [1, 1000],
      [1, 1000],
    ]);
  });

  test('never shortens, and leaves a listing without end alone', () => {
    expect(listings({ longestPeriodMs: 100 }, 1, 0)).toEqual([[1, 1000]]);
    expect(listings({ longestPeriodMs: 500 }, 2, 0).map(([, period]) => period)).toEqual([1000, 1000]);
    expect(listings({ periodMs: 0 }, 1, 0)).toEqual([[1, 0]]);
  });
});

test('standing tells how far a source is from being listed', () => {
  const store = new MemoryStore();
  store.now = 1000;
  const prepared = preparedTrigger();
  const now = () => standing(prepared.trigger, '192.0.2.1', store, sha256);
  expect(now()).toEqual({ count: 0, missing: 4, firedMs: 0 });
  series(store, prepared, ['a', 'b']);
  expect(now()).toEqual({ count: 2, missing: 2, firedMs: 0 });
  series(store, prepared, ['c', 'd']);
  expect(now()).toEqual({ count: 0, missing: 4, firedMs: 1000 });
});
