import { describe, expect, test } from 'vitest';
import { settingsSchema } from '../../../schema/settings.ts';
import { formatProblem } from '../../../tools/src/settings/problem.ts';
import { readSettings, type Override } from '../../../tools/src/settings/read-settings.ts';

function problemsOf(text: string, overrides: readonly Override[] = []): string[] {
  const reading = readSettings(text, 'wallguard.yaml', overrides);
  return 'problems' in reading ? reading.problems.map(formatProblem) : [];
}

function settingsOf(text: string): unknown {
  const reading = readSettings(text, 'wallguard.yaml');
  return 'settings' in reading ? reading.settings : reading.problems.map(formatProblem);
}

describe('a file that may be left empty', () => {
  const defaults = settingsOf('');

  test('an empty file means engine none and no note', () => {
    expect(defaults).toMatchObject({ engine: 'none', mode: 'monitoring', monitor: { listen: '127.0.0.1:9913' } });
    expect(readSettings('', 'wallguard.yaml')).toMatchObject({ notes: [] });
  });

  test.each([
    ['comments only', '# nothing yet\n'],
    ['a byte order mark', '\ufeff'],
    ['an empty document', '---\n'],
    ['an empty map', '{}'],
  ])('%s means the defaults', (_name, text) => {
    expect(settingsOf(text)).toEqual(defaults);
  });

  test('a byte order mark does not shift columns', () => {
    expect(problemsOf('\ufeffmode: blok\n')).toEqual([expect.stringMatching(/^wallguard\.yaml:1:7 /)]);
  });
});

describe('text that is not usable YAML', () => {
  test.each([
    ['tabs as indentation', 'node:\n\tversion: "7.1"\n', /^wallguard\.yaml:2:1 not valid YAML: .*[Tt]ab/],
    ['a list', '- engine\n', /^wallguard\.yaml:1:1 a list of 1; allowed: a map with engine, mode, /],
    ['plain words', 'engine\n', /^wallguard\.yaml:1:1 "engine"; allowed: a map with/],
    ['an unknown tag', 'engine: !secret none\n', /^wallguard\.yaml:1:9 not valid YAML: Unresolved tag/],
    ['an unclosed quote', 'mode: "block\n', /^wallguard\.yaml:\d+:\d+ not valid YAML: Missing closing "quote/],
    ['two documents', 'mode: block\n---\nmode: off\n', /not valid YAML: .*multiple documents/],
    ['an alias without anchor', 'mode: *m\n', /Unresolved alias/],
    ['an anchor that doubles ten times', bomb(), /^wallguard\.yaml:1:1 not usable YAML: Excessive alias count/],
    ['ten thousand nested lists', '['.repeat(10_000), /not valid YAML|cannot be parsed as YAML/],
    [
      'more than a megabyte',
      `# ${'x'.repeat(1024 * 1024)}`,
      /^wallguard\.yaml:1:1 the file has \d+ characters; at most 1048576 are read/,
    ],
  ])('%s', (_name, text, expected) => {
    expect(problemsOf(text)[0]).toMatch(expected);
  });

  test('a key written twice is reported together with other mistakes', () => {
    expect(problemsOf('mode: block\nmode: off\nengine: non\n')).toEqual([
      'wallguard.yaml:2:1 not valid YAML: Map keys must be unique',
      'wallguard.yaml:3:9 engine: "non"; allowed: wallarm, modsecurity, none; did you mean "none"?',
    ]);
  });

  test('an alias may repeat a value', () => {
    expect(settingsOf('trusted_proxies: { from: &nets [10.0.0.0/8] }\nmonitor: { allow: *nets }\n')).toMatchObject({
      monitor: { allow: ['10.0.0.0/8'] },
    });
  });
});

describe('mistakes of shape name place, value and what is allowed', () => {
  test.each([
    ['a misspelt key', 'moode: block', 'wallguard.yaml:1:1 moode: unknown key; allowed: ALL; did you mean "mode"?'],
    [
      'a dash for an underscore',
      'block-page: {}',
      'wallguard.yaml:1:1 block-page: unknown key; allowed: ALL; did you mean "block_page"?',
    ],
    [
      'a key in the wrong place',
      'listen: 127.0.0.1:1',
      'wallguard.yaml:1:1 listen: unknown key; allowed: ALL; did you mean "status_service.listen" or "monitor.listen"?',
    ],
    [
      'the beginning of a word',
      'engine: modsec',
      'wallguard.yaml:1:9 engine: "modsec"; allowed: wallarm, modsecurity, none; did you mean "modsecurity"?',
    ],
    [
      'a number where text is wanted, as it was written',
      'node:\n  version: 6.10',
      'wallguard.yaml:2:12 node.version: 6.10; allowed: a node version such as 5.3, 6.13.0 or 7.1; write it in quotes: "6.10"',
    ],
    [
      'yes for true',
      'block_page:\n  show_address: yes',
      'wallguard.yaml:2:17 block_page.show_address: "yes"; allowed: true or false; did you mean true?',
    ],
    [
      'text for a number',
      'block_page: { status: "403" }',
      'wallguard.yaml:1:23 block_page.status: "403"; allowed: a whole number from 400 to 599; write the number without quotes',
    ],
    [
      'a number out of range',
      'block_page: { status: 200 }',
      'wallguard.yaml:1:23 block_page.status: 200; allowed: a whole number from 400 to 599',
    ],
    [
      'nothing after a key',
      'mode:\nengine: none\n',
      'wallguard.yaml:1:1 mode: nothing is written here; allowed: off, monitoring, safe_blocking, block',
    ],
    [
      'one value where a list is wanted',
      'monitor:\n  allow: 10.0.0.1\n',
      'wallguard.yaml:2:10 monitor.allow: "10.0.0.1"; allowed: a list; write it as a list: ["10.0.0.1"]',
    ],
    [
      'a list item',
      'monitor:\n  allow:\n    - 10.0.0.0/33\n',
      'wallguard.yaml:3:7 monitor.allow[0]: "10.0.0.0/33"; allowed: an IP address, or a network such as 10.0.0.0/8',
    ],
    [
      'a missing key, at its map',
      'applications:\n  - name: shop\n',
      'wallguard.yaml:2:5 applications[0].id: missing; required: a whole number from 1 to 2147483647',
    ],
    [
      'a port that does not exist',
      'monitor: { listen: "127.0.0.1:99999" }',
      'wallguard.yaml:1:20 monitor.listen: "127.0.0.1:99999"; allowed: a port up to 65535',
    ],
    [
      'a misspelt word of an alternative',
      'access_log: of',
      'wallguard.yaml:1:13 access_log: "of"; allowed: off, or a map with path, format; did you mean "off"?',
    ],
    [
      'a misspelt key of an alternative',
      'core_dumps: { sise: 1g }',
      'wallguard.yaml:1:15 core_dumps.sise: unknown key; allowed: directory, size; did you mean "size"?',
    ],
    [
      'a sink of no kind',
      'telemetry: { sinks: [{ fiel: /x }] }',
      'wallguard.yaml:1:24 telemetry.sinks[0].fiel: unknown key; allowed: file, syslog, tag, facility, stdout; did you mean "file"?',
    ],
    [
      'a key of another kind of sink',
      'telemetry: { sinks: [{ file: /x, tag: a, facility: local1 }, { syslog: "h:514", fil: /y }] }',
      'wallguard.yaml:1:81 telemetry.sinks[1].fil: unknown key; allowed: file, syslog, tag, facility, stdout; did you mean "file"?',
    ],
    ['merge keys, which YAML 1.2 does not have', '<<: {}', 'wallguard.yaml:1:1 ["<<"]: unknown key; allowed: ALL'],
  ])('%s', (_name, text, expected) => {
    const topLevel = Object.keys(settingsSchema.shape).join(', ');
    expect(problemsOf(text)).toContain(expected.replace('ALL', topLevel));
  });

  test('a misspelt key is not also reported as missing', () => {
    expect(problemsOf('applications: [{ id: 1, nmae: shop }]')).toEqual([
      'wallguard.yaml:1:25 applications[0].nmae: unknown key; allowed: id, name, hosts, paths, mode; did you mean "name"?',
    ]);
  });

  test('every mistake is reported, in the order of the file', () => {
    const text = 'telemetry:\n  flush: soon\n  buffer: 1 MB\nmode: blocking\nnode: { verison: "7.1" }\n';
    expect(problemsOf(text).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'wallguard.yaml:2:10 telemetry.flush:',
      'wallguard.yaml:3:11 telemetry.buffer:',
      'wallguard.yaml:4:7 mode:',
      'wallguard.yaml:5:9 node.verison:',
    ]);
  });

  test('a secret is not shown', () => {
    const text = 'telemetry: { redact: { hmac_key: hunter2 } }';
    expect(problemsOf(text)).toEqual([
      'wallguard.yaml:1:34 telemetry.redact.hmac_key: a text of 7 characters; allowed: text, at least 16 characters',
    ]);
    expect(problemsOf('telemetry: { redact: { hmac_key: 12345 } }').join()).not.toContain('12345');
  });

  test('a value cannot move the cursor', () => {
    expect(problemsOf('mode: "a\\e[2J\\u202eb"')[0]).toContain('"a\\u001b[2J\\u202eb"');
  });
});

describe('settings that contradict each other', () => {
  test.each([
    [
      'an njs below the floor',
      'njs: { version: 0.7.9 }',
      /^wallguard\.yaml:1:17 njs\.version: 0\.7\.9 is below the floor 0\.8\.9: .*Debian 13/,
    ],
    [
      'QuickJS in an njs that has none',
      'njs: { engine: qjs }',
      /^wallguard\.yaml:1:16 njs\.engine: "qjs" needs njs 1\.0\.0 or newer, and njs\.version is 0\.8\.9/,
    ],
    [
      'an impossible address',
      'monitor: { listen: "300.0.0.1:80" }',
      /monitor\.listen: "300\.0\.0\.1" is not an IP address/,
    ],
    ['port 0', 'monitor: { listen: "127.0.0.1:0" }', /monitor\.listen: port 0/],
    [
      'two listeners on one address',
      'status_service: { listen: "[0:0::1]:90" }\nmonitor: { listen: "[::1]:90" }',
      /^wallguard\.yaml:2:20 monitor\.listen: \[::1\]:90 is taken by status_service\.listen/,
    ],
    [
      'a monitor for everybody',
      'monitor: { listen: "0.0.0.0:9913", allow: [10.0.0.0/8, 0.0.0.0/0] }',
      /^wallguard\.yaml:1:56 monitor\.allow\[1\]: 0\.0\.0\.0\/0 lets everybody read/,
    ],
    [
      'two applications of one id',
      'applications: [{ id: 1, name: a, paths: [/a] }, { id: 1, name: b }]',
      /applications\[1\]\.id: 1 is taken by applications\[0\]/,
    ],
    [
      'two applications of one name',
      'applications: [{ id: 1, name: a, paths: [/a] }, { id: 2, name: a }]',
      /applications\[1\]\.name: "a" is taken by applications\[0\]/,
    ],
    [
      'an application named default',
      'applications: [{ id: 1, name: default }]',
      /applications\[0\]\.name: "default" is the name of requests/,
    ],
    [
      'an application behind one that takes all',
      'applications: [{ id: 1, name: a }, { id: 2, name: b, paths: [/b] }]',
      /applications\[1\]: "b" gets no request/,
    ],
    [
      'two sinks to one file',
      'telemetry: { sinks: [{ file: /l }, { stdout: true }, { file: /l }] }',
      /telemetry\.sinks\[2\]: file \/l is written by telemetry\.sinks\[0\] already/,
    ],
    [
      'a sink to the access log',
      'access_log: { path: /l }\ntelemetry: { sinks: [{ file: /l }] }',
      /telemetry\.sinks\[0\]: file \/l is written by access_log\.path already/,
    ],
    [
      'hmac without a key',
      'telemetry: { redact: { address: hmac } }',
      /telemetry\.redact\.address: "hmac" needs telemetry\.redact\.hmac_key/,
    ],
    ['a status that NGINX keeps', 'block_page: { status: 444 }', /block_page\.status: 444 is internal to NGINX/],
    ['the internal status', 'block_page: { status: 498 }', /block_page\.status: 498 is internal to NGINX/],
    ['a buffer of nothing', 'telemetry: { buffer: 0k }', /telemetry\.buffer: "0k" is no buffer that NGINX takes/],
    [
      'a buffer in a unit NGINX does not know there',
      'telemetry: { buffer: 1g }',
      /telemetry\.buffer: "1g" is no buffer/,
    ],
    [
      'a body limit of nothing',
      'modsecurity: { request_body_limit: "0" }',
      /request_body_limit: "0" rejects every request/,
    ],
    [
      'a language that does not ship',
      'block_page: { languages: [en, tlh] }',
      /^wallguard\.yaml:1:31 block_page\.languages\[1\]: .*"tlh"/,
    ],
    [
      'colours that nobody can read',
      'block_page: { brand: { text: "#777777" } }',
      /^wallguard\.yaml:1:30 block_page\.brand\.text: .*contrast/,
    ],
    ['a timeout of nothing', 'proxy_timeouts: { connect: 0s }', /proxy_timeouts\.connect: "0s" is no time at all/],
  ])('%s', (_name, text, expected) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(expected)]);
  });

  test.each([
    ['QuickJS in an njs that has it', 'njs: { engine: qjs, version: 1.0.2 }'],
    ['the floor itself', 'njs: { version: 0.8.9 }'],
    ['two ports of one address', 'status_service: { listen: "127.0.0.1:80" }'],
    ['a monitor for everybody on this machine', 'monitor: { allow: [0.0.0.0/0] }'],
    ['a monitor in the network for one network', 'monitor: { listen: "0.0.0.0:9913", allow: [10.0.0.0/8] }'],
    ['an application that takes the rest, last', 'applications: [{ id: 1, name: a, paths: [/a] }, { id: 2, name: b }]'],
    ['hmac with a key', 'telemetry: { redact: { address: hmac, hmac_key: "0123456789abcdef" } }'],
    ['an audit log path without ModSecurity', 'telemetry: { sinks: [{ file: /var/log/nginx/modsec_audit.json }] }'],
  ])('%s is fine', (_name, text) => {
    expect(problemsOf(text)).toEqual([]);
  });
});

describe('notes stop nothing', () => {
  test.each([
    [
      '429 for an attack',
      'block_page: { status: 429 }',
      /^wallguard\.yaml:1:23 block_page\.status: 429 means too many requests/,
    ],
    ['an unregistered status', 'block_page: { status: 445 }', /445 is registered nowhere/],
    ['a server error', 'block_page: { status: 503 }', /503 says that the server failed/],
    [
      'every proxy trusted',
      'trusted_proxies: { from: ["::/0"] }',
      /trusted_proxies\.from\[0\]: ::\/0 lets every client choose/,
    ],
    [
      'block without an engine',
      'mode: block',
      /^wallguard\.yaml:1:7 mode: "block" blocks no attack with engine "none"/,
    ],
  ])('%s', (_name, text, expected) => {
    const reading = readSettings(text, 'wallguard.yaml');
    expect('notes' in reading && reading.notes.map(formatProblem)).toEqual([expect.stringMatching(expected)]);
  });
});

describe('options of the command line', () => {
  const engine: Override = { path: ['engine'], value: 'modsecurity', option: '--engine' };
  const quickjs: Override = { path: ['njs', 'engine'], value: 'qjs', option: '--js-engine' };

  test('win over the file', () => {
    expect(readSettings('engine: wallarm\n', 'f', [engine])).toMatchObject({ settings: { engine: 'modsecurity' } });
    expect(readSettings('njs: { version: 1.0.2 }\n', 'f', [quickjs])).toMatchObject({
      settings: { njs: { version: '1.0.2', engine: 'qjs' } },
    });
  });

  test('are named where they are wrong', () => {
    expect(problemsOf('mode: block', [{ ...engine, value: 'modsec' }])).toEqual([
      '--engine engine: "modsec"; allowed: wallarm, modsecurity, none; did you mean "modsecurity"?',
    ]);
    expect(problemsOf('', [quickjs])).toEqual([
      expect.stringMatching(/^--js-engine njs\.engine: "qjs" needs njs 1\.0\.0/),
    ]);
  });

  test('leave a section of the wrong kind to be reported', () => {
    expect(problemsOf('njs: old', [quickjs])).toEqual([
      'wallguard.yaml:1:6 njs: "old"; allowed: a map with version, engine',
    ]);
  });
});

/** Ten anchors, each holding the one before it ten times. */
function bomb(): string {
  const lines = ['a0: &a0 [x]'];
  for (let level = 1; level < 10; level += 1) {
    lines.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    );
  }
  return lines.join('\n');
}
