/** Outcomes, apart from what any check looks for. */
import { describe, expect, test } from 'vitest';
import { settingsSchema } from '../../../schema/settings.ts';
import { atDirective, type Check, type CheckResult, type Outcome } from '../../../tools/src/checks/check.ts';
import { runCheck, runChecks } from '../../../tools/src/checks/run.ts';
import { collect } from '../../../tools/src/collect/collect.ts';
import { filesOnlyHost } from '../../../tools/src/collect/live-host.ts';
import { referenceTable } from '../../../tools/src/directives/tables.ts';
import { absent, notKnown, present } from '../../../tools/src/evidence/evidence.ts';
import type { Collected, FactName } from '../../../tools/src/evidence/facts.ts';
import { memoryFiles } from '../../../tools/src/nginx-conf/config-files.ts';

function some(needs: readonly FactName[], evaluate: Check['evaluate'], id = 'some'): Check {
  return {
    id,
    title: 'Some',
    category: 'nginx',
    severity: 'warning',
    confidence: 'certain',
    needs,
    why: 'For the test.',
    evaluate,
  };
}

async function facts(text: string, checks: readonly Check[] = []): Promise<Collected> {
  const collection = await collect({
    host: filesOnlyHost(memoryFiles({ '/etc/nginx/nginx.conf': text }), 'the test'),
    mainFile: '/etc/nginx/nginx.conf',
    checks,
    thresholds: settingsSchema.parse({}).check.thresholds,
    wallguard: { version: '0.1.0' },
    checkIds: [],
    directives: async () => await Promise.resolve(referenceTable()),
    build: notKnown('denied', 'the binary may not be read'),
    errorLog: absent('no error log was given'),
    testConfig: async () => await noAnswer,
  });
  return collection.facts;
}

const noAnswer = Promise.resolve(notKnown('timeout', 'nginx -t gave no answer'));

describe('one check', () => {
  test.each<[name: string, check: Check, expected: Outcome]>([
    ['that says nothing has passed', some(['config'], () => []), { state: 'passed' }],
    [
      'that could not tell something has not passed',
      some(['config'], () => [{ unknown: 'a' }, { unknown: 'b' }, { unknown: 'a' }]),
      { state: 'unknown', reasons: ['a', 'b'] },
    ],
    [
      'with nothing to look at is skipped',
      some(['config'], () => [{ skipped: 'nothing' }]),
      { state: 'skipped', reason: 'nothing' },
    ],
    [
      'that could not tell is not skipped',
      some(['config'], () => [{ skipped: 'nothing' }, { unknown: 'a' }]),
      { state: 'unknown', reasons: ['a'] },
    ],
    [
      'whose evidence is not there is skipped',
      some(['errorLog'], () => []),
      { state: 'skipped', reason: 'no error log was given' },
    ],
    [
      'whose evidence could not be had has not passed',
      some(['config', 'build', 'nginxTest'], () => []),
      { state: 'unknown', reasons: ['the binary may not be read', 'NGINX was not asked'] },
    ],
    [
      'that throws has crashed',
      some(['config'], () => {
        throw 'on purpose';
      }),
      { state: 'crashed', error: 'on purpose' },
    ],
    [
      'that throws half way has crashed, whatever it said before',
      some(['config'], function* () {
        yield { skipped: 'nothing' };
        throw 'on purpose';
      }),
      { state: 'crashed', error: 'on purpose' },
    ],
  ])('%s', async (_name, check, expected) => {
    expect(runCheck(check, await facts('events {}\n'))).toEqual(expected);
  });

  test('gets nothing but what it needs', async () => {
    let given: object = {};
    const check = some(['config', 'thresholds'], (all) => {
      given = all;
      return [];
    });
    runCheck(check, await facts('events {}\n'));
    expect(Object.keys(given).sort()).toEqual(['config', 'thresholds']);
  });

  test('does not stop the others when it throws while it says what it wants to know', async () => {
    const bad: Check = {
      ...some(['config', 'host'], () => []),
      asks: () => {
        throw new Error('on purpose');
      },
    };
    const good = some(['config'], () => [], 'good');
    const results = await runChecks([bad, good], await facts('events {}\n', [bad, good]), noAnswer);
    expect(results.map(({ outcome }) => outcome.state)).toEqual(['passed', 'passed']);
  });
});

test('a configuration that was not read completely lets no check of it pass', async () => {
  const collected = await facts('events {}\n}\nhttp {\n    sendfile "on;\n}\n');
  const ofConfig = some(['config'], () => []);
  const ofSomethingElse = some(['wallguard'], () => []);
  expect(runCheck(ofConfig, collected)).toEqual({
    state: 'unknown',
    reasons: ['line 2 of /etc/nginx/nginx.conf could not be read', 'line 4 of /etc/nginx/nginx.conf could not be read'],
  });
  expect(runCheck(ofSomethingElse, collected).state).toBe('passed');
});

test('while NGINX works the checks that do not need its answer are evaluated', async () => {
  const order: string[] = [];
  const quick = some(['config'], () => (order.push('quick'), []), 'quick');
  const slow = some(['nginxTest'], ({ nginxTest }) => (order.push(`slow: ${nginxTest.outcome}`), []), 'slow');
  const answer = (async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    order.push('answer');
    return present({ where: 'isolated', changed: [], outcome: 'passed', diagnostics: [] } as const);
  })();
  const results = await runChecks([slow, quick], await facts('events {}\n'), answer);
  expect(order).toEqual(['quick', 'answer', 'slow: passed']);
  expect(results.map(({ check }) => check.id)).toEqual(['slow', 'quick']);
});

describe('comments', () => {
  const text = `events {}
http {
    # wallguard:ignore some it is meant to be so
    sendfile on;
    # wallguard:ignore some out of date
    tcp_nopush on;
}
`;
  const about = (name: string, also: readonly { unknown: string }[] = []): Check =>
    some(['config'], ({ config }) => [
      ...config.all(name).map((node) => ({ at: atDirective(node), message: 'there', remedy: 'none' })),
      ...also,
    ]);
  const unused = some(
    ['unusedSuppressions'],
    ({ unusedSuppressions }) => unusedSuppressions.map(({ at }) => ({ unknown: `line ${at.line}` })),
    'unused',
  );
  const run = async (check: Check): Promise<CheckResult[]> =>
    await runChecks([unused, check], await facts(text), noAnswer);

  test('silence findings, and those that silence nothing are known afterwards', async () => {
    const [told, result] = await run(about('sendfile'));
    expect(result?.outcome).toEqual({ state: 'passed' });
    expect(result?.suppressed.map(({ reason }) => reason)).toEqual(['it is meant to be so']);
    expect(told?.outcome).toEqual({ state: 'unknown', reasons: ['line 5'] });
  });

  test('leave what could not be told, and are not called unused then', async () => {
    const [told, result] = await run(about('sendfile', [{ unknown: 'the rest' }]));
    expect(result?.outcome).toEqual({ state: 'unknown', reasons: ['the rest'] });
    expect(told?.outcome).toEqual({ state: 'passed' });
  });

  test('leave other findings', async () => {
    const [, result] = await run(about('http'));
    expect(result?.outcome.state).toBe('found');
    expect(result?.suppressed).toEqual([]);
  });
});
