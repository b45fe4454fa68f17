import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requestIds } from '../../../tools/src/telemetry/request-ids.ts';

const id = 'a79199bcea606040cc79f913325401fb';
const uuid = 'a79199bc-ea60-6040-cc79-f913325401fb';
const other = '00112233445566778899aabbccddeeff';

describe('requestIds', () => {
  test.each<[string, string]>([
    ['the id', id],
    ['the id in capitals', id.toUpperCase()],
    ['the id as UUID', uuid],
    ['the id in a sentence', `I get "${id}", please help`],
    [
      'wallguard\u2019s page as text',
      `Request blocked\nIP: 192.0.2.1\nTime: 2026-11-22T02:00:00Z\nRequest ID: ${id}\n`,
    ],
    ['the vendor\u2019s page up to 6.5 as text', `IP 192.0.2.1\nBlocked on 2026-11-22T02:00:00+00:00\nUUID ${id}`],
    ['the vendor\u2019s page up to 6.5 as source', `<p>IP 192.0.2.1</p><br>Blocked on 2026<br>UUID <b>${id}</b>`],
    [
      'the vendor\u2019s page from 6.6 on as source',
      `<div id="data"><span>Request ID:</span>\n <span>${id}</span></div>`,
    ],
    ['curl -i', `HTTP/1.1 403 Forbidden\r\nServer: nginx\r\nX-Request-ID: ${id}\r\nSet-Cookie: s=${other}\r\n\r\n`],
    ['a problem document', `{"type":"about:blank","instance":"urn:uuid:${uuid}","request_id":"${id}"}`],
    ['a search of the Console', `attacks incidents request_id:${id}`],
    ['a page of another site\u2019s cookie beside it', `cookie ${other}\nRequest ID: ${id}`],
    ['the page with a line break by a mail program', `Request ID:\r\n    ${id}`],
  ])('%s', (_, text) => {
    expect(requestIds(text)).toEqual([id]);
  });

  test('several ids, each once', () => {
    expect(requestIds(`${id} ${other} ${uuid}`)).toEqual([id, other]);
  });

  test.each(['', 'no id', id.slice(1), `${id}0`, `f${uuid}`, 'g'.repeat(32)])('%j holds none', (text) => {
    expect(requestIds(text)).toEqual([]);
  });

  test('any text takes no more than a moment, and gives ids only', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('<', '>', 'request id: ', 'a', '0', id, '-', '\n', ' '), { maxLength: 2000 }),
        (parts) => {
          for (const found of requestIds(parts.join(''))) expect(found).toMatch(/^[0-9a-f]{32}$/);
        },
      ),
      { numRuns: 50 },
    );
    const started = performance.now();
    requestIds('<'.repeat(20_000) + 'request id: '.repeat(10_000));
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
