import { describe, expect, test } from 'vitest';
import type { ListEntry } from '../../../schema/lists.ts';
import { guessFormat, readImport, type ImportFormat } from '../../../tools/src/lists/read-entries.ts';
import { writeExport } from '../../../tools/src/lists/write-entries.ts';

const now = Date.parse('2026-01-31T12:00:00Z');
const hour = 3_600_000;

/** `line address` of each entry, and the problems. */
function read(text: string, format: ImportFormat): { entries: string[]; problems: string[] } {
  const { entries, problems } = readImport(text, format, now);
  return {
    entries: entries.map(({ line, address, ...rest }) =>
      [line, address, ...(Object.keys(rest).length === 0 ? [] : [JSON.stringify(rest)])].join(' '),
    ),
    problems: problems.map(({ line, message }) => `${line}: ${message}`),
  };
}

describe('plain', () => {
  test('one address a line, comments and empty lines, any line end', () => {
    const text = '\ufeff# blocklist\r\n192.0.2.1\r\n\n  2001:DB8:0:0::1  # scanner\n10.16.7.1/12\n';
    expect(guessFormat(text)).toBe('plain');
    expect(read(text, 'plain')).toEqual({
      entries: ['2 192.0.2.1', '4 2001:db8::1', '5 10.16.0.0/12'],
      problems: [],
    });
  });

  test('every bad line is reported', () => {
    expect(read('192.0.2.1\n192.0.2.256\nexample.com\n192.0.2.0/33\n010.0.0.1\n', 'plain')).toEqual({
      entries: ['1 192.0.2.1'],
      problems: ['"192.0.2.256"', '"example.com"', '"192.0.2.0/33"', '"010.0.0.1"'].map(
        (shown, index) => `${index + 2}: ${shown} is neither an IP address nor a network such as 192.0.2.0/24`,
      ),
    });
  });

  test('a hostile line cannot reach the terminal', () => {
    expect(read('\u001b[2J\u202e\n', 'plain').problems[0]).toBe(
      '1: "\\u001b[2J\\u202e" is neither an IP address nor a network such as 192.0.2.0/24',
    );
  });
});

describe('csv', () => {
  test('columns by name, quotes, an apostrophe against formulas, line numbers over line breaks', () => {
    const text = [
      'reason,"address",expires,applications',
      '"two',
      'lines",192.0.2.1,never,',
      '"say ""no""",192.0.2.2,2026-02-01T00:00:00Z,3 12',
      ",192.0.2.3,,'-1",
      '',
    ].join('\r\n');
    expect(guessFormat(text)).toBe('csv');
    expect(read(text, 'csv')).toEqual({
      entries: [
        '2 192.0.2.1 {"expiresMs":0,"reason":"two\\r\\nlines"}',
        `4 192.0.2.2 ${JSON.stringify({ applications: [3, 12], expiresMs: Date.parse('2026-02-01T00:00:00Z'), reason: 'say "no"' })}`,
        '5 192.0.2.3 {"applications":[-1]}',
      ],
      problems: [],
    });
  });

  test('a period counts from now', () => {
    expect(read('address,period\n192.0.2.1,2h\n192.0.2.2,forever\n', 'csv').entries).toEqual([
      `2 192.0.2.1 {"expiresMs":${now + 2 * hour}}`,
      '3 192.0.2.2 {"expiresMs":0}',
    ]);
  });

  test.each([
    [
      '192.0.2.1\n',
      '1: the first line must name the columns; known are address, applications, expires, period, reason',
    ],
    ['address,reason\n192.0.2.1\n', '2: 1 values, and the first line names 2'],
    ['address,expires\n192.0.2.1,tomorrow\n', '2: expires: neither a time such as 2030-01-31T12:00:00Z nor "never"'],
    ['address,period\n192.0.2.1,1w\n', '2: period: neither a duration such as 1h nor "forever"'],
    ['address,applications\n192.0.2.1,shop\n', '2: applications: "[null]" are not application ids'],
    ['address,reason\n192.0.2.1,"open\n', '2: a quoted value is not closed'],
    ['', '1: the first line must name the columns; known are address, applications, expires, period, reason'],
  ])('%j is refused', (text, problem) => {
    expect(read(text, 'csv').problems).toEqual([problem]);
  });
});

describe('json', () => {
  test('addresses, or objects as they are exported', () => {
    const text =
      '[\n"192.0.2.1",\n{"address": "192.0.2.2", "expiresMs": 0, "reason": "a]b\\"", "applications": [7]},\n{"address":"::1","period":"1h"}]';
    expect(guessFormat(text)).toBe('json');
    expect(read(text, 'json')).toEqual({
      entries: [
        '2 192.0.2.1',
        '3 192.0.2.2 {"applications":[7],"expiresMs":0,"reason":"a]b\\""}',
        `4 ::1 {"expiresMs":${now + hour}}`,
      ],
      problems: [],
    });
  });

  test.each([
    ['[\n"192.0.2.1",\n\n7]', ['4: element 2 is neither an address nor an object with "address"']],
    ['[{"ip":"192.0.2.1"}]', ['1: "address" is missing']],
    [
      '[{"address":"192.0.2.1","expiresMs":"x"},\n{"address":"192.0.2.2","reason":1}]',
      ['1: expiresMs: not Unix milliseconds', '2: reason: not a text'],
    ],
    ['{}', ['1: not an array']],
    ['["192.0.2.1",\n', [expect.stringMatching(/^\d: /)]],
  ])('%j is refused', (text, problems) => {
    expect(read(text, 'json').problems).toEqual(problems);
  });
});

describe('nginx', () => {
  test('deny and allow, several on a line', () => {
    const text = '# from nginx.conf\ndeny 192.0.2.1; deny 10.16.0.0/12;\n\n  allow 2001:db8::1;\n';
    expect(guessFormat(text)).toBe('nginx');
    expect(read(text, 'nginx').entries).toEqual(['2 192.0.2.1', '2 10.16.0.0/12', '4 2001:db8::1']);
  });

  test('anything else is refused', () => {
    expect(read('deny all;\nsatisfy any;\ndeny 192.0.2.1\n', 'nginx').problems).toEqual([
      '1: "all" is neither an IP address nor a network such as 192.0.2.0/24',
      '2: "satisfy any" is not "deny ADDRESS;"',
      '3: "deny 192.0.2.1" is not "deny ADDRESS;"',
    ]);
  });
});

describe('nft', () => {
  test('sets as nft prints them', () => {
    const text = `table inet filter {
	set bad {
		type ipv4_addr
		flags interval,timeout
		elements = { 192.0.2.1 timeout 1h expires 59m30s comment "a, b }",
			     192.0.2.0/28, # all of them
			     198.51.100.7 timeout 30m counter packets 1 bytes 60 }
	}
}
add element inet filter bad6 { 2001:db8::1 }
`;
    expect(guessFormat(text)).toBe('nft');
    expect(read(text, 'nft')).toEqual({
      entries: [
        `5 192.0.2.1 {"expiresMs":${now + 59.5 * 60_000}}`,
        '6 192.0.2.0/28',
        `7 198.51.100.7 {"expiresMs":${now + hour / 2}}`,
        '10 2001:db8::1',
      ],
      problems: [],
    });
  });

  test('intervals and files without a set are refused', () => {
    expect(read('add element a b {\n192.0.2.1,\n192.0.2.4-192.0.2.9 }', 'nft').problems).toEqual([
      '3: "192.0.2.4-192.0.2.9": write an interval as networks',
    ]);
    expect(read('table inet filter {}', 'nft').problems).toEqual(['1: no "elements = { … }" of an nftables set']);
  });
});

const entries: ListEntry[] = [
  {
    list: 'deny',
    address: '192.0.2.1',
    applications: [],
    expiresMs: now + hour,
    createdMs: now - 60_000,
    reason: '=cmd("x"),\u001b[2J',
    source: 'manual',
    author: 'ann',
  },
  {
    list: 'deny',
    address: '2001:db8::/32',
    applications: [],
    expiresMs: 0,
    createdMs: 0,
    reason: '',
    source: 'settings',
    author: 'wallguard',
  },
];

describe('export', () => {
  test.each([
    ['plain', '192.0.2.1\n2001:db8::/32\n'],
    ['nginx', 'deny 192.0.2.1;\ndeny 2001:db8::/32;\n'],
    [
      'csv',
      'list,address,applications,expires,created,reason,source,author\r\n' +
        'deny,192.0.2.1,,2026-01-31T13:00:00Z,2026-01-31T11:59:00Z,"\'=cmd(""x""),\\u{1b}[2J",manual,ann\r\n' +
        'deny,2001:db8::/32,,never,,,settings,wallguard\r\n',
    ],
  ] as const)('%s', (format, expected) => {
    expect(writeExport(entries, format, now)).toBe(expected);
  });

  test('json is an array with one entry a line, without raw escapes', () => {
    const text = writeExport(entries, 'json', now);
    expect(text.split('\n')).toHaveLength(5);
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    expect(JSON.parse(text)).toEqual(entries);
    expect(writeExport([], 'json', now)).toBe('[]\n');
  });

  test.each(['plain', 'csv', 'json', 'nginx', 'nft'] as const)('%s is read back, and recognised', (format) => {
    const text = writeExport(entries, format, now);
    expect(guessFormat(text)).toBe(format);
    const { entries: back, problems } = readImport(text, format, now);
    expect(problems).toEqual([]);
    expect(back.map(({ address }) => address)).toEqual(['192.0.2.1', '2001:db8::/32']);
    if (['csv', 'json', 'nft'].includes(format)) expect(back[0]?.expiresMs).toBe(now + hour);
  });
});
