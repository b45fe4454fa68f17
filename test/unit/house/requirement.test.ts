import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { aptLine, findProgram } from '../../../scripts/test/requirements.ts';
import { skipped } from '../../requirement.ts';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'wallguard-requirement-'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

test('a skip is printed, and kept for the summary', () => {
  const summary = path.join(directory, 'reasons');
  vi.stubEnv('CI', '');
  vi.stubEnv('WALLGUARD_SKIP_REASONS', summary);
  const printed = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  skipped('no printer');
  skipped('no paper');
  expect(printed.mock.calls.map(([text]) => text)).toEqual(['skipped: no printer\n', 'skipped: no paper\n']);
  expect(readFileSync(summary, 'utf8')).toBe('no printer\nno paper\n');
});

test('with CI=true a skip is a failure', () => {
  vi.stubEnv('CI', 'true');
  expect(() => skipped('no printer')).toThrow('tests that are meant to run here cannot: no printer');
});

test('programs are found by name, and what is not there is not', () => {
  expect(findProgram('sh')).toMatch(/^\/.*\/sh$/);
  expect(findProgram('no-such-program')).toBeUndefined();
});

test('the advice is a line to type', () => {
  expect(aptLine(['gcc', 'make'])).toBe('apt-get install --no-install-recommends gcc make');
});
