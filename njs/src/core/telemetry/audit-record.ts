/**
 * One record of ModSecurity's audit log (JSON, serial) as a detection event.
 *
 * Source: njs-capabilities.md 7 (record, rules), and the file names of the OWASP Core Rule Set for the classes of ids.
 */
import type { Action, DetectionEvent } from '../../../../schema/telemetry.ts';

/** Parts of a record that are read; any may be missing. */
interface AuditRecord {
  readonly transaction?: {
    readonly client_ip?: unknown;
    readonly time_stamp?: unknown;
    readonly unique_id?: unknown;
    readonly is_interrupted?: unknown;
    readonly request?: { readonly headers?: unknown };
    readonly response?: { readonly http_code?: unknown };
    readonly producer?: { readonly secrules_engine?: unknown; readonly components?: readonly unknown[] };
    readonly messages?: readonly AuditMessage[];
  };
}

interface AuditMessage {
  readonly message?: unknown;
  readonly details?: { readonly ruleId?: unknown; readonly match?: unknown; readonly data?: unknown };
}

/** A record that was understood. */
export interface Detection {
  /** ModSecurity's id: the same for records that are written twice. */
  readonly uniqueId: string;
  /** The parsed line. */
  readonly record: unknown;
  /** Number of the application; -1 when the engine did not keep it. */
  readonly application: number;
  /** The client, whatever telemetry may show of it. */
  readonly address: string;
  /** Status that was answered; 0 when the engine did not keep it. */
  readonly status: number;
  /** Value of the Host header without its port; empty when the engine did not keep it. */
  readonly host: string;
  readonly event: DetectionEvent;
}

/**
 * @param line          one line of the audit log
 * @param nowMs         used as time when the record's own cannot be read
 * @param applications  names by number as text, such as `{"-1": "default"}`
 * @param address       how addresses are written
 * @param payloads      payloads of a parsed line, as telemetry has them
 * @returns undefined for a line that is no record of a transaction of this NGINX
 */
export function readAuditRecord(
  line: string,
  nowMs: number,
  applications: Readonly<Record<string, string>>,
  address: (address: string) => string,
  payloads: (record: unknown) => string[],
): Detection | undefined {
  const record = parsed(line);
  const transaction = record.transaction || {};
  const uniqueId = textOf(transaction.unique_id);
  const id = /^(?:([a-z_]+)-)?(?:(-?[0-9]{1,10})-)?([0-9a-f]{32})$/.exec(uniqueId);
  if (id === null) {
    return undefined;
  }
  const producer = transaction.producer || {};
  const messages = transaction.messages || [];
  const rules = ruleIds(messages);
  const types = typesOfRules(rules);
  const mode = modeOf(id[1] || '', textOf(producer.secrules_engine));
  return {
    uniqueId: uniqueId,
    record: record,
    application: id[2] === undefined ? -1 : Number(id[2]),
    address: textOf(transaction.client_ip),
    status: Number((transaction.response || {}).http_code) || 0,
    host: hostOf((transaction.request || {}).headers),
    event: {
      schema: 'wallguard/1',
      'event.name': 'detection',
      timestamp: recordMs(textOf(transaction.time_stamp), nowMs) / 1000,
      'http.request.id': id[3] as string,
      application: applications[id[2] || ''] || '',
      'client.address': address(textOf(transaction.client_ip)).slice(0, 64),
      'wallguard.engine': 'modsecurity',
      'wallguard.mode': mode,
      'wallguard.action': actionOf(transaction.is_interrupted, mode, rules, types),
      'wallguard.attack.types': types,
      'wallguard.attack.points': pointsOf(messages, types.length > 0),
      'wallguard.payloads': payloads(record),
      'security_rule.uuid': rules,
      'security_rule.name': namesOf(messages),
      // ModSecurity 3 leaves a quotation mark in this text.
      'security_rule.ruleset.name': textOf((producer.components || [])[0])
        .replace(/"/g, '')
        .slice(0, 64),
    },
  };
}

/**
 * The vendor's code for what a rule finds; empty for rules that find no attack by themselves: protocol enforcement,
 * scores, lists. A remote file inclusion (931) is a URL that the application is made to fetch, so it is `ssrf` here;
 * session fixation (943) and parameter pollution (921170, 921180) have no code.
 */
export function typeOfRule(rule: string): string {
  switch (rule) {
    case '190010':
      return 'ptrav';
    case '942290':
      return 'nosqli';
    case '921200':
      return 'ldapi';
    case '921170':
    case '921180':
    case '921230':
    case '921421':
    case '921422':
      return '';
    case '934110':
    case '934120':
      return 'ssrf';
    case '934180':
      return 'ssti';
  }
  switch (rule.length === 6 ? rule.slice(0, 3) : '') {
    case '913':
      return 'scanner';
    case '921':
      return 'crlf';
    case '930':
      return 'ptrav';
    case '931':
      return 'ssrf';
    case '932':
    case '933':
    case '934':
    case '944':
    case '955':
      return 'rce';
    case '941':
      return 'xss';
    case '942':
      return 'sqli';
    case '950':
    case '951':
    case '952':
    case '953':
    case '954':
      return 'infoleak';
  }
  return '';
}

function parsed(line: string): AuditRecord {
  try {
    return (JSON.parse(line) as AuditRecord | null) || {};
  } catch (_torn) {
    return {};
  }
}

/** Headers are in the record only when a trigger asks for domains. */
function hostOf(headers: unknown): string {
  if (typeof headers !== 'object' || headers === null) {
    return '';
  }
  const name = Object.keys(headers).filter((key) => key.toLowerCase() === 'host')[0];
  return name === undefined
    ? ''
    : textOf((headers as { readonly [name: string]: unknown })[name])
        .toLowerCase()
        .replace(/:[0-9]*$/, '');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function ruleIds(messages: readonly AuditMessage[]): string[] {
  const ids: string[] = [];
  for (let i = 0; i < messages.length && ids.length < 32; i++) {
    const details = (messages[i] as AuditMessage).details || {};
    const id = String(details.ruleId);
    if (/^[0-9]{1,10}$/.test(id)) {
      addOnce(ids, id);
    }
  }
  return ids;
}

function typesOfRules(rules: readonly string[]): string[] {
  const types: string[] = [];
  for (let i = 0; i < rules.length; i++) {
    const type = typeOfRule(rules[i] as string);
    if (type !== '') {
      addOnce(types, type);
    }
  }
  return types;
}

/** The prefix says the mode; a record without one says at least whether the engine could block. */
function modeOf(prefix: string, engine: string): string {
  switch (prefix) {
    case 'block':
    case 'safe_blocking':
    case 'monitoring':
    case 'off':
      return prefix;
    case 'detect':
      return 'monitoring';
  }
  return engine === 'Enabled' ? 'block' : engine === 'Disabled' ? 'off' : 'monitoring';
}

/** Before 3.0.16 records do not say `is_interrupted`: then a rule that denies must have matched while it could. */
function actionOf(interrupted: unknown, mode: string, rules: readonly string[], types: readonly string[]): Action {
  const scored = rules.indexOf('949110') >= 0 || rules.indexOf('949111') >= 0;
  const denies = scored || rules.indexOf('190010') >= 0 || rules.indexOf('190011') >= 0;
  if (typeof interrupted === 'boolean' ? interrupted : denies && mode === 'block') {
    return 'blocked';
  }
  return types.length > 0 || scored ? 'detected' : 'allowed';
}

/**
 * Where rules matched, such as `ARGS:id`. `match` names the variable before any text of the client, so that a value
 * cannot pretend to be another place; records without it have it in `data`.
 *
 * @param attacksOnly  leave out where rules matched that find no attack by themselves
 */
function pointsOf(messages: readonly AuditMessage[], attacksOnly: boolean): string[] {
  const points: string[] = [];
  for (let i = 0; i < messages.length && points.length < 16; i++) {
    const details = (messages[i] as AuditMessage).details || {};
    const point =
      between(textOf(details.match), 'against variable `', "' (Value: ") ||
      between(textOf(details.data), ' found within ', ': ');
    // Scores are kept in TX.
    if (point !== '' && !/^TX\b/i.test(point) && !(attacksOnly && typeOfRule(String(details.ruleId)) === '')) {
      addOnce(points, point.slice(0, 128));
    }
  }
  return points;
}

function namesOf(messages: readonly AuditMessage[]): string[] {
  const names: string[] = [];
  for (let i = 0; i < messages.length && names.length < 32; i++) {
    const name = textOf((messages[i] as AuditMessage).message).slice(0, 128);
    if (name !== '') {
      addOnce(names, name);
    }
  }
  return names;
}

function between(text: string, start: string, end: string): string {
  const at = text.indexOf(start);
  if (at < 0) {
    return '';
  }
  const from = at + start.length;
  const to = text.indexOf(end, from);
  return to < 0 ? '' : text.slice(from, to);
}

function addOnce(list: string[], item: string): void {
  if (list.indexOf(item) < 0) {
    list.push(item);
  }
}

/** `Sat Nov 21 23:48:51 2026`, in the local time of the machine. A record is read soon after it was written. */
function recordMs(text: string, nowMs: number): number {
  const parts = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) +([0-9]{1,2}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([0-9]{4})$/.exec(text);
  if (parts === null) {
    return nowMs;
  }
  const month = 'JanFebMarAprMayJunJulAugSepOctNovDec'.indexOf(parts[1] as string) / 3;
  const ms = new Date(
    Number(parts[6]),
    month,
    Number(parts[2]),
    Number(parts[3]),
    Number(parts[4]),
    Number(parts[5]),
  ).getTime();
  return ms === ms ? ms : nowMs;
}
