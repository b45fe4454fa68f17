/** Every format on the same report. The golden files are read like code when they change. */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, test } from 'vitest';
import { readBaseline } from '../../../tools/src/report/baseline.ts';
import { githubReport } from '../../../tools/src/report/github.ts';
import { jsonReport } from '../../../tools/src/report/json.ts';
import { junitReport } from '../../../tools/src/report/junit.ts';
import { markdownReport } from '../../../tools/src/report/markdown.ts';
import type { Report } from '../../../tools/src/report/report.ts';
import { sarifReport } from '../../../tools/src/report/sarif.ts';
import { shortReport } from '../../../tools/src/report/short.ts';
import { textReport } from '../../../tools/src/report/text.ts';
import { reportOn, sampleChecks, sampleFiles } from './sample.ts';

const golden = new URL('../../golden/check/', import.meta.url).pathname;

const formats = {
  'text.txt': (report: Report) => textReport(report, { colour: false }),
  'text-in-colour.txt': (report: Report) => textReport(report, { colour: true }),
  'short.txt': shortReport,
  'json.json': jsonReport,
  'sarif.json': (report: Report) => sarifReport(report, sampleChecks),
  'junit.xml': junitReport,
  'github.txt': githubReport,
  'markdown.md': markdownReport,
} as const;

let report: Report;
beforeAll(async () => {
  report = await reportOn(sampleFiles, sampleChecks);
});

test.each(Object.entries(formats))('%s', async (file, print) => {
  await expect(print(report)).toMatchFileSnapshot(golden + file);
});

test.each(Object.entries(formats))('%s has the same bytes for the same input', async (_file, print) => {
  expect(print(await reportOn(sampleFiles, sampleChecks))).toBe(print(report));
});

test('text shows the first findings of a check, and says how many more there are', async () => {
  const main = `events {}\nhttp {\n${'    client_max_body_size 10g;\n'.repeat(25)}}\n`;
  const many = await reportOn({ '/etc/nginx/nginx.conf': main }, sampleChecks);
  const text = textReport(many, { colour: false });
  expect(text.match(/ {2}error {2}body-size$/gm)).toHaveLength(20);
  expect(text).toContain('\n5 more of body-size; --format short lists every one\n');
  expect(shortReport(many).match(/\[body-size\]$/gm)).toHaveLength(25);
});

describe('what comes from files cannot play tricks', () => {
  const people = ['text.txt', 'short.txt', 'markdown.md', 'github.txt'] as const;

  test.each(people)('%s has no control characters but line ends and tabs', (file) => {
    expect(formats[file](report)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  });

  test('github: a message cannot begin a command of its own', async () => {
    const file = { '/etc/nginx/nginx.conf': 'events {}\nhttp { client_max_body_size "\n::error::mine"; }\n' };
    const lines = githubReport(await reportOn(file, sampleChecks)).split('\n');
    expect(lines.filter((line) => line.startsWith('::error'))).toHaveLength(1);
    expect(lines.some((line) => line.startsWith('::error::mine'))).toBe(false);
  });

  test('junit: tags open and close, and only known entities are used', () => {
    const xml = junitReport(report);
    const open: string[] = [];
    for (const [, close, name = '', empty] of xml.matchAll(/<(\/?)([a-z-]+)(?:\s[^<>]*?)?(\/?)>/g)) {
      if (close === '/') expect(open.pop()).toBe(name);
      else if (empty !== '/') open.push(name);
    }
    expect(open).toEqual([]);
    expect(xml.replace(/&(?:amp|lt|gt|quot|#10);/g, '')).not.toContain('&');
  });

  test('markdown: a message stays in its cell', () => {
    const rows = markdownReport(report)
      .split('\n')
      .filter((line) => line.startsWith('|'));
    expect(rows.length).toBeGreaterThan(3);
    for (const row of rows) expect(row.replaceAll('\\|', '').match(/\|/g)).toHaveLength(6);
  });
});

describe('schemas', () => {
  test('sarif is valid SARIF 2.1.0', async () => {
    // The committee's schema, as the npm package @microsoft/jest-sarif carries it; its own keywords are those of draft 7.
    const file = new URL('../../fixtures/sarif/sarif-2.1.0-rtm.5.json', import.meta.url);
    const { id: _id, $schema: _schema, ...schema } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    expect(mistakesIn(schema, sarifReport(report, sampleChecks))).toEqual([]);
    expect(mistakesIn(schema, sarifReport(await reportOn({}, sampleChecks), sampleChecks))).toEqual([]);
  });

  test('json is what its own schema says', async () => {
    const file = new URL('../../../schema/check-report.schema.json', import.meta.url);
    const schema = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    expect(mistakesIn(schema, jsonReport(report))).toEqual([]);
    expect(mistakesIn(schema, jsonReport(await reportOn({}, sampleChecks)))).toEqual([]);
  });

  test('sarif: every result names the rule at its index', () => {
    const log = JSON.parse(sarifReport(report, sampleChecks)) as {
      runs: [{ tool: { driver: { rules: { id: string }[] } }; results: { ruleId: string; ruleIndex: number }[] }];
    };
    const [{ tool, results }] = log.runs;
    expect(results.length).toBeGreaterThan(4);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
  });
});

function mistakesIn(schema: Record<string, unknown>, text: string): object[] {
  const ajv = new Ajv({ strict: false, unicodeRegExp: false });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  validate(JSON.parse(text));
  return validate.errors ?? [];
}

describe('baseline', () => {
  test('what was reported before is silenced, also when lines moved', async () => {
    const baseline = readBaseline(jsonReport(report), 'before.json');
    const moved = Object.fromEntries(Object.entries(sampleFiles).map(([file, text]) => [file, `\n\n${text}`]));
    const again = await reportOn(moved, sampleChecks, { baseline });
    expect(again.findings).toEqual([]);
    expect(again.silenced.filter(({ by }) => by === 'baseline')).toHaveLength(report.findings.length);
  });

  test('a second one of the same kind is new', async () => {
    const baseline = readBaseline(jsonReport(report), 'before.json');
    const main = sampleFiles['/etc/nginx/nginx.conf'];
    const more = main.replace('client_max_body_size 10g;', 'client_max_body_size 10g; client_max_body_size 10g;');
    const again = await reportOn({ ...sampleFiles, '/etc/nginx/nginx.conf': more }, sampleChecks, { baseline });
    expect(again.findings.map(({ check }) => check)).toEqual(['body-size']);
  });

  test('a report that a baseline made shorter is a whole baseline again', async () => {
    const baseline = readBaseline(jsonReport(report), 'before.json');
    const second = jsonReport(await reportOn(sampleFiles, sampleChecks, { baseline }));
    expect(readBaseline(second, 'second.json')).toEqual(baseline);
  });

  test.each([
    ['no JSON', 'nginx: ok', /baseline b\.json is no JSON/],
    ['something else', '{"findings": []}', /is no report of "wallguard check --format json"/],
    ['null', 'null', /is no report of/],
  ])('%s is refused', (_name, text, message) => {
    expect(() => readBaseline(text, 'b.json')).toThrow(message);
  });
});
