/** Questions to the core of lists and triggers; runs in Node and in njs, so it is written for both. */
import type { ListEntry, ListName, Trigger } from '../../schema/lists.ts';
import { parseNetwork, printNetwork } from '../../njs/src/core/lists/address.ts';
import { readHostFile, withEntry, writeHostFile } from '../../njs/src/core/lists/host-file.ts';
import { hintKeyOf, hintRules } from '../../njs/src/core/lists/hint-key.ts';
import { evaluate, prepareTrigger, type Outcome } from '../../njs/src/core/triggers/evaluate.ts';
import { modsecurityPayloads } from '../../njs/src/core/triggers/modsecurity-payloads.ts';
import { canonical, canonicalTarget, fingerprint, type Payload, type Sha256 } from '../../njs/src/core/triggers/payload.ts';
import { preconfiguredTrigger } from '../../njs/src/core/triggers/preconfigured.ts';
import { sourceKey, sourceName } from '../../njs/src/core/triggers/source.ts';
import type { SlotStore } from '../../njs/src/core/triggers/slots.ts';
import { wallarmPayloads } from '../../njs/src/core/triggers/wallarm-payloads.ts';

/** @param auditLogs  texts of ModSecurity audit logs */
export function answers(auditLogs: readonly string[], sha256: Sha256): unknown {
  return {
    canonical: texts().map((text) => [canonical(text), canonicalTarget(text)]),
    fingerprints: texts().map((text) => fingerprint('sqli', canonical(text), sha256)),
    wallarm: texts().map((text) =>
      wallarmPayloads(
        { types: 'sqli|xss', points: "[get, 'a']|[uri]|[header, 'X']", stamps: '1|2' },
        { uri: '/p?a=' + text, header: () => text, cookie: () => '' },
        sha256,
      ),
    ),
    modsecurity: auditLogs.map((log) =>
      log
        .trim()
        .split('\n')
        .map((line) => modsecurityPayloads(JSON.parse(line), sha256)),
    ),
    addresses: addresses().map((text) => {
      const network = parseNetwork(text);
      return network === null
        ? [sourceKey(text, 64)]
        : [printNetwork(network), hintKeyOf(network, 56), sourceKey(text, 56), sourceName('default', text, sha256)];
    }),
    rules: hintRules(60),
    entries: [entry('\u00e9 "\\\u2028'), entry('\u{1f600}')].map((one) =>
      readHostFile(writeHostFile(withEntry([], one, 5) || [])),
    ),
    outcomes: outcomes(sha256),
  };
}

function texts(): string[] {
  return [
    '',
    "1' UNION  Select\t1",
    '%27%20or%201=1+--+',
    '%2527%252520',
    '%25252525',
    '100%, %zz %4 %',
    '%e9%27 %c3%a9 %C3%A9%ff %ed%a0%80 %f0%9f%98%80 %c0%af',
    '\u00c9\u00e9 \u0130 \u1e9e \ufb01 K \u{1f600}',
    'a%00b%0d%0a%0b%0c%85%c2%a0c',
    '\\x3cscript>&lt;',
    'a'.repeat(9000),
    '\u{1f600}'.repeat(100),
  ];
}

function addresses(): string[] {
  return ['192.0.2.1', '::ffff:192.0.2.1', '2001:DB8::1', '2001:db8:0:0:1::/60', '1::2:0:0:0:3', '::', 'unix:', '1.2.3'];
}

function entry(reason: string): ListEntry {
  const list: ListName = 'deny';
  return {
    list,
    address: '192.0.2.1',
    applications: [1, -1],
    expiresMs: 1_700_000_000_000,
    createdMs: 0,
    reason,
    source: 'manual',
    author: 'ops',
  };
}

/** A history whose clock stands still. */
function outcomes(sha256: Sha256): Outcome[] {
  const kept: { [key: string]: number } = {};
  const slots: SlotStore = {
    get: (key) => kept[key],
    add: (key, value) => {
      const free = kept[key] === undefined;
      kept[key] = free ? value : (kept[key] as number);
      return free;
    },
    touch: (key, value) => {
      kept[key] = kept[key] === undefined ? value : kept[key];
      return kept[key];
    },
    delete: (key) => {
      delete kept[key];
    },
  };
  const trigger: Trigger = preconfiguredTrigger();
  const prepared = prepareTrigger(trigger, ['198.51.100.0/24']);
  return ['a', 'b', 'b', 'c', 'd', 'e'].map((value) => {
    const payload: Payload = { type: 'sqli', point: '', value, fingerprint: fingerprint('sqli', value, sha256) };
    return evaluate(
      prepared,
      {
        address: '2001:db8::1',
        source: sourceKey('2001:db8::1', 64),
        application: -1,
        host: 'a',
        status: 200,
        payloads: [payload],
        atMs: 1,
        refused: false,
        allowlisted: false,
      },
      slots,
      sha256,
    );
  });
}
