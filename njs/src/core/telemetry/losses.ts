/**
 * Finds lost lines: NGINX's own count of requests is compared with the lines that were read back.
 *
 * Lines lag behind requests (buffers, reading), so lines are held against the requests that had ended `lagMs` earlier:
 * by then their lines must be there. More lines than that prove nothing, since they may be of later requests; so what
 * is missing is never overstated, and it is exact once traffic pauses.
 *
 * A missing line need not be lost: servers without wallguard, and locations with an access log of their own, serve
 * requests too. So when requests go missing and no line of any kind arrives, one heartbeat is sent the way that every
 * line takes. If it arrives, the sinks work and what is missing was never to have a line; if it does not, it is lost.
 */

export interface LossState {
  /** Requests that ended before watching began, less the lines read by then. */
  readonly base: number;
  /** Samples not older than needed: Unix milliseconds and requests ended by then. */
  readonly samples: readonly (readonly [number, number])[];
  /** Missing requests that were judged already. */
  readonly judged: number;
  /** Lines of any kind at the last look. */
  readonly anyLines: number;
  /** When the last heartbeat was sent; 0 when none is awaited. */
  readonly heartbeatAtMs: number;
  /** No line arrived although one was sent. */
  readonly isBroken: boolean;
  /**
   * Requests without a line when lines came back after an outage. Those of them that still have none when they are
   * settled were lost as well.
   */
  readonly suspects: number;
}

/** One look at NGINX and at the log. */
export interface LossSample {
  readonly atMs: number;
  /** Requests that ended, without wallguard's own. */
  readonly ended: number;
  readonly requestLines: number;
  readonly anyLines: number;
  /** Everything that was written has been read. */
  readonly isReadUp: boolean;
  /** NGINX was started just now, so that its count and the lines began together. */
  readonly isFresh: boolean;
}

export interface LossVerdict {
  readonly state: LossState;
  /** Requests whose lines were found lost now. */
  readonly lost: number;
  /** Requests found without a line now, lost ones included. */
  readonly withoutEvent: number;
  /** A heartbeat is to be sent. */
  readonly heartbeat: boolean;
}

/**
 * @param before  undefined at the first look
 * @param lagMs   how long a line may take from the end of its request until it is counted
 */
export function judgeLosses(before: LossState | undefined, now: LossSample, lagMs: number): LossVerdict {
  if (before === undefined) {
    return { state: beginning(now), lost: 0, withoutEvent: 0, heartbeat: false };
  }
  const samples = before.samples.concat([[now.atMs, now.ended]]);
  while (samples.length > 1 && (samples[1] as readonly [number, number])[0] <= now.atMs - lagMs) {
    samples.shift();
  }
  const settled = samples[0] as readonly [number, number];
  const isSettled = now.isReadUp && settled[0] <= now.atMs - lagMs;
  const missing = isSettled ? Math.max(0, settled[1] - before.base - now.requestLines - before.judged) : 0;

  const arrived = now.anyLines > before.anyLines;
  const overdue = !arrived && before.heartbeatAtMs > 0 && now.atMs - before.heartbeatAtMs > lagMs;
  const isBroken = !arrived && (before.isBroken || (overdue && missing > 0));
  const open = Math.max(0, now.ended - before.base - now.requestLines - before.judged);
  const suspects = before.isBroken && arrived ? open : open === 0 ? 0 : before.suspects;
  const lost = isBroken ? missing : Math.min(missing, suspects);
  const judged = isBroken || arrived ? missing : lost;
  const heartbeat = isBroken ? overdue : !arrived && missing > lost && before.heartbeatAtMs === 0;
  return {
    state: {
      base: before.base,
      samples: samples,
      judged: before.judged + judged,
      anyLines: now.anyLines,
      heartbeatAtMs: heartbeat ? now.atMs : arrived || (overdue && !isBroken) ? 0 : before.heartbeatAtMs,
      isBroken: isBroken,
      suspects: isBroken ? 0 : suspects - lost,
    },
    lost: lost,
    withoutEvent: judged,
    heartbeat: heartbeat,
  };
}

function beginning(now: LossSample): LossState {
  return {
    base: now.isFresh ? 0 : now.ended - now.requestLines,
    samples: [[now.atMs, now.ended]],
    judged: 0,
    anyLines: now.anyLines,
    heartbeatAtMs: 0,
    isBroken: false,
    suspects: 0,
  };
}
