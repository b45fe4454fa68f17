/** What was counted of one application since NGINX started. */
export interface ApplicationTraffic {
  readonly id: number;
  readonly name: string;
  /** False when its filtration mode is `off`. */
  readonly inspected: boolean;
  readonly allowed: number;
  readonly detected: number;
  readonly blocked: readonly Count[];
  /** By attack type; one request may have several. */
  readonly attacks: readonly Count[];
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** How often something with this name was counted. */
export interface Count {
  readonly of: string;
  readonly count: number;
}

/** All applications, and what is counted for the whole. */
export interface Traffic {
  readonly applications: readonly ApplicationTraffic[];
  readonly durations: Durations;
  /** Events that were lost, by stage. */
  readonly dropped: readonly Count[];
  /** Unix seconds of the last request that was counted; 0 before the first. */
  readonly lastRequestAt: number;
}

/** Durations of requests. */
export interface Durations {
  /** Upper bounds in seconds, ascending; a last bucket without bound follows. */
  readonly bounds: readonly number[];
  /** Requests in each bucket alone, one more than bounds. */
  readonly counts: readonly number[];
  readonly sumSeconds: number;
}

export function sumOf(counts: readonly Count[]): number {
  return counts.reduce(function (sum, count) {
    return sum + count.count;
  }, 0);
}

export function countOf(counts: readonly Count[], name: string): number {
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] as Count;
    if (count.of === name) {
      return count.count;
    }
  }
  return 0;
}

export function requestsOf(application: ApplicationTraffic): number {
  return application.allowed + application.detected + sumOf(application.blocked);
}

/** Requests that a Wallarm node would count too: its mode is not off, and wallguard did not refuse them before it. */
export function inspectedRequests(traffic: Traffic): number {
  return traffic.applications.reduce(function (sum, application) {
    return application.inspected ? sum + requestsOf(application) - countOf(application.blocked, 'status_guard') : sum;
  }, 0);
}
