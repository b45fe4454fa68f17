/**
 * Names of the counters that telemetry keeps in `wallguard_counters`. Who publishes them asks for each by name: listing
 * the zone would hold its lock.
 *
 * Label values are bounded: applications come from the settings, everything else from fixed lists.
 */

/** Requests by what became of them. Reason: one of `blockReasons` of the telemetry schema, empty when not blocked. */
export function requestsCounter(application: string, action: string, reason: string): string {
  return 'requests|' + application + '|' + action + '|' + reason;
}

/** Requests by class of their status: 1 to 5, 0 when no status was sent. */
export function responsesCounter(application: string, statusClass: number): string {
  return 'responses|' + application + '|' + statusClass;
}

/** Requests in which the engine saw an attack, by what became of them: `detected` or `blocked`. */
export function attackedCounter(application: string, action: string): string {
  return 'attacked|' + application + '|' + action;
}

/** Attacks by type; a request with two types counts in both. Types: `everyAttackType()`. */
export function attacksCounter(application: string, type: string): string {
  return 'attacks|' + application + '|' + type;
}

/**
 * Requests whose duration fell between one bound and the one before, by index into `durationBoundsMs()`; the index after
 * the last bound holds the longer ones. Not cumulative.
 */
export function durationCounter(index: number): string {
  return 'duration|' + index;
}

/** Sum of all durations in milliseconds. */
export function durationSumCounter(): string {
  return 'duration|sum';
}

/** Upper bounds, inclusive. Source: OpenTelemetry, advisory bounds of `http.server.request.duration`. */
export function durationBoundsMs(): number[] {
  return [5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];
}

/** Bytes received from and sent to clients, request line, status line, headers and bodies. */
export function bytesCounter(direction: 'in' | 'out'): string {
  return 'bytes|' + direction;
}

/**
 * Events that were lost, by stage: `file`, NGINX served the request and its line cannot be read back; `outbox`, a line
 * of njs found no room; `audit`, a record of the engine could not be understood.
 */
export function droppedCounter(stage: 'file' | 'outbox' | 'audit'): string {
  return 'dropped|' + stage;
}

/**
 * Requests that NGINX served and for which no line was read, lost ones included: those of servers without wallguard, of
 * locations with an `access_log` of their own, and of the monitor itself.
 */
export function withoutEventCounter(): string {
  return 'without_event';
}

/** Request lines read back. */
export function linesCounter(): string {
  return 'lines|request';
}

/** Lines of any kind, wallguard's own among them. */
export function anyLinesCounter(): string {
  return 'lines|any';
}

/** Requests to wallguard's own servers, which never have a line. */
export function ownRequestsCounter(): string {
  return 'own|requests';
}

/** Runs of periodic tasks: NGINX counts each as a request. */
export function periodicRunsCounter(): string {
  return 'own|runs';
}

/** Changes of the lists. Source: `manual`, or a trigger of the settings. */
export function listChangesCounter(list: string, operation: string, source: string): string {
  return 'list|' + list + '|' + operation + '|' + source;
}

/** How often a trigger fired; firings that it only observed are counted apart. */
export function firedCounter(trigger: string, outcome: string): string {
  return 'fired|' + trigger + '|' + outcome;
}

/** Webhooks, by what became of them: `sent`, `failed` (and tried again), `dropped`. */
export function webhooksCounter(outcome: string): string {
  return 'webhooks|' + outcome;
}
