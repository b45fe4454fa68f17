import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { categories, severities } from '../checks/check.ts';
import type { Check, CheckResult, Severity } from '../checks/check.ts';
import { explainCheck } from '../checks/document.ts';
import { checks } from '../checks/index.ts';
import { runChecks } from '../checks/run.ts';
import { directivesOf } from '../collect/build.ts';
import { collect } from '../collect/collect.ts';
import { testOnHost } from '../collect/host-test.ts';
import { findSource } from '../collect/source.ts';
import type { Source } from '../collect/source.ts';
import { referenceTable } from '../directives/tables.ts';
import { absent, notKnown, present } from '../evidence/evidence.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { ErrorLog, Facts, NginxTest } from '../evidence/facts.ts';
import { testIsolated } from '../install/isolated-test.ts';
import { exitCodes, UserError, type Command, type Io } from '../io.ts';
import type { ConfigTree } from '../nginx-conf/include.ts';
import { packageVersion } from '../package-files.ts';
import { readBaseline } from '../report/baseline.ts';
import { githubReport } from '../report/github.ts';
import { jsonReport } from '../report/json.ts';
import { junitReport } from '../report/junit.ts';
import { markdownReport } from '../report/markdown.ts';
import { buildReport } from '../report/report.ts';
import type { CheckedConfig, Report } from '../report/report.ts';
import { sarifReport } from '../report/sarif.ts';
import { shortReport } from '../report/short.ts';
import { textReport } from '../report/text.ts';
import { loadSettings } from '../settings/load-settings.ts';
import { suggest } from '../suggest.ts';

export const checkHelp = `usage: wallguard check [OPTION…] [PATH…]

Reads an NGINX configuration and says what is wrong, where, why it matters and what to write instead. Changes nothing.

PATH is a main configuration file, a directory that holds nginx.conf, the saved output of "nginx -T", or - for one of
these on standard input; without it, what the NGINX of this machine loads.

options:
  --root DIR          a copied machine: DIR is its root directory, and PATH one of its paths
  --format NAME       text, short, json, sarif, junit, github or markdown; default text
  --fail-on SEVERITY  exit with 1 for findings of this severity or a worse one: error, warning or info; default error
  --only ID           this check alone; may be given several times
  --skip ID           not this check; may be given several times
  --baseline FILE     report only what is not in FILE, which an earlier --format json printed
  --error-log FILE    also look for known messages in this error log
  --nginx PATH        the NGINX that will load the configuration; default the one that is found
  --host-nginx-t      let NGINX test the configuration itself instead of a copy, and report what that changed
  --require-complete  exit with 4 when something was left unchecked
  --settings FILE     severities and thresholds; default ./wallguard.yaml, or the defaults where there is none
  --explain ID        print what a check is about, and stop
  --list              print every check, and stop
  --help              this text

A comment "# wallguard:ignore ID reason" silences a check for the statement on its line, or else for the next one, and
for everything inside it.

exit codes: 0 nothing at or over --fail-on, 1 findings, 2 wrong usage, 3 something could not be read or parsed,
4 something was left unchecked and --require-complete was given; of several, 2 before 3 before 1 before 4.
`;

const formats: Readonly<Record<string, (report: Report, io: Io) => string>> = {
  text: (report, { colour }) => textReport(report, { colour }),
  short: shortReport,
  json: jsonReport,
  sarif: (report) => sarifReport(report, checks),
  junit: junitReport,
  github: githubReport,
  markdown: markdownReport,
};

/** `wallguard check`: configuration → findings. */
export const check: Command = async (args, io) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      root: { type: 'string' },
      format: { type: 'string', default: 'text' },
      'fail-on': { type: 'string', default: 'error' },
      only: { type: 'string', multiple: true, default: [] },
      skip: { type: 'string', multiple: true, default: [] },
      baseline: { type: 'string' },
      'error-log': { type: 'string' },
      nginx: { type: 'string' },
      'host-nginx-t': { type: 'boolean', default: false },
      'require-complete': { type: 'boolean', default: false },
      settings: { type: 'string' },
      explain: { type: 'string' },
      list: { type: 'boolean', default: false },
    },
  });
  if (values.list) {
    io.out(listText());
    return exitCodes.ok;
  }
  if (values.explain !== undefined) {
    io.out(explainCheck(knownCheck(values.explain, '--explain')));
    return exitCodes.ok;
  }
  const print = Object.hasOwn(formats, values.format) ? formats[values.format] : undefined;
  if (print === undefined) throw oneOf('--format', values.format, Object.keys(formats));
  const failOn = severities.find((severity) => severity === values['fail-on']);
  if (failOn === undefined) throw oneOf('--fail-on', values['fail-on'], severities);
  const only = values.only.map((id) => knownCheck(id, '--only'));
  const skip = values.skip.map((id) => knownCheck(id, '--skip'));
  if (values['host-nginx-t'] && values.root !== undefined) {
    throw new UserError('--host-nginx-t tests this machine, and --root names another one', exitCodes.usage);
  }

  const { settings } = await loadSettings(values.settings, io.cwd);
  const { severity, thresholds } = settings.check;
  for (const id of Object.keys(severity)) knownCheck(id, 'check.severity in the settings');
  const baseline = values.baseline === undefined ? new Map<string, number>() : await baselineOf(values.baseline, io);
  const choice: Choice = {
    chosen: checks.filter((one) => leftOut(one, only, skip, severity) === undefined),
    leftOut: checks.flatMap((one) => {
      const reason = leftOut(one, only, skip, severity);
      return reason === undefined ? [] : [{ check: one, reason }];
    }),
    thresholds,
    errorLog: await errorLogOf(values['error-log'], io),
    hostTest: values['host-nginx-t'],
  };

  const configs: CheckedConfig[] = [];
  for (const given of positionals.length === 0 ? [undefined] : positionals) {
    const { root, nginx } = values;
    const source = await findSource(given, { cwd: io.cwd, root, nginx, readInput: () => io.readInput() });
    configs.push(await checkSource(source, choice));
  }
  const report = buildReport(configs, { version: packageVersion(), failOn, severity, baseline });
  io.out(print(report, io));
  return exitCodeOf(report, values['require-complete']);
};

/** What the command line and the settings say about every configuration. */
interface Choice {
  readonly chosen: readonly Check[];
  readonly leftOut: readonly { readonly check: Check; readonly reason: string }[];
  readonly thresholds: Facts['thresholds'];
  readonly errorLog: Evidence<ErrorLog>;
  readonly hostTest: boolean;
}

async function checkSource(source: Source, choice: Choice): Promise<CheckedConfig> {
  const { host, mainFile, binary, name, shown, uriOf } = source;
  const isKnown = !('unknown' in binary);
  const { tree, facts, nginxTest } = await collect({
    host,
    mainFile,
    ...(isKnown ? { prefix: binary.build.prefix } : {}),
    checks: choice.chosen,
    thresholds: choice.thresholds,
    wallguard: { version: packageVersion() },
    checkIds: checks.map(({ id }) => id),
    directives: (loaded) => (isKnown ? directivesOf(host.files, binary, loaded) : Promise.resolve(referenceTable())),
    build: isKnown ? present(binary.build) : notKnown('notCollected', binary.unknown),
    errorLog: choice.errorLog,
    testConfig: (loaded, onStart) => testConfig(loaded, source, choice.hostTest, onStart),
  });
  const skipped = choice.leftOut.map(({ check, reason }): CheckResult => ({
    check,
    outcome: { state: 'skipped', reason },
    suppressed: [],
  }));
  const results = [...(await runChecks(choice.chosen, facts, nginxTest)), ...skipped];
  return { source: name, results, tree, shown, uriOf };
}

async function testConfig(
  tree: ConfigTree,
  source: Source,
  onHost: boolean,
  onStart: () => void,
): Promise<Evidence<NginxTest>> {
  const { binary, runnable } = source;
  if ('unknown' in binary) return notKnown('notCollected', binary.unknown);
  if (!runnable) return notKnown('notCollected', "a copied machine's NGINX is not run here");
  const { build } = binary;
  try {
    if (onHost) return await testOnHost(tree, build);
    return present({ ...(await testIsolated({ tree, build, onStart })), where: 'isolated', changed: [] });
  } catch (error) {
    return notKnown('notCollected', `nginx -t could not be run: ${(error as Error).message}`);
  }
}

function exitCodeOf(report: Report, requireComplete: boolean): number {
  if (report.unread.length > 0) return exitCodes.unreadable;
  if (report.failing > 0) return exitCodes.found;
  return requireComplete && !report.complete ? exitCodes.incomplete : exitCodes.ok;
}

function leftOut(
  check: Check,
  only: readonly Check[],
  skip: readonly Check[],
  severity: Readonly<Record<string, string>>,
): string | undefined {
  if (skip.includes(check)) return 'left out with --skip';
  if (only.length > 0) return only.includes(check) ? undefined : 'not among --only';
  return severity[check.id] === 'off' ? 'switched off in the settings' : undefined;
}

async function baselineOf(file: string, { cwd }: Io): Promise<Map<string, number>> {
  const text = await readFile(path.resolve(cwd, file), 'utf8').catch((error: unknown) => {
    throw new UserError(`cannot read baseline ${file}: ${(error as Error).message}`, undefined, { cause: error });
  });
  return readBaseline(text, file);
}

/** As much of the end of an error log as is looked at. */
const ERROR_LOG_BYTES = 64 * 1024 * 1024;

async function errorLogOf(file: string | undefined, io: Io): Promise<Evidence<ErrorLog>> {
  if (file === undefined) return absent('no error log was given (--error-log FILE)');
  try {
    const handle = await open(path.resolve(io.cwd, file));
    try {
      const { size } = await handle.stat();
      const start = Math.max(0, size - ERROR_LOG_BYTES);
      if (start > 0) io.err(`note: of ${file} the last ${ERROR_LOG_BYTES / 1024 / 1024} MiB are looked at\n`);
      const buffer = Buffer.alloc(size - start);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
      const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
      if (lines.at(-1) === '') lines.pop();
      return present({ path: file, lines });
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new UserError(`cannot read error log ${file}: ${(error as Error).message}`, undefined, { cause: error });
  }
}

function knownCheck(id: string, where: string): Check {
  const found = checks.find((one) => one.id === id);
  if (found !== undefined) return found;
  const meant = suggest(
    id,
    checks.map((one) => one.id),
  );
  throw new UserError(
    `${where}: there is no check ${JSON.stringify(id)}${meant === undefined ? '' : `; did you mean "${meant}"?`}; see "wallguard check --list"`,
    exitCodes.usage,
  );
}

function oneOf(option: string, given: string, allowed: readonly string[]): UserError {
  return new UserError(`${option}: ${JSON.stringify(given)} is none of ${allowed.join(', ')}`, exitCodes.usage);
}

function listText(): string {
  const width = Math.max(...checks.map(({ id }) => id.length));
  const line = ({ id, severity, title }: Check): string => `  ${id.padEnd(width)}  ${padded(severity)}  ${title}\n`;
  return categories
    .map((category) => ({ category, inside: checks.filter((one) => one.category === category) }))
    .filter(({ inside }) => inside.length > 0)
    .map(({ category, inside }) => `${category}\n${inside.map(line).join('')}`)
    .join('\n');
}

function padded(severity: Severity): string {
  return severity.padEnd(Math.max(...severities.map(({ length }) => length)));
}
