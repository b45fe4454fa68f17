/** SARIF 2.1.0 (OASIS), which code scanning services read. */
import { posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Check, Severity } from '../checks/check.ts';
import { reportFormat } from './json.ts';
import type { Report, ReportedFinding, SilencedFinding } from './report.ts';

const LEVELS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' };

/** @param checks  all of them: SARIF calls them rules and describes each */
export function sarifReport(report: Report, checks: readonly Check[]): string {
  const rules = report.checks.flatMap(({ id }) => checks.find((check) => check.id === id) ?? []);
  const ruleIndex = new Map(rules.map((check, index) => [check.id, index]));
  const resultOf = (finding: ReportedFinding): object => ({
    ruleId: finding.check,
    ruleIndex: ruleIndex.get(finding.check) ?? -1,
    level: LEVELS[finding.severity],
    message: { text: `${finding.message}. Fix: ${finding.remedy}.` },
    locations: [locationOf(finding)],
    occurrenceCount: finding.occurrences,
    partialFingerprints: { [`wallguard/v${reportFormat}`]: finding.fingerprint },
    properties: { confidence: finding.confidence, context: finding.context, includedFrom: finding.includedFrom },
  });
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'wallguard',
            semanticVersion: report.version,
            rules: rules.map(ruleOf),
          },
        },
        columnKind: 'unicodeCodePoints',
        invocations: [
          {
            executionSuccessful: report.unread.length === 0 && report.counts.checks.crashed === 0,
            toolExecutionNotifications: notifications(report, ruleIndex),
          },
        ],
        results: [
          ...report.findings.map(resultOf),
          ...report.silenced.map((finding) => ({ ...resultOf(finding), suppressions: [suppressionOf(finding)] })),
        ],
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function ruleOf({ id, title, severity, confidence, why, category, reference }: Check): object {
  return {
    id,
    shortDescription: { text: `${title}.` },
    fullDescription: { text: why.replace(/\s+/g, ' ') },
    help: { text: why, markdown: why },
    ...(reference === undefined ? {} : { helpUri: reference }),
    defaultConfiguration: { level: LEVELS[severity] },
    properties: { tags: [category], precision: confidence === 'certain' ? 'very-high' : 'medium' },
  };
}

function locationOf({ uri, line, column, length, source }: ReportedFinding): object {
  return {
    physicalLocation: {
      artifactLocation: { uri: posix.isAbsolute(uri) ? pathToFileURL(uri).href : encodeURI(uri) },
      region: {
        startLine: line,
        startColumn: column,
        ...(length > 0 ? { endColumn: column + length } : {}),
        ...(source === '' ? {} : { snippet: { text: source } }),
      },
    },
  };
}

function suppressionOf({ by, reason }: SilencedFinding): object {
  return by === 'comment' ? { kind: 'inSource', justification: reason } : { kind: 'external' };
}

/** What could not be told, so that no reader takes silence for an all-clear. */
function notifications({ checks, unread }: Report, ruleIndex: ReadonlyMap<string, number>): object[] {
  const untold = checks
    .filter(({ outcome }) => outcome !== 'skipped')
    .flatMap(({ id, outcome, reasons }) =>
      reasons.map((reason) => ({
        level: outcome === 'crashed' ? 'error' : 'warning',
        message: { text: outcome === 'crashed' ? `The check crashed: ${reason}` : `Not told: ${reason}` },
        associatedRule: { id, index: ruleIndex.get(id) ?? -1 },
      })),
    );
  return [...unread.map((part) => ({ level: 'error', message: { text: `Not read: ${part}` } })), ...untold];
}
