/**
 * Every check on its fixtures: `test/fixtures/checks/<id>/<case>/`.
 *
 * A case is a small root file system (`etc/nginx/nginx.conf` …) with, where needed, `evidence.json` (see
 * `fixture-host.ts`), `error.log` (given as `--error-log`) and `wallguard.yaml`. `bad-*` gives exactly its
 * `expected.txt`, `good-*` passes. `unknown-*` and `skipped-*` end so, with the reasons in `expected.txt`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Check, Finding, Outcome } from '../../../tools/src/checks/check.ts';
import { checks } from '../../../tools/src/checks/index.ts';
import { runChecks } from '../../../tools/src/checks/run.ts';
import { collect } from '../../../tools/src/collect/collect.ts';
import type { DirectiveTable } from '../../../tools/src/directives/directive-table.ts';
import { referenceTable } from '../../../tools/src/directives/tables.ts';
import type { Host } from '../../../tools/src/collect/host.ts';
import { absent, notKnown, present } from '../../../tools/src/evidence/evidence.ts';
import { parseBuild } from '../../../tools/src/install/nginx-build.ts';
import { readSettings } from '../../../tools/src/settings/read-settings.ts';
import { fixtureHost, readEvidence } from './fixture-host.ts';

const fixtures = new URL('../../fixtures/checks/', import.meta.url).pathname;

const endings: Readonly<Record<string, Outcome['state']>> = {
  bad: 'found',
  good: 'passed',
  skipped: 'skipped',
  unknown: 'unknown',
};

describe.each(checks.map((check) => ({ id: check.id, check })))('$id', ({ id, check }) => {
  const cases = casesOf(id);

  test('has a bad and a good case', () => {
    for (const kind of ['bad-', 'good-']) {
      expect(
        cases.some((name) => name.startsWith(kind)),
        kind,
      ).toBe(true);
    }
  });

  test.each(cases)('%s', async (name) => {
    const folder = path.join(fixtures, id, name);
    const outcome = await outcomeOf(check, folder);
    expect({ state: outcome.state, text: describeOutcome(check, outcome) }).toMatchObject({
      state: endings[name.slice(0, name.indexOf('-'))],
    });
    if (name.startsWith('good-')) return;
    await expect(describeOutcome(check, outcome)).toMatchFileSnapshot(path.join(folder, 'expected.txt'));
  });
});

/** What could not be looked at must never make a finding, or a doubt, look like an all-clear. */
describe.each(checks.map((check) => ({ id: check.id, check })))('$id', ({ id, check }) => {
  const cases = casesOf(id).filter((name) => /^(?:bad|unknown)-/.test(name));

  test.each(cases)('%s: no answer less makes it pass', async (name) => {
    const folder = path.join(fixtures, id, name);
    const asked = new Set<string>();
    await outcomeOf(check, folder, (host) => ({
      ...host,
      ask: (kind, of) => {
        asked.add(`${kind} ${of}`);
        return host.ask(kind, of);
      },
    }));
    for (const question of asked) {
      const outcome = await outcomeOf(check, folder, (host) => ({
        ...host,
        ask: async (kind, of) =>
          `${kind} ${of}` === question ? notKnown('timeout', `${question}: no answer`) : await host.ask(kind, of),
      }));
      expect(outcome.state, `without the answer to "${question}"`).not.toBe('passed');
    }
  });
});

test('there are no fixtures without a check', () => {
  expect(readdirSync(fixtures).filter((name) => !checks.some(({ id }) => id === name))).toEqual([]);
});

function casesOf(id: string): string[] {
  const folder = path.join(fixtures, id);
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

/** @param through  what stands between the collector and the fixture's machine */
async function outcomeOf(
  check: Check,
  folder: string,
  through: (host: Host) => Host = (host) => host,
): Promise<Outcome> {
  const evidence = readEvidence(folder);
  const { build, nginxTest } = evidence;
  // Comments that silence nothing are known when the other checks are done.
  const evaluated = check.needs.includes('unusedSuppressions') ? checks : [check];
  const { facts, nginxTest: said } = await collect({
    host: through(fixtureHost(folder, evidence)),
    mainFile: '/etc/nginx/nginx.conf',
    checks: evaluated,
    thresholds: thresholdsOf(folder),
    wallguard: { version: '0.1.0' },
    checkIds: checks.map(({ id }) => id),
    directives: async () =>
      await Promise.resolve(evidence.directives === 'build' ? asBuild(referenceTable()) : referenceTable()),
    build:
      build === undefined
        ? notKnown('notCollected', 'the binary was not asked')
        : present(
            parseBuild(
              'nginx',
              `nginx version: nginx/${build.version}\nconfigure arguments: ${build.arguments ?? '--prefix=/usr/share/nginx'}\n`,
            ),
          ),
    errorLog: errorLogOf(folder),
    testConfig: async () =>
      await Promise.resolve(
        nginxTest === undefined ? notKnown('notCollected', 'nginx -t was not run') : present(nginxTest),
      ),
  });
  const result = (await runChecks(evaluated, facts, said)).find((one) => one.check === check);
  if (result === undefined) throw new Error(`${check.id} gave no result`);
  return result.outcome;
}

/** The shipped table, as if it had been read out of the NGINX that will load the configuration. */
function asBuild(reference: DirectiveTable): DirectiveTable {
  return {
    forms: (name) => reference.forms(name).map((form) => ({ ...form, source: 'build' })),
    namesIn: (context) => reference.namesIn(context),
    build: { version: '1.26.3' },
    unread: [],
  };
}

function thresholdsOf(folder: string): Parameters<typeof collect>[0]['thresholds'] {
  const file = path.join(folder, 'wallguard.yaml');
  const reading = readSettings(existsSync(file) ? readFileSync(file, 'utf8') : '', file);
  if ('problems' in reading) throw new Error(JSON.stringify(reading.problems));
  return reading.settings.check.thresholds;
}

function errorLogOf(folder: string): Parameters<typeof collect>[0]['errorLog'] {
  const file = path.join(folder, 'error.log');
  if (!existsSync(file)) return absent('no error log was given (--error-log FILE)');
  return present({ path: '/var/log/nginx/error.log', lines: readFileSync(file, 'utf8').trimEnd().split('\n') });
}

/** An outcome as text, all of it: positions, words, remedies. */
function describeOutcome(check: Check, outcome: Outcome): string {
  switch (outcome.state) {
    case 'passed':
      return '';
    case 'found':
      return [
        ...outcome.findings.map((finding) => describeFinding(check, finding)),
        ...outcome.unknown.map((reason) => `unknown: ${reason}\n`),
      ].join('');
    case 'unknown':
      return outcome.reasons.map((reason) => `unknown: ${reason}\n`).join('');
    case 'skipped':
      return `skipped: ${outcome.reason}\n`;
    case 'crashed':
      return `crashed: ${outcome.error}\n`;
  }
}

function describeFinding(check: Check, { at, message, remedy, snippet, severity }: Finding): string {
  const { file, line, column } = at.position;
  return [
    `${file}:${line}:${column} ${severity ?? check.severity} ${message}`,
    `  fix: ${remedy}`,
    ...(snippet ?? '').split('\n').flatMap((text) => (text === '' ? [] : [`  | ${text}`])),
    '',
  ].join('\n');
}
