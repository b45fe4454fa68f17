import type { StatusFinding } from '../../../../schema/status.ts';
import type { StatusValues } from './answer.ts';
import { finding, type ServiceContext } from './findings.ts';

/** What is remembered from earlier polls. Times are Unix milliseconds. */
export interface History {
  readonly startid: string;
  /** The one before the last restart; empty when none was seen. */
  readonly formerStartid: string;
  readonly restartedAtMs: number;
  readonly polledAtMs: number;
  readonly requests: string;
  /** Since when `requests` has had this value. */
  readonly requestsSinceMs: number;
  /**
   * Requests that NGINX had served once {@link Poll.settleMs} were over without a change of `requests`; -1 before that.
   * The wait is there because NGINX writes its log later than the node counts.
   */
  readonly servedThen: number;
  readonly faults: { readonly [key: string]: FaultHistory };
}

interface FaultHistory {
  readonly value: number;
  readonly grewBy: number;
  readonly grewAtMs: number;
}

/** A poll that brought the statistics of a node. */
export interface Poll {
  readonly values: StatusValues;
  readonly atMs: number;
  /** Requests served so far on protected servers whose mode is not off; -1 when the node's count is not compared. */
  readonly served: number;
  /** How long the count of served requests may lag behind the node. */
  readonly settleMs: number;
}

/**
 * Compares a poll with earlier ones.
 *
 * @param before  undefined at the first poll
 * @see wallarm-node.md 1.4 (kinds), 10.3, 10.4, 10.7
 */
export function compare(
  before: History | undefined,
  poll: Poll,
  context: ServiceContext,
): { readonly history: History; readonly findings: readonly StatusFinding[] } {
  // Fewer served requests are no proof: some never reach the node, such as redirects.
  const frozenAfterServed = 20;
  // Requests may take long, and the node may note the time when they begin.
  const staleAfterMs = 60000;
  const history = advance(before, poll);
  const findings: StatusFinding[] = [];
  if (history.formerStartid !== '' && poll.atMs - history.restartedAtMs < toldForMs()) {
    findings.push(
      finding('status-restarted', 'startid ' + history.formerStartid + ' became ' + history.startid, context),
    );
  }
  if (history.servedThen >= 0 && poll.served - history.servedThen >= frozenAfterServed) {
    const seconds = Math.round((poll.atMs - history.requestsSinceMs) / 1000);
    findings.push(
      finding(
        'status-frozen',
        `requests stayed ${history.requests} for ${seconds} s while NGINX served ${poll.served - history.servedThen} requests`,
        context,
      ),
    );
  }
  if (before !== undefined && before.startid === history.startid && grew(before, history)) {
    const timestampMs = Number(poll.values['timestamp']) * 1000;
    if (timestampMs < before.polledAtMs - staleAfterMs) {
      findings.push(
        finding(
          'status-stale',
          `requests grew from ${before.requests} to ${history.requests} since ${isoTime(before.polledAtMs)}, timestamp ${isoTime(timestampMs)}`,
          context,
        ),
      );
    }
  }
  addFault(findings, 'postanalytics-errors', 'tnt_errors', history, poll.atMs, context);
  addFault(findings, 'segfaults', 'segfaults', history, poll.atMs, context);
  return { history: history, findings: findings };
}

/** What was seen once is told for this long, so that every scraper gets to see it. */
function toldForMs(): number {
  return 600000;
}

function addFault(
  findings: StatusFinding[],
  code: 'postanalytics-errors' | 'segfaults',
  key: string,
  history: History,
  nowMs: number,
  context: ServiceContext,
): void {
  const fault = history.faults[key];
  if (fault !== undefined && fault.grewBy > 0 && nowMs - fault.grewAtMs < toldForMs()) {
    findings.push(
      finding(code, `${key} grew by ${fault.grewBy} to ${fault.value}, last seen ${isoTime(fault.grewAtMs)}`, context),
    );
  }
}

function advance(before: History | undefined, poll: Poll): History {
  const startid = poll.values['startid'] as string;
  const requests = poll.values['requests'] as string;
  const restarted = before !== undefined && before.startid !== startid;
  if (before === undefined || restarted) {
    return {
      startid: startid,
      formerStartid: before === undefined ? '' : before.startid,
      restartedAtMs: restarted ? poll.atMs : 0,
      polledAtMs: poll.atMs,
      requests: requests,
      requestsSinceMs: poll.atMs,
      servedThen: -1,
      faults: { tnt_errors: fault(undefined, poll, 'tnt_errors'), segfaults: fault(undefined, poll, 'segfaults') },
    };
  }
  const same = before.requests === requests;
  return {
    startid: startid,
    formerStartid: before.formerStartid,
    restartedAtMs: before.restartedAtMs,
    polledAtMs: poll.atMs,
    requests: requests,
    requestsSinceMs: same ? before.requestsSinceMs : poll.atMs,
    servedThen: same ? settled(before, poll) : -1,
    faults: {
      tnt_errors: fault(before.faults['tnt_errors'], poll, 'tnt_errors'),
      segfaults: fault(before.faults['segfaults'], poll, 'segfaults'),
    },
  };
}

/** Served requests to compare with; a count that went down was itself reset. */
function settled(before: History, poll: Poll): number {
  if (poll.served < 0 || poll.atMs - before.requestsSinceMs < poll.settleMs) {
    return -1;
  }
  return before.servedThen < 0 || poll.served < before.servedThen ? poll.served : before.servedThen;
}

function fault(before: FaultHistory | undefined, poll: Poll, key: string): FaultHistory {
  const value = Number(poll.values[key] || 0);
  if (before === undefined || value < before.value) {
    return { value: value, grewBy: 0, grewAtMs: 0 };
  }
  return value > before.value
    ? { value: value, grewBy: value - before.value, grewAtMs: poll.atMs }
    : { value: value, grewBy: before.grewBy, grewAtMs: before.grewAtMs };
}

function grew(before: History, now: History): boolean {
  return Number(now.requests) > Number(before.requests);
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
