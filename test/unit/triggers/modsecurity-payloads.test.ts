/**
 * The samples are lines that ModSecurity wrote with CRS 3.3 and the generated rules, one file for each library version;
 * only the paths of rule files were shortened.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { modsecurityPayloads } from '../../../njs/src/core/triggers/modsecurity-payloads.ts';
import { payloadType } from '../../../njs/src/core/triggers/rule-types.ts';
import { sha256 } from './sha256.ts';

interface Sample {
  readonly uri: string;
  readonly record: unknown;
}

function samples(file: string): Sample[] {
  return readFileSync(path.join(import.meta.dirname, 'samples', file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const record = JSON.parse(line) as { transaction: { request: { uri: string } } };
      return { uri: record.transaction.request.uri, record };
    });
}

function found(record: unknown): string[] {
  return modsecurityPayloads(record, sha256).map(({ type, point, value }) => `${type} ${point} ${value}`);
}

describe.each(['audit-modsecurity-3.0.14.jsonl', 'audit-modsecurity-3.0.16.jsonl'])('%s', (file) => {
  const all = samples(file);
  const payloadsOf = (start: string) =>
    all.filter(({ uri }) => uri.startsWith(start)).map(({ record }) => found(record));

  test("the vendor's three test requests: eleven matches and their scores make two, one and one payloads", () => {
    const each = all.slice(0, 3).map(({ record }) => modsecurityPayloads(record, sha256));
    expect(each.map((payloads) => payloads.map(({ type }) => type))).toEqual([['xss', 'sqli'], ['sqli'], ['ptrav']]);
    expect(new Set(each.flat().map(({ fingerprint }) => fingerprint)).size).toBe(4);
  });

  test('the value is the whole parameter, each type in it one payload', () => {
    expect(payloadsOf('/?id=1%27%20UNION')).toEqual([
      [
        "xss ARGS:id 1' union select username, password from users--<script>prompt(1)</script>",
        "sqli ARGS:id 1' union select username, password from users--<script>prompt(1)</script>",
      ],
    ]);
  });

  test('a match in REQUEST_URI only repeats one in a parameter', () => {
    expect(payloadsOf('/?f=')).toEqual([['ptrav ARGS:f ../../../etc/passwd', 'rce ARGS:f ../../../etc/passwd']]);
  });

  test('two parameters are two payloads, the second parameter of a name is found by its value', () => {
    const [payloads] = payloadsOf('/x?id=');
    expect(payloads).toEqual([
      expect.stringMatching(/^sqli ARGS:b ' or 1=1-- a{200}$/),
      "sqli ARGS:id 1' union select 1,2--",
    ]);
    expect(payloadsOf('/y?q=\\x3c')).toEqual([['xss ARGS:q <script>alert(1)</script>', "sqli ARGS:q ' or 1=1-- "]]);
  });

  test('headers and cookies are not in the record: the value is the one it quotes', () => {
    expect(all.filter(({ uri }) => uri === '/').map(({ record }) => found(record))).toEqual([
      [
        'xss REQUEST_COOKIES:sid <script>alert(1)</script>',
        'xss REQUEST_HEADERS:Referer http://x/<script>alert(1)</script>',
      ],
      ['scanner REQUEST_HEADERS:User-Agent sqlmap/1.0'],
    ]);
  });

  test('a parameter of a form and a member of a JSON body with one text are one payload', () => {
    const ids = all
      .filter(({ uri }) => uri === '/login' || uri === '/json')
      .flatMap(({ record }) => modsecurityPayloads(record, sha256))
      .map(({ type, fingerprint }) => `${type} ${fingerprint}`);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  test('a numeric Host and a body that cannot be parsed are no payloads', () => {
    const rules = JSON.stringify(all.map(({ record }) => record));
    expect(rules).toContain('"920350"');
    expect(rules).toContain('"190011"');
    expect(all.flatMap(({ record }) => found(record)).filter((text) => /Host|REQBODY/.test(text))).toEqual([]);
  });

  test('quotes that ModSecurity cuts after 100 characters do not hide what follows', () => {
    const [sqli, xss] = payloadsOf('/y?q=xxxx');
    expect(sqli).toEqual([expect.stringMatching(/^sqli ARGS:q x{120}' union select 1,2-- z{50}$/)]);
    expect(xss).toEqual([expect.stringMatching(/^xss ARGS:q x{120}<script>alert\(1\)<\/script>z{300}$/)]);
  });

  test('bytes that are not printable, and encodings on top of encodings', () => {
    expect(payloadsOf('/y?q=%00')).toEqual([['xss ARGS:q \0<script>alert(é)</script>']]);
    expect(payloadsOf('/y?q=%2527')).toEqual([["sqli ARGS:q ' union select 1,2--"]]);
  });

  test('the last rule of a chain, rules that log the variable alone, rules that match what a rule wrote down', () => {
    expect(payloadsOf('/y?x=disable')).toEqual([['rce ARGS:x disable_functions=1;']]);
    expect(payloadsOf('/y?x=java')).toEqual([
      ['rce ARGS:x java.lang.runtime.exec(processbuilder)', 'rce ARGS:y java.lang.runtime exec'],
    ]);
    expect(payloadsOf('/y?x[$ne]')).toEqual([['nosqli ARGS_NAMES:x[$ne] x[$ne]']]);
  });
});

describe('records made up', () => {
  const record = (uri: string, details: readonly object[], headers?: object) => ({
    transaction: {
      request: { uri, ...(headers === undefined ? {} : { headers }) },
      messages: details.map((detail) => ({ message: '', details: { tags: [], ...detail } })),
    },
  });
  const matched = (ruleId: string, variable: string, value: string, data = '') => ({
    ruleId,
    match: `Matched "Operator \`Rx' with parameter \`x' against variable \`${variable}' (Value: \`${value}' )`,
    data,
  });

  test('a constant parameter of the same name does not stand in for the one in the body', () => {
    const [payload] = found(record('/?id=harmless', [matched('942190', 'ARGS:id', "' or 1=1")]));
    expect(payload).toBe("sqli ARGS:id ' or 1=1");
  });

  test('long values of a body differ by what the first rule saw behind the quoted part', () => {
    const long = (end: string) =>
      record('/login', [
        matched(
          '942190',
          'ARGS:a',
          `${'x'.repeat(100)} (50 characters omitted)`,
          `Matched Data: y found within ARGS:a: ${'x'.repeat(100)}${end}`,
        ),
        matched(
          '942360',
          'ARGS:a',
          `${'x'.repeat(100)} (50 characters omitted)`,
          `Matched Data: y found within ARGS:a: ${'x'.repeat(100)} ${end}`,
        ),
      ]);
    const ids = ["' or 1=1", "' or 2=2"].map((end) => modsecurityPayloads(long(end), sha256));
    expect(ids.map((payloads) => payloads.length)).toEqual([1, 1]);
    expect(ids[0]?.[0]?.fingerprint).not.toBe(ids[1]?.[0]?.fingerprint);
  });

  test('headers are read where the audit log has them', () => {
    const quoted = `${'r'.repeat(100)} (9 characters omitted)`;
    expect(
      found(
        record('/', [matched('941110', 'REQUEST_HEADERS:Referer', quoted)], { referer: `${'r'.repeat(100)}<script>x` }),
      ),
    ).toEqual([`xss REQUEST_HEADERS:Referer ${'r'.repeat(100)}<script>x`]);
  });

  test.each([
    undefined,
    null,
    'text',
    [],
    {},
    { transaction: null },
    { transaction: { messages: 'x' } },
    {
      transaction: {
        messages: [null, {}, { details: { ruleId: '942100' } }, { details: { ruleId: 942190, match: 5 } }],
      },
    },
  ])('what is no record has no payloads: %j', (value) => expect(found(value)).toEqual([]));
});

describe('type of a rule', () => {
  test.each([
    ['942100', [], 'sqli'],
    ['942290', [], 'nosqli'],
    ['190010', [], 'ptrav'],
    // Rules of the Core Rule Set that find no attack carry such tags as well.
    ['920350', ['attack-protocol'], ''],
    ['949110', ['attack-generic'], ''],
    ['943110', ['attack-fixation'], ''],
    ['190011', [], ''],
    ['1000001', ['OWASP_CRS', 'Attack-XXE'], 'xxe'],
    ['1000001', ['experimental', 'attack-sqli'], 'experimental'],
    ['1000001', ['something'], ''],
    ['', [], ''],
  ])('%s %j: "%s"', (rule, tags, type) => expect(payloadType(rule, tags)).toBe(type));
});
