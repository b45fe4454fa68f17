import type { StatusFinding, StatusReport, Verdict } from '../../../../schema/status.ts';
import type { Answer, StatusValues } from './answer.ts';
import { finding, type ServiceContext } from './findings.ts';
import { compare, type History } from './history.ts';
import { recognise } from './recognise.ts';

/** One poll of the statistics service and what it means; kept in the cache as JSON. */
export interface Observation {
  /** Unix milliseconds; 0 when there was no poll. */
  readonly polledAtMs: number;
  readonly durationMs: number;
  /** 0 when no HTTP answer came. */
  readonly httpStatus: number;
  /** Empty when the answer was not the statistics of a node. */
  readonly values: StatusValues;
  /** Worst first. */
  readonly findings: readonly StatusFinding[];
}

/** What one poll brought, with the surroundings it is judged by. */
export interface PollResult {
  readonly answer: Answer;
  readonly atMs: number;
  readonly durationMs: number;
  /** See `Poll.served`. */
  readonly served: number;
  readonly settleMs: number;
}

/**
 * Judges one poll by itself and by those before it.
 *
 * @param before  undefined at the first poll that brought statistics
 * @returns       `history` is the one to keep: the old one when this poll brought no statistics
 */
export function observe(
  result: PollResult,
  before: History | undefined,
  context: ServiceContext,
): { readonly observation: Observation; readonly history: History | undefined } {
  const recognised = recognise(result.answer, context);
  let findings = recognised.findings;
  let history = before;
  if (recognised.values['startid'] !== undefined) {
    const compared = compare(
      before,
      { values: recognised.values, atMs: result.atMs, served: result.served, settleMs: result.settleMs },
      context,
    );
    findings = findings.concat(compared.findings);
    history = compared.history;
  }
  return {
    observation: {
      polledAtMs: result.atMs,
      durationMs: result.durationMs,
      httpStatus: result.answer.outcome === 'answered' ? result.answer.status : 0,
      values: recognised.values,
      findings: worstFirst(findings),
    },
    history: history,
  };
}

/** What is told when no poll could be made and none of another worker ended in time. */
export function unknownObservation(context: ServiceContext): Observation {
  return {
    polledAtMs: 0,
    durationMs: 0,
    httpStatus: 0,
    values: {},
    findings: [finding('status-unknown', 'another worker is polling and has not ended', context)],
  };
}

/** True when the answer was the statistics of a node: what a scraper calls `up`. */
export function isUp(observation: Observation): boolean {
  return observation.values['startid'] !== undefined;
}

export function verdict(observation: Observation): Verdict {
  if (observation.polledAtMs === 0) {
    return 'unknown';
  }
  const worst = observation.findings[0];
  return worst !== undefined && worst.severity === 'error' ? 'broken' : 'ok';
}

/** Status code of `/status`: 200 only for `ok`, so that a probe need not read the body. */
export function reportStatus(given: Verdict): 200 | 503 {
  return given === 'ok' ? 200 : 503;
}

/** The body of `/status`. */
export function report(observation: Observation, version: string, context: ServiceContext): StatusReport {
  return {
    schema: 'wallguard-status/1',
    verdict: verdict(observation),
    version: version,
    engine: context.engine,
    service: {
      url: context.url,
      polled_at: observation.polledAtMs === 0 ? '' : new Date(observation.polledAtMs).toISOString(),
      duration_ms: observation.durationMs,
      http_status: observation.httpStatus,
      startid: observation.values['startid'] || '',
    },
    findings: observation.findings,
  };
}

function worstFirst(findings: readonly StatusFinding[]): StatusFinding[] {
  return findings
    .filter(function (found) {
      return found.severity === 'error';
    })
    .concat(
      findings.filter(function (found) {
        return found.severity === 'warning';
      }),
      findings.filter(function (found) {
        return found.severity === 'info';
      }),
    );
}
