/** `wallguard check` as a command: what it reads, which exit code it ends with. What checks find is tested apart. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checks } from '../../../tools/src/checks/index.ts';
import { commands, runCli } from '../../../tools/src/cli.ts';
import { fakeIo } from './fake-io.ts';

let directory = '';

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'wallguard-check-'));
  write('good/nginx.conf', 'events {}\nhttp {\n    include conf.d/*.conf;\n}\n');
  write('good/conf.d/shop.conf', 'server {\n    listen 8080;\n    return 204;\n}\n');
  write('warned/nginx.conf', 'events {}\nhttp {\n    sendfile on off;\n    grumble on;\n}\n');
  write('broken/nginx.conf', 'events {}\nhttp {\n    sendfile "on;\n}\n');
  write('incomplete/nginx.conf', 'events {}\ninclude missing.conf;\n');
  write('machine/etc/nginx/nginx.conf', 'working_directory /var/lib/cores;\nevents {}\n');
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
  writeFileSync(path.join(directory, file), text);
}

async function check(args: readonly string[], input = ''): Promise<{ code: number; out: string; err: string }> {
  const io = { ...fakeIo(directory), readInput: async () => await Promise.resolve(Buffer.from(input)) };
  const code = await runCli(['check', ...args], io, commands);
  return { code, ...io.written };
}

/** What the fixtures of this file are about; other checks come and go. */
const ofThese = ['syntax', 'unknown-directive', 'directive-arguments', 'core-dump-directory-missing'].flatMap((id) => [
  '--only',
  id,
]);

/** Findings of `--format short`, without the verdict. */
async function found(args: readonly string[], input = ''): Promise<string[]> {
  const { out } = await check([...args, ...ofThese, '--format', 'short'], input);
  return out.split('\n').slice(0, -2);
}

describe('what is read', () => {
  test('a directory stands for its nginx.conf, and paths are shown as they were given', async () => {
    expect(await found(['warned'])).toEqual(await found(['warned/nginx.conf']));
    expect((await found(['warned']))[0]).toMatch(/^warned\/nginx\.conf:3:5: warning: /);
    expect((await found([path.join(directory, 'warned')]))[0]).toMatch(/^\/.*\/warned\/nginx\.conf:3:5: /);
  });

  test('several configurations make one report', async () => {
    const { out } = await check(['warned', 'good', ...ofThese, '--format', 'json']);
    const report = JSON.parse(out) as { sources: string[]; findings: { file: string }[]; checks: object[] };
    expect(report.sources).toEqual(['warned', 'good']);
    expect(report.checks).toHaveLength(checks.length);
    expect(new Set(report.findings.map(({ file }) => file))).toEqual(new Set(['warned/nginx.conf']));
  });

  test('a configuration, or a dump of "nginx -T", on standard input', async () => {
    expect(await found(['-'], 'events {}\nhttp {\n    sendfile on off;\n}\n')).toEqual([
      expect.stringMatching(/^\/standard-input:3:5: warning: .* \[directive-arguments\]$/),
    ]);
    const dump = [
      'nginx: configuration file /etc/nginx/nginx.conf test is successful',
      '# configuration file /etc/nginx/nginx.conf:',
      'events {}',
      'http {',
      '    include conf.d/*.conf;',
      '}',
      '',
      '# configuration file /etc/nginx/conf.d/shop.conf:',
      'sendfile on off;',
      '',
      '',
    ].join('\n');
    const expected = [expect.stringMatching(/^\/etc\/nginx\/conf\.d\/shop\.conf:1:1: warning: /)];
    expect(await found(['-'], dump)).toEqual(expected);
    write('dump.txt', dump);
    expect(await found(['dump.txt'])).toEqual(expected);
  });

  test('a copied machine by its root directory, without following links out of it', async () => {
    expect(await found(['--root', 'machine'])).toEqual([
      expect.stringMatching(/^\/etc\/nginx\/nginx\.conf:1:19: error: .* \[core-dump-directory-missing\]$/),
    ]);
    mkdirSync(path.join(directory, 'machine/var/lib'), { recursive: true });
    symlinkSync('/tmp', path.join(directory, 'machine/var/lib/cores'));
    expect(await found(['--root', 'machine'])).toHaveLength(1);
    mkdirSync(path.join(directory, 'machine/tmp'));
    expect(await found(['--root', 'machine'])).toEqual([]);
    expect(await found(['--root', 'machine', '/etc/nginx/nginx.conf'])).toEqual([]);
  });

  test('programs get paths of files on this machine', async () => {
    const { out } = await check(['--root', 'machine', '--format', 'json', '--only', 'syntax']);
    expect(out).toContain('"/etc/nginx/nginx.conf"');
    write('other/etc/nginx/nginx.conf', '}\n');
    const github = await check(['--root', 'other', '--format', 'github']);
    expect(github.out).toMatch(/^::error file=other\/etc\/nginx\/nginx\.conf,line=1,/);
  });

  test('of a configuration that another machine will load, this machine tells nothing', async () => {
    const { out } = await check(['machine/etc/nginx/nginx.conf']);
    expect(out).toContain('of the machine nothing is known but machine/etc/nginx/nginx.conf');
    expect(out).toContain('which NGINX will load machine/etc/nginx/nginx.conf is not known (--nginx PATH)');
  });
});

describe('exit codes are the same in every format', () => {
  describe.each(['text', 'short', 'json', 'sarif', 'junit', 'github', 'markdown'])('%s', (format) => {
    test.each<[name: string, args: readonly string[], code: number]>([
      ['nothing at or over --fail-on', ['good', ...ofThese, '--fail-on', 'info'], 0],
      ['findings below --fail-on', ['warned', ...ofThese], 0],
      ['findings at --fail-on', ['warned', ...ofThese, '--fail-on', 'warning'], 1],
      ['findings over --fail-on', ['warned', ...ofThese, '--fail-on', 'info'], 1],
      ['wrong usage', ['good', '--fail-on', 'fatal'], 2],
      ['a file that does not parse', ['broken'], 3],
      ['an include that is missing', ['incomplete'], 3],
      ['a file that does not parse, although its check is left out', ['broken', '--skip', 'syntax'], 3],
      ['something left unchecked', ['good', '--require-complete', '--only', 'nginx-test'], 4],
      ['nothing left unchecked', ['good', '--require-complete', '--only', 'syntax'], 0],
      ['unreadable before findings', ['broken', 'warned', '--fail-on', 'info', '--require-complete'], 3],
      ['findings before incomplete', ['warned', '--fail-on', 'info', '--require-complete'], 1],
      ['usage before unreadable', ['broken', '--only', 'nothing'], 2],
    ])('%s', async (_name, args, code) => {
      expect((await check([...args, '--format', format])).code).toBe(code);
    });
  });

  test.each<[name: string, args: readonly string[], message: RegExp]>([
    ['no such file', ['nowhere/nginx.conf'], /^cannot read nowhere\/nginx\.conf: no such file; /],
    ['no such root', ['--root', 'nowhere'], /^--root nowhere is no directory/],
    [
      'no configuration in the root',
      ['--root', 'good'],
      /^cannot read \/etc\/nginx\/nginx\.conf in good: no such file; /,
    ],
    ['no such baseline', ['good', '--baseline', 'none.json'], /^cannot read baseline none\.json: /],
    ['no such error log', ['good', '--error-log', 'none.log'], /^cannot read error log none\.log: /],
    ['no such settings', ['good', '--settings', 'none.yaml'], /^cannot read settings none\.yaml: /],
    ['no such NGINX', ['good', '--nginx', 'nowhere'], /nowhere/],
  ])('%s cannot be read', async (_name, args, message) => {
    const { code, out, err } = await check(args);
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toMatch(message);
  });

  test.each<[args: readonly string[], message: string]>([
    [['--format', 'xml'], '--format: "xml" is none of text, short, json, sarif, junit, github, markdown\n'],
    [['--fail-on', 'fatal'], '--fail-on: "fatal" is none of error, warning, info\n'],
    [
      ['--only', 'sintax'],
      '--only: there is no check "sintax"; did you mean "syntax"?; see "wallguard check --list"\n',
    ],
    [['--explain', 'zzz'], '--explain: there is no check "zzz"; see "wallguard check --list"\n'],
    [['--root', '.', '--host-nginx-t'], '--host-nginx-t tests this machine, and --root names another one\n'],
  ])('%j is wrong usage', async (args, err) => {
    expect(await check(args)).toEqual({ code: 2, out: '', err });
  });
});

describe('what is asked for', () => {
  test('--only and --skip leave checks out, and the report counts them', async () => {
    const ofOnly = JSON.parse((await check(['warned', '--only', 'syntax', '--format', 'json'])).out) as {
      counts: { checks: Record<string, number> };
    };
    expect(ofOnly.counts.checks).toMatchObject({ passed: 1, skipped: checks.length - 1 });
    const skipped = await found(['warned', '--skip', 'directive-arguments']);
    expect(skipped).toEqual([expect.stringContaining('[unknown-directive]')]);
  });

  test('the settings change severities and switch checks off', async () => {
    write('severity.yaml', 'check:\n  severity:\n    directive-arguments: error\n    unknown-directive: off\n');
    const { code, out } = await check(['warned', '--settings', 'severity.yaml', '--format', 'short']);
    expect(code).toBe(1);
    expect(out).toMatch(/^warned\/nginx\.conf:3:5: error: .* \[directive-arguments\]$/m);
    expect(out).not.toContain('[unknown-directive]');
    const asked = await found(['warned', '--settings', 'severity.yaml']);
    expect(asked, 'what is asked for by name is done').toContainEqual(expect.stringContaining('[unknown-directive]'));
    write('slip.yaml', 'check:\n  severity:\n    sintax: off\n');
    expect((await check(['good', '--settings', 'slip.yaml'])).err).toContain('there is no check "sintax"');
  });

  test('a baseline leaves only what is new', async () => {
    write('baseline.json', (await check(['warned', ...ofThese, '--format', 'json'])).out);
    expect(await found(['warned', '--baseline', 'baseline.json'])).toEqual([]);
    const { code, out } = await check(['warned', ...ofThese, '--baseline', 'baseline.json', '--fail-on', 'info']);
    expect(code).toBe(0);
    expect(out).toContain('2 findings silenced');
  });

  test('--list names every check with its severity', async () => {
    const { code, out } = await check(['--list']);
    expect(code).toBe(0);
    for (const { id, severity, title } of checks) {
      expect(out).toMatch(new RegExp(`^  ${id} +${severity} +`, 'm'));
      expect(out).toContain(`${title}\n`);
    }
    expect(out.match(/^ {2}\S/gm)).toHaveLength(checks.length);
  });

  test('--explain prints why a check matters', async () => {
    const { code, out } = await check(['--explain', 'syntax']);
    expect(code).toBe(0);
    expect(out).toContain('NGINX stops at the first mistake');
    expect(out).toContain('# wallguard:ignore syntax');
  });
});
