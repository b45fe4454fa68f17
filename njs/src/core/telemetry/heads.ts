/**
 * Exact counters from the lines that NGINX wrote, without JavaScript in the request.
 *
 * Only the counted head of a line is looked at, as bytes: making a string of a byte costs njs as much as reading ten of
 * them. Lines with the same head up to the duration belong to one group, found by comparing memory; the three numbers
 * that follow are read digit by digit. About 1.3 µs a line (njs-capabilities.md 8.5 has the idea).
 */
import {
  anyLinesCounter,
  attackedCounter,
  attacksCounter,
  bytesCounter,
  durationBoundsMs,
  durationCounter,
  durationSumCounter,
  linesCounter,
  requestsCounter,
  responsesCounter,
} from './counter-names.ts';

/** What `Buffer` offers in njs and in Node alike. */
export interface Bytes {
  readonly length: number;
  readonly [index: number]: number;
  indexOf(byte: number, from: number): number;
  compare(target: Bytes, targetStart: number, targetEnd: number, sourceStart: number, sourceEnd: number): number;
  toString(encoding: 'utf8', start: number, end: number): string;
}

/** Lines with the same head up to the duration. */
interface Group {
  readonly head: Bytes;
  readonly length: number;
  readonly application: string;
  readonly action: string;
  readonly reason: string;
  readonly types: readonly string[];
  readonly statusClass: number;
  count: number;
}

/** Sums of one reading. */
export interface HeadCounts {
  /** By head. */
  readonly groups: Record<string, Group>;
  /** Those met last: a line's group is almost always one of them, and comparing memory is cheap. */
  readonly recent: Group[];
  /** Requests by index of their duration's bound. */
  readonly durations: number[];
  durationMs: number;
  bytesIn: number;
  bytesOut: number;
  /** Request lines. */
  requests: number;
  /** Lines of any kind that are ours. */
  lines: number;
}

/** What lines may say; anything else was not written by this NGINX and is not counted. */
export interface HeadVocabulary {
  readonly applications: readonly string[];
  /** Lines that end before this Unix time in milliseconds belong to an earlier life of NGINX; 0 for none. */
  readonly sinceMs: number;
  /** Bytes of a text. */
  readonly bytes: (text: string) => Bytes;
}

export function emptyHeadCounts(): HeadCounts {
  const durations = [0];
  const bounds = durationBoundsMs();
  for (let i = 0; i < bounds.length; i++) {
    durations.push(0);
  }
  return {
    groups: {},
    recent: [],
    durations: durations,
    durationMs: 0,
    bytesIn: 0,
    bytesOut: 0,
    requests: 0,
    lines: 0,
  };
}

/**
 * Counts the whole lines among the first `length` bytes.
 *
 * @returns how many bytes were used; a torn last line is left for the next time
 */
export function countHeads(chunk: Bytes, length: number, counts: HeadCounts, vocabulary: HeadVocabulary): number {
  const bounds = durationBoundsMs();
  let start = 0;
  for (;;) {
    const end = chunk.indexOf(10, start);
    if (end < 0 || end >= length) {
      return start;
    }
    countLine(chunk, start, end, counts, vocabulary, bounds);
    start = end + 1;
  }
}

/** Adds what was counted to the counters. */
export function addHeadCounts(counts: HeadCounts, add: (counter: string, by: number) => void): void {
  const heads = Object.keys(counts.groups);
  for (let i = 0; i < heads.length; i++) {
    addGroup(counts.groups[heads[i] as string] as Group, add);
  }
  for (let i = 0; i < counts.durations.length; i++) {
    addSome(durationCounter(i), counts.durations[i] as number, add);
  }
  addSome(durationSumCounter(), counts.durationMs, add);
  addSome(bytesCounter('in'), counts.bytesIn, add);
  addSome(bytesCounter('out'), counts.bytesOut, add);
  addSome(linesCounter(), counts.requests, add);
  addSome(anyLinesCounter(), counts.lines, add);
}

function addGroup(group: Group, add: (counter: string, by: number) => void): void {
  if (group.count === 0) {
    return;
  }
  add(requestsCounter(group.application, group.action, group.reason), group.count);
  add(responsesCounter(group.application, group.statusClass), group.count);
  if (group.types.length > 0) {
    add(attackedCounter(group.application, group.action), group.count);
  }
  for (let i = 0; i < group.types.length; i++) {
    add(attacksCounter(group.application, group.types[i] as string), group.count);
  }
}

function addSome(counter: string, by: number, add: (counter: string, by: number) => void): void {
  if (by > 0) {
    add(counter, by);
  }
}

function countLine(
  chunk: Bytes,
  start: number,
  end: number,
  counts: HeadCounts,
  vocabulary: HeadVocabulary,
  bounds: readonly number[],
): void {
  const group = groupOf(chunk, start, end, counts, vocabulary);
  if (group === undefined) {
    return;
  }
  let at = start + group.length;
  let byte: number;

  let durationMs = 0;
  while ((byte = chunk[at++] as number) !== 44) {
    // Three decimals, so without the dot these are milliseconds.
    if (byte >= 48 && byte <= 57) {
      durationMs = durationMs * 10 + byte - 48;
    } else if (byte !== 46) {
      return;
    }
  }

  at += 20; // "http.request.size":
  let bytesIn = 0;
  while ((byte = chunk[at++] as number) !== 44) {
    if (byte < 48 || byte > 57) {
      return;
    }
    bytesIn = bytesIn * 10 + byte - 48;
  }

  at += 21; // "http.response.size":
  let bytesOut = 0;
  while ((byte = chunk[at++] as number) !== 44) {
    if (byte < 48 || byte > 57) {
      return;
    }
    bytesOut = bytesOut * 10 + byte - 48;
  }

  if (at >= end || (vocabulary.sinceMs > 0 && timestampMs(chunk, at, end) < vocabulary.sinceMs)) {
    return;
  }
  let bound = 0;
  while (bound < bounds.length && durationMs > (bounds[bound] as number)) {
    bound++;
  }
  group.count++;
  counts.requests++;
  counts.lines++;
  counts.durations[bound] = (counts.durations[bound] as number) + 1;
  counts.durationMs += durationMs;
  counts.bytesIn += bytesIn;
  counts.bytesOut += bytesOut;
}

/** Milliseconds at `"timestamp":1795313592.153`; 0 for anything else. */
function timestampMs(chunk: Bytes, start: number, end: number): number {
  const seconds = /^"timestamp":([0-9]{1,12}\.[0-9]{3})/.exec(chunk.toString('utf8', start, Math.min(end, start + 32)));
  return seconds === null ? 0 : Number(seconds[1]) * 1000;
}

/** The group of a line; undefined for a line that is not a whole request line of this NGINX. */
function groupOf(
  chunk: Bytes,
  start: number,
  end: number,
  counts: HeadCounts,
  vocabulary: HeadVocabulary,
): Group | undefined {
  const recent = counts.recent;
  for (let i = 0; i < recent.length; i++) {
    const group = recent[i] as Group;
    if (start + group.length < end && chunk.compare(group.head, 0, group.length, start, start + group.length) === 0) {
      return group;
    }
  }
  const line = chunk.toString('utf8', start, Math.min(end, start + 4096));
  if (!line.startsWith('{"schema":"wallguard/1","event.name":')) {
    return undefined;
  }
  const lastKey = '"http.server.request.duration":';
  const at = line.indexOf(lastKey);
  if (at < 0) {
    counts.lines++;
    return undefined;
  }
  const head = line.slice(0, at + lastKey.length);
  const group = counts.groups[head] || newGroup(head, vocabulary);
  if (group !== undefined) {
    counts.groups[head] = group;
    if (recent.length >= 8) {
      recent.shift();
    }
    recent.push(group);
  }
  return group;
}

function newGroup(head: string, vocabulary: HeadVocabulary): Group | undefined {
  const fields = headFields(head + '0}');
  if (fields === undefined) {
    return undefined;
  }
  const application = String(fields['application']);
  const action = String(fields['wallguard.action']);
  const reason = String(fields['wallguard.block.reason']);
  const types = fields['wallguard.attack.types'];
  if (
    vocabulary.applications.indexOf(application) < 0 ||
    !/^(?:allowed|detected|blocked)$/.test(action) ||
    !/^[a-z_]{0,32}$/.test(reason) ||
    !Array.isArray(types) ||
    !/^[a-z0-9_,]*$/.test(types.join(','))
  ) {
    return undefined;
  }
  const bytes = vocabulary.bytes(head);
  return {
    head: bytes,
    length: bytes.length,
    application: application,
    action: action,
    reason: reason,
    types: types as string[],
    statusClass: Math.floor(Number(fields['http.response.status_code']) / 100),
    count: 0,
  };
}

function headFields(json: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch (_notOurs) {
    return undefined;
  }
}
