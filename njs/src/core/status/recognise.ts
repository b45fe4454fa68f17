import { statusKeys, type StatusFinding, type StatusKey } from '../../../../schema/status.ts';
import { readStatusBody, type Answer, type StatusValues } from './answer.ts';
import { finding, type ServiceContext } from './findings.ts';

/** One poll, judged by itself. */
export interface Recognised {
  readonly findings: readonly StatusFinding[];
  /** Empty when the answer was not the statistics of a node. */
  readonly values: StatusValues;
}

/**
 * Tells in which way the statistics service is broken, from one answer.
 *
 * @see wallarm-node.md 1.8, 10.4
 */
export function recognise(answer: Answer, context: ServiceContext): Recognised {
  if (answer.outcome !== 'answered') {
    return broken(finding(codeOfFailure(answer.outcome), answer.message, context));
  }
  const evidence = 'HTTP ' + answer.status + ', ' + (answer.contentType || 'no content type') + ': ' + answer.body;
  if (answer.status !== 200) {
    return broken(finding(codeOfStatus(answer.status), evidence, context));
  }
  const body = readStatusBody(answer.body);
  switch (body.form) {
    case 'html':
      return broken(finding('status-html', evidence, context));
    case 'prometheus':
      return broken(finding('status-prometheus', evidence, context));
    case 'truncated':
      // The end tells more than the start: that is where it was cut.
      return broken(
        finding('status-truncated', answer.body.length + ' characters, the last: ' + answer.body.slice(-120), context),
      );
    case 'invalid':
      return broken(finding('status-invalid-json', evidence, context));
    case 'status':
      return judgeValues(body.values, answer.body, context);
  }
}

function codeOfFailure(outcome: 'refused' | 'timeout' | 'cut' | 'failed') {
  switch (outcome) {
    case 'refused':
      return 'status-refused';
    case 'timeout':
      return 'status-timeout';
    case 'cut':
      return 'status-truncated';
    case 'failed':
      return 'status-unreadable';
  }
}

function codeOfStatus(status: number) {
  switch (status) {
    case 404:
      return 'status-not-found';
    case 403:
      return 'status-forbidden';
    default:
      return 'status-unexpected-code';
  }
}

function broken(found: StatusFinding): Recognised {
  return { findings: [found], values: {} };
}

function judgeValues(values: StatusValues, body: string, context: ServiceContext): Recognised {
  const keys = statusKeys();
  const coreMissing = missing(keys, values, function (key) {
    return key.core === true;
  });
  if (coreMissing.length > 0) {
    const evidence = 'missing: ' + coreMissing.join(', ') + '; body: ' + body;
    return broken(finding('status-keys-missing', evidence, context));
  }
  const findings: StatusFinding[] = [];
  if (context.generation !== 0) {
    const others = missing(keys, values, function (key) {
      return isPromised(key, context.nodeVersion);
    });
    if (others.length > 0) {
      findings.push(finding('status-keys-differ', 'missing: ' + others.join(', '), context));
    }
  }
  const failed = values['proton_instances.failed'];
  if (failed !== undefined && failed !== '0') {
    findings.push(finding('rulesets-failed', 'proton_instances.failed ' + failed, context));
  }
  const fallback = values['proton_instances.fallback'];
  if (fallback !== undefined && fallback !== '0') {
    findings.push(finding('rulesets-fallback', 'proton_instances.fallback ' + fallback, context));
  }
  return { findings: findings, values: values };
}

function missing(keys: readonly StatusKey[], values: StatusValues, wanted: (key: StatusKey) => boolean): string[] {
  const names: string[] = [];
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as StatusKey;
    if (wanted(key) && values[key.path] === undefined) {
      names.push(key.path);
    }
  }
  return names;
}

/** True when the documents promise the key for this version: `6` alone promises it from 7.0 on. */
function isPromised(key: StatusKey, version: string): boolean {
  if (key.optional === true || (key.until !== undefined && compareVersions(version, key.until) >= 0)) {
    return false;
  }
  if (key.since === '') {
    return true;
  }
  const since = key.since.indexOf('.') < 0 ? String(Number(key.since) + 1) : key.since;
  return compareVersions(version, since) >= 0;
}

/** Negative when `left` is older. Missing parts count as 0. */
function compareVersions(left: string, right: string): number {
  const a = left.split('.');
  const b = right.split('.');
  for (let i = 0; i < 3; i++) {
    const difference = Number(a[i] || 0) - Number(b[i] || 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}
