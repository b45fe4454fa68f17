/**
 * Reads what is sent to the control API (`schema/control.ts`): every field is checked, a field that is not known is
 * refused, and a refusal says which one and why.
 */
import type { RemoveRequest, TriggerOverlay } from '../../../../schema/control.ts';
import type { ListEntry, ListName, Target, TriggerFilters } from '../../../../schema/lists.ts';
import { parseNetwork } from '../lists/address.ts';
import { entryProblem, normalAddress } from '../lists/entry.ts';

/** A refusal; thrown, and answered as it is. */
export interface Problem {
  readonly status: number;
  /** Stable word. */
  readonly error: string;
  readonly message: string;
}

export function problem(status: number, error: string, message: string): Problem {
  return { status, error, message };
}

/** As the contract's `largestPage`; a constant at top level would cost every request. */
function mostEntries(): number {
  return 1000;
}

interface Fields {
  readonly [name: string]: unknown;
}

/** Entries of an `AddRequest`, complete and checked. @throws Problem */
export function readAddRequest(body: string, list: ListName, nowMs: number): { entries: ListEntry[]; author: string } {
  const request = readFields(body, ['entries', 'author'], 'the request');
  const author = readText(request, 'author', true);
  const rows = request['entries'];
  if (!Array.isArray(rows) || rows.length === 0 || rows.length > mostEntries()) {
    throw problem(422, 'bad_request', 'entries: must be an array of 1 to ' + mostEntries() + ' entries');
  }
  return { entries: rows.map((row, index) => readEntry(row, 'entries[' + index + ']', list, author, nowMs)), author };
}

/** @throws Problem */
export function readRemoveRequest(body: string): RemoveRequest {
  const request = readFields(body, ['author', 'reason'], 'the request');
  return { author: readText(request, 'author', true), reason: readText(request, 'reason', false) };
}

/** @throws Problem */
export function readOverlay(body: string): TriggerOverlay {
  const request = readFields(
    body,
    ['enabled', 'threshold', 'windowMs', 'filters', 'excludedTypes', 'reaction'],
    'the request',
  );
  const overlay: { -readonly [Key in keyof TriggerOverlay]: TriggerOverlay[Key] } = {};
  if (request['enabled'] !== undefined) {
    if (typeof request['enabled'] !== 'boolean') {
      throw problem(422, 'bad_request', 'enabled: must be true or false');
    }
    overlay.enabled = request['enabled'];
  }
  if (request['threshold'] !== undefined) {
    overlay.threshold = readNumber(request, 'threshold', 1, 100);
  }
  if (request['windowMs'] !== undefined) {
    overlay.windowMs = readNumber(request, 'windowMs', 1000, 2_592_000_000);
  }
  if (request['excludedTypes'] !== undefined) {
    overlay.excludedTypes = readTexts(request, 'excludedTypes', /^[a-z_]{1,64}$/);
  }
  if (request['filters'] !== undefined) {
    overlay.filters = readFilters(request['filters']);
  }
  if (request['reaction'] !== undefined) {
    overlay.reaction = readReaction(request['reaction']);
  }
  return overlay;
}

/** @throws Problem when it is none */
export function readAddress(text: string): string {
  const address = normalAddress(text);
  if (address === null) {
    throw problem(422, 'bad_address', 'address: not an IPv4 or IPv6 address, nor a network such as 192.0.2.0/24');
  }
  return address;
}

function readEntry(row: unknown, place: string, list: ListName, author: string, nowMs: number): ListEntry {
  const given = checkFields(row, ['address', 'applications', 'periodMs', 'reason'], place);
  const periodMs = given['periodMs'] === undefined ? 3_600_000 : readNumber(given, 'periodMs', 0, 315_360_000_000);
  const applications: unknown = given['applications'] === undefined ? [] : given['applications'];
  if (!Array.isArray(applications) || !applications.every(isApplication)) {
    throw problem(422, 'bad_request', place + '.applications: must be an array of ids; -1 is the default application');
  }
  const entry: ListEntry = {
    list,
    address: readAddress(readText(given, 'address', true)),
    applications: applications as number[],
    expiresMs: periodMs === 0 ? 0 : nowMs + periodMs,
    createdMs: nowMs,
    reason: readText(given, 'reason', false),
    source: 'manual',
    author,
  };
  const wrong = entryProblem(entry, nowMs);
  if (wrong !== '') {
    throw problem(422, wrong.slice(0, 7) === 'address' ? 'bad_address' : 'bad_request', place + '.' + wrong);
  }
  return entry;
}

function readFilters(value: unknown): TriggerFilters {
  const given = checkFields(value, ['types', 'applications', 'addresses', 'domains', 'statuses', 'targets'], 'filters');
  const applications: unknown = given['applications'] === undefined ? [] : given['applications'];
  if (!Array.isArray(applications) || !applications.every(isApplication)) {
    throw problem(422, 'bad_request', 'filters.applications: must be an array of ids; -1 is the default application');
  }
  const addresses = readTexts(given, 'addresses', /^[0-9A-Fa-f:./]{2,49}$/);
  if (!addresses.every((address) => parseNetwork(address) !== null)) {
    throw problem(422, 'bad_address', 'filters.addresses: not an IPv4 or IPv6 address, nor a network');
  }
  return {
    types: readTexts(given, 'types', /^[a-z_]{1,64}$/),
    applications: applications as number[],
    addresses,
    domains: readTexts(given, 'domains', /^(?:\*\.)?[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?$/),
    statuses: readTexts(given, 'statuses', /^[1-5](?:[0-9][0-9]|xx)$/),
    targets: readTexts(given, 'targets', /^(?:server|client|database)$/) as Target[],
  };
}

function readReaction(value: unknown): NonNullable<TriggerOverlay['reaction']> {
  const given = checkFields(value, ['list', 'periodMs', 'escalation', 'longestPeriodMs'], 'reaction');
  const list = given['list'];
  if (list !== 'deny' && list !== 'gray' && list !== 'observe') {
    throw problem(422, 'bad_request', 'reaction.list: must be deny, gray or observe');
  }
  const escalation = given['escalation'];
  if (typeof escalation !== 'number' || !(escalation >= 1 && escalation <= 10)) {
    throw problem(422, 'bad_request', 'reaction.escalation: must be a number from 1 to 10');
  }
  return {
    list,
    periodMs: readNumber(given, 'periodMs', 0, 315_360_000_000),
    escalation,
    longestPeriodMs: readNumber(given, 'longestPeriodMs', 0, 315_360_000_000),
  };
}

function readFields(body: string, known: readonly string[], place: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (_notJson) {
    throw problem(400, 'bad_json', 'the body is no JSON');
  }
  return checkFields(value, known, place);
}

function checkFields(value: unknown, known: readonly string[], place: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw problem(422, 'bad_request', place + ': must be an object');
  }
  const unknown = Object.keys(value).filter((name) => known.indexOf(name) < 0);
  if (unknown.length > 0) {
    throw problem(
      422,
      'bad_request',
      place + ': unknown field "' + (unknown[0] as string).slice(0, 40) + '"; there are ' + known.join(', '),
    );
  }
  return value as Fields;
}

function readText(given: Fields, name: string, isNeeded: boolean): string {
  const value = given[name];
  if (value === undefined && !isNeeded) {
    return '';
  }
  if (typeof value !== 'string' || value.length > 500 || (isNeeded && value === '') || /[\x00-\x1f\x7f]/.test(value)) {
    throw problem(422, 'bad_request', name + ': must be a text of at most 500 characters without control characters');
  }
  return value;
}

function readNumber(given: Fields, name: string, least: number, most: number): number {
  const value = given[name];
  if (typeof value !== 'number' || Math.floor(value) !== value || value < least || value > most) {
    throw problem(422, 'bad_request', name + ': must be a whole number from ' + least + ' to ' + most);
  }
  return value;
}

function readTexts(given: Fields, name: string, form: RegExp): string[] {
  const value = given[name];
  if (value === undefined) {
    return [];
  }
  if (
    !Array.isArray(value) ||
    value.length > 100 ||
    !value.every((item) => typeof item === 'string' && form.test(item))
  ) {
    throw problem(422, 'bad_request', name + ': must be an array of at most 100 texts such as ' + form.source);
  }
  return value as string[];
}

function isApplication(value: unknown): boolean {
  return typeof value === 'number' && Math.floor(value) === value && value >= -1 && value <= 2_147_483_647;
}
