/**
 * Payloads from a record of ModSecurity's JSON audit log (njs-capabilities.md 7): the type that a rule stands for, and
 * the value of the variable in which it matched. Several rules that match in one value are one payload per type.
 *
 * The record shows values in two ways. `match` quotes the first 100 characters of the value as the application will see
 * it; `data` quotes all of it, but after the rule's transformations, so that rules differ (and the rules that use
 * libinjection have only that). The query parameters and the path stand in full in the record's request target, which is
 * preferred. Otherwise two values whose first 100 characters agree are told apart by what the first rule made of them.
 */
import { canonical, canonicalQuery, canonicalTarget, payload, type Payload, type Sha256 } from './payload.ts';
import { pathOf, queryOf, readQuery } from './query.ts';
import { payloadType } from './rule-types.ts';

/** A rule that matched, reduced to what identity needs. */
interface Finding {
  readonly type: string;
  /** Such as `ARGS:id`. */
  readonly variable: string;
  /** The value as the record shows it. */
  readonly shown: string;
  /** Shown before the rule's transformations, but cut. */
  readonly plain: boolean;
  /** The value after transformations, in full; empty when the rule does not log it. */
  readonly transformed: string;
}

/** The request of a record. */
interface AuditRequest {
  readonly uri: string;
  header(name: string): string;
}

/**
 * @param record  one parsed line of the audit log; anything unexpected in it is passed over
 * @returns payloads in the order of the rules, each once
 */
export function modsecurityPayloads(record: unknown, sha256: Sha256): Payload[] {
  const transaction = field(record, 'transaction');
  const request = auditRequest(field(transaction, 'request'));
  const findings = leaveOutEchoes(readFindings(field(transaction, 'messages')));
  const payloads: Payload[] = [];
  for (let index = 0; index < findings.length; index++) {
    const finding = findings[index] as Finding;
    const found = payload(finding.type, finding.variable, valueOf(finding, request), sha256);
    if (!payloads.some((known) => known.fingerprint === found.fingerprint)) {
      payloads.push(found);
    }
  }
  return payloads;
}

/** At most 256 messages: CRS has some 200 rules that could match at once, and a hundred slots is the most there is. */
function readFindings(messages: unknown): Finding[] {
  const findings: Finding[] = [];
  if (!Array.isArray(messages)) {
    return findings;
  }
  for (let index = 0; index < messages.length && index < 256; index++) {
    const finding = readFinding(field(messages[index], 'details'));
    if (finding !== null) {
      findings.push(finding);
    }
  }
  return findings;
}

function readFinding(details: unknown): Finding | null {
  const tags = field(details, 'tags');
  const type = payloadType(text(details, 'ruleId'), Array.isArray(tags) ? tags.map(String) : []);
  if (type === '') {
    return null;
  }
  const logged = loggedValue(text(details, 'data'));
  const matched = matchedValue(text(details, 'match'));
  const variable = variableName(matched || logged);
  if (!isFromClient(variable)) {
    return null;
  }
  const transformed = logged !== null && variableName(logged) === variable ? logged.value : '';
  return {
    type,
    variable,
    shown: matched !== null ? matched.value : transformed,
    plain: matched !== null,
    transformed,
  };
}

interface Quoted {
  readonly variable: string;
  readonly value: string;
}

/** ``… against variable `ARGS:id' (Value: `1' UNION SELECT' )`` */
function matchedValue(match: string): Quoted | null {
  const before = 'against variable `';
  const between = "' (Value: `";
  const start = match.indexOf(before);
  const middle = start < 0 ? -1 : match.indexOf(between, start);
  if (middle < 0) {
    return null;
  }
  const end = match.lastIndexOf("' )");
  return {
    variable: match.slice(start + before.length, middle),
    value: match.slice(middle + between.length, end > middle ? end : match.length),
  };
}

/**
 * `Matched Data: ' UNION S found within ARGS:id: 1' UNION SELECT`, the form of nearly every rule of CRS; those of 944
 * end with the variable.
 */
function loggedValue(data: string): Quoted | null {
  const before = ' found within ';
  const start = data.indexOf(before);
  if (start < 0) {
    return null;
  }
  const end = data.indexOf(': ', start);
  return end < 0
    ? { variable: data.slice(start + before.length), value: '' }
    : { variable: data.slice(start + before.length, end), value: data.slice(end + 2) };
}

/** The last rule of a chain looks at what the one before it found: `MATCHED_VARS:ARGS:x`. */
function variableName(quoted: Quoted | null): string {
  return quoted === null ? '' : quoted.variable.replace(/^MATCHED_VARS:/, '');
}

/** Variables that hold what the client sent; `TX` holds what rules wrote down. */
function isFromClient(variable: string): boolean {
  return /^(?:ARGS|REQUEST|QUERY|FILES|MULTIPART|XML|JSON|PATH_INFO|FULL_REQUEST|MATCHED_VAR)/.test(variable);
}

/**
 * Leaves out what only repeats another finding of the same type: the same quote by an earlier rule, a transformed view of
 * a value that is also shown plainly or in an earlier view, and a match in a variable that contains others (930110 sees
 * `?f=../../x` in `REQUEST_URI` and in `ARGS:f`).
 */
function leaveOutEchoes(findings: readonly Finding[]): Finding[] {
  return findings.filter((finding, index) => {
    return !findings.some(
      (other, otherIndex) =>
        other.type === finding.type &&
        ((other.variable === finding.variable && isEcho(finding, other, otherIndex < index)) ||
          (containsOthers(finding.variable) && !containsOthers(other.variable))),
    );
  });
}

/** Of two findings in one variable. */
function isEcho(finding: Finding, other: Finding, otherIsEarlier: boolean): boolean {
  return finding.plain ? otherIsEarlier && other.plain && other.shown === finding.shown : otherIsEarlier || other.plain;
}

function containsOthers(variable: string): boolean {
  return /^(?:REQUEST_URI|REQUEST_URI_RAW|REQUEST_LINE|QUERY_STRING|REQUEST_BODY|FULL_REQUEST)$/.test(variable);
}

function valueOf(finding: Finding, request: AuditRequest): string {
  return (
    recover(finding, request) ||
    canonical(unescapeShown(isCut(finding) && finding.transformed !== '' ? finding.transformed : finding.shown))
  );
}

/** Canonical form of the whole value, from the request in the record; empty when it is not there. */
function recover(finding: Finding, request: AuditRequest): string {
  const colon = finding.variable.indexOf(':');
  const collection = colon < 0 ? finding.variable : finding.variable.slice(0, colon);
  const name = colon < 0 ? '' : finding.variable.slice(colon + 1);
  switch (collection) {
    case 'REQUEST_URI':
    case 'REQUEST_URI_RAW':
    case 'REQUEST_LINE':
      return canonicalTarget(request.uri);
    case 'QUERY_STRING':
      return canonicalQuery(queryOf(request.uri));
    case 'REQUEST_FILENAME':
    case 'REQUEST_BASENAME':
    case 'PATH_INFO':
      return canonical(pathOf(request.uri));
    case 'ARGS':
    case 'ARGS_GET':
      return queryValue(finding, name, request.uri);
    case 'REQUEST_HEADERS':
      return canonical(request.header(name));
    default:
      return '';
  }
}

/** Value of the query parameter that the record shows; a parameter of that name may also stand in the body. */
function queryValue(finding: Finding, name: string, uri: string): string {
  const parameters = readQuery(queryOf(uri));
  for (let index = 0; index < parameters.length; index++) {
    const parameter = parameters[index];
    if (parameter !== undefined && parameter.name === name && isShown(parameter.value, finding)) {
      return canonicalQuery(parameter.value);
    }
  }
  return '';
}

/** True when this parameter has the value that the record shows. */
function isShown(sent: string, finding: Finding): boolean {
  const value = canonicalQuery(sent);
  if (!finding.plain) {
    // What transformations leave alone.
    const letters = lettersAndDigits(value);
    return letters !== '' && letters === lettersAndDigits(canonical(unescapeShown(finding.shown)));
  }
  if (!isCut(finding)) {
    return value === canonical(unescapeShown(finding.shown));
  }
  // The cut may go through an escape or an encoding.
  const start = finding.shown.slice(0, 100).replace(/(?:\\x|%)[^\\%]{0,2}$/, '');
  return value.slice(0, canonical(unescapeShown(start)).length) === canonical(unescapeShown(start));
}

/** ModSecurity quotes 100 characters in `match`. */
function isCut(finding: Finding): boolean {
  return finding.plain && / \([0-9]+ characters omitted\)$/.test(finding.shown);
}

function lettersAndDigits(value: string): string {
  return value.replace(/[^a-z0-9]+/g, '');
}

/** Bytes that are not printable stand as `\x0d`. */
function unescapeShown(shown: string): string {
  return shown.replace(/\\x([0-9a-f][0-9a-f])/g, '%$1');
}

function auditRequest(request: unknown): AuditRequest {
  return {
    uri: text(request, 'uri'),
    header(name) {
      // Part B of the audit log; the generated configuration leaves it out, since headers carry secrets.
      const headers = field(request, 'headers');
      if (typeof headers !== 'object' || headers === null) {
        return '';
      }
      const wanted = name.toLowerCase();
      const found = Object.keys(headers).filter((key) => key.toLowerCase() === wanted)[0];
      return found === undefined ? '' : text(headers, found);
    },
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as { readonly [key: string]: unknown })[name] : undefined;
}

function text(value: unknown, name: string): string {
  const found = field(value, name);
  return typeof found === 'string' ? found : typeof found === 'number' ? String(found) : '';
}
