/** A report with everything in it that a format has to cope with. */
import type { Check } from '../../../tools/src/checks/check.ts';
import { atArgument, atDirective, atFile, inside } from '../../../tools/src/checks/check.ts';
import { runChecks } from '../../../tools/src/checks/run.ts';
import { collect } from '../../../tools/src/collect/collect.ts';
import { filesOnlyHost } from '../../../tools/src/collect/live-host.ts';
import { referenceTable } from '../../../tools/src/directives/tables.ts';
import { absent, notKnown } from '../../../tools/src/evidence/evidence.ts';
import { memoryFiles } from '../../../tools/src/nginx-conf/config-files.ts';
import { buildReport, type Report, type ReportOptions } from '../../../tools/src/report/report.ts';
import { settingsSchema } from '../../../schema/settings.ts';

type Evaluate = Check<'config'>['evaluate'];

function sampleCheck(id: string, of: Partial<Check<'config'>>, evaluate: Evaluate): Check {
  return {
    id,
    title: `What ${id} looks for`,
    category: 'nginx',
    severity: 'warning',
    confidence: 'certain',
    needs: ['config'],
    why: `Because ${id} matters.`,
    evaluate,
    ...of,
  };
}

/** Checks that say something about {@link sampleFiles}. */
export const sampleChecks: readonly Check[] = [
  sampleCheck(
    'body-size',
    { severity: 'error', category: 'proxy timeouts', reference: 'https://nginx.org/' },
    ({ config }) =>
      config.all('client_max_body_size').map((node) => ({
        at: atArgument(node, 0),
        message: `client_max_body_size ${node.args[0] ?? ''} is <too> "large" & 100% odd`,
        remedy: 'write less',
        snippet: 'location / {\n    client_max_body_size 1m;\n}',
      })),
  ),
  sampleCheck('hidden', { confidence: 'likely' }, ({ config }) =>
    config
      .all('add_header')
      .map((node) => ({ at: atDirective(node), message: 'héader | with `odd`\u001b[31m text', remedy: 'look' })),
  ),
  sampleCheck('main', { severity: 'info', category: 'core dumps' }, function* ({ config }) {
    yield {
      at: inside(config.main, config.tree),
      message: 'something is missing in the main context',
      remedy: 'add it',
    };
    yield { unknown: 'the rest of it' };
  }),
  sampleCheck('log', { category: 'error log' }, () => [
    { at: atFile('/var/log/nginx/error.log', 7, 'worker died'), message: 'a worker died', remedy: 'mourn' },
  ]),
  sampleCheck('content', {}, ({ config }) =>
    config.all('return').map((node) => ({ at: atDirective(node), message: 'returned', remedy: 'pass on' })),
  ),
  sampleCheck('blind', {}, () => [{ unknown: '/root: permission denied' }]),
  sampleCheck('nothing', {}, () => []),
  sampleCheck('idle', {}, () => [{ skipped: 'there is nothing to look at' }]),
  sampleCheck('broken', {}, () => {
    throw 'thrown on purpose';
  }),
];

export const sampleFiles = {
  '/etc/nginx/nginx.conf': `events {}
http {
    server {
        server_name a.example;
        include snippets/common.conf;
        client_max_body_size 10g;
    }
    server {
        server_name b.example;
        include snippets/common.conf;
        return 204; # wallguard:ignore content it is meant to be empty
    }
}
`,
  '/etc/nginx/snippets/common.conf': '\tset $greeting "Grüß Gott"; add_header Ä-Header "\u001b]0;title\u0007";\n',
};

/** Looks at files held in memory. */
export async function reportOn(
  files: Readonly<Record<string, string>>,
  checks: readonly Check[],
  options: Partial<ReportOptions> = {},
): Promise<Report> {
  const none = notKnown('notCollected', 'this is a test');
  const { tree, facts, nginxTest } = await collect({
    host: filesOnlyHost(memoryFiles(files), 'the sample'),
    mainFile: '/etc/nginx/nginx.conf',
    checks,
    thresholds: settingsSchema.parse({}).check.thresholds,
    wallguard: { version: '1.2.3' },
    checkIds: checks.map(({ id }) => id),
    directives: async () => await Promise.resolve(referenceTable()),
    build: none,
    errorLog: absent('no error log was given'),
    testConfig: async () => await Promise.resolve(none),
  });
  const source = {
    source: '/etc/nginx/nginx.conf',
    results: await runChecks(checks, facts, nginxTest),
    tree,
    shown: (file: string) => file,
    uriOf: (file: string) => file.replace('/etc/nginx/', 'copy/'),
  };
  return buildReport([source], { version: '1.2.3', failOn: 'warning', severity: {}, baseline: new Map(), ...options });
}
