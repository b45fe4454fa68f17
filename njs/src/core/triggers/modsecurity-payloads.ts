/**
 * Payloads from a record of ModSecurity's JSON audit log (njs-capabilities.md 7): the type that a rule stands for, and
 * the value of the variable in which it matched. Several rules that match in one value are one payload per type.
 *
 * The record shows values in two ways. `match` quotes the first 100 characters of the value as the application will see
 * it; `data` quotes all of it, but after the rule's transformations, so that rules differ. The request target in the
 * record has query parameters and the path in full, and is preferred.
 */
import { canonical, canonicalQuery, canonicalTarget, payload, type Payload, type Sha256 } from './payload.ts';
import { decodeOnce, pathOf, queryOf, readQuery } from './query.ts';
import { typeOfRule } from './rule-types.ts';

/** A rule that matched, reduced to what identity needs. */
interface Finding {
  readonly type: string;
  /** Such as `ARGS:id`. */
  readonly variable: string;
  /** The value as the record shows it. */
  readonly shown: string;
  /** Shown before the rule's transformations; at most 100 characters then. */
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
  const type = typeOfRule(text(details, 'ruleId'), Array.isArray(tags) ? tags.map(String) : []);
  if (type === '') {
    return null;
  }
  const logged = loggedValue(text(details, 'data'));
  const matched = matchedValue(text(details, 'match'));
  const variable = matched !== null ? matched.variable : logged !== null ? logged.variable : '';
  if (!isFromClient(variable)) {
    return null;
  }
  const transformed = logged !== null && logged.variable === variable ? logged.value : '';
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

/** `Matched Data: ' UNION S found within ARGS:id: 1' UNION SELECT`, the form of every rule of CRS. */
function loggedValue(data: string): Quoted | null {
  const before = ' found within ';
  const start = data.indexOf(before);
  const end = start < 0 ? -1 : data.indexOf(': ', start);
  return end < 0 ? null : { variable: data.slice(start + before.length, end), value: data.slice(end + 2) };
}

function isFromClient(variable: string): boolean {
  return /^(?:ARGS|REQUEST|QUERY|FILES|MULTIPART|XML|JSON|PATH_INFO|FULL_REQUEST)/.test(variable);
}

/**
 * Leaves out what only repeats another finding of the same type: a transformed view of a value that is also shown
 * plainly, and a match in a variable that contains others (930110 sees `?f=../../x` in `REQUEST_URI` and in `ARGS:f`).
 */
function leaveOutEchoes(findings: readonly Finding[]): Finding[] {
  return findings.filter((finding) => {
    return !findings.some(
      (other) =>
        other.type === finding.type &&
        ((other.plain && !finding.plain && other.variable === finding.variable) ||
          (containsOthers(finding.variable) && !containsOthers(other.variable))),
    );
  });
}

function containsOthers(variable: string): boolean {
  return /^(?:REQUEST_URI|REQUEST_URI_RAW|REQUEST_LINE|QUERY_STRING|REQUEST_BODY|FULL_REQUEST)$/.test(variable);
}

function valueOf(finding: Finding, request: AuditRequest): string {
  const recovered = recover(finding, request);
  if (recovered !== '') {
    return recovered;
  }
  // A hundred characters of padding must not make different values look the same.
  const cut = finding.plain && finding.shown.length >= 100 && finding.transformed !== '';
  return canonical(unescapeShown(cut ? finding.transformed : finding.shown));
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

/** True when the record shows this value: its beginning if it is shown plainly, else the same letters and digits. */
function isShown(sent: string, finding: Finding): boolean {
  if (finding.plain) {
    const start = /^[\x20-\x5b\x5d-\x7e]{0,100}/.exec(finding.shown);
    return start !== null && decodeOnce(sent).slice(0, start[0].length) === start[0];
  }
  return lettersAndDigits(canonicalQuery(sent)) === lettersAndDigits(canonical(finding.shown));
}

function lettersAndDigits(value: string): string {
  return value.replace(/[^a-z0-9]+/g, '');
}

/** Bytes that are not printable stand as `\x0d` in `match`. */
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
