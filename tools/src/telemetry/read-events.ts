import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { UserError } from '../io.ts';

/** What was read of telemetry files, counted while reading. */
export interface Tally {
  lines: number;
  /** Lines that are not telemetry: torn, or of something else. */
  unreadable: number;
}

/** A line as it stands: keys of `schema/telemetry.ts`, those of a newer wallguard included. */
export type EventLine = Readonly<Record<string, unknown>>;

/** No line of ours comes near it; a file without newlines must not fill the memory. */
const longestLine = 1 << 20;

/**
 * Lines of a file, `.gz` or not. Bytes that are no UTF-8 become U+FFFD. A line ends with a newline and nothing else, since
 * JSON may hold every other character that some take for one. Of a `.gz` that ends too early, because it is still being
 * written, what is there is read.
 *
 * @throws UserError when the file cannot be read
 */
export async function* linesOf(file: string): AsyncGenerator<string> {
  const raw = createReadStream(file);
  const input = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw;
  // A pipe does not hand errors on.
  raw.once('error', (error) => input.destroy(error));
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for await (const chunk of input as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = (lines.pop() ?? '').slice(0, longestLine);
      yield* lines;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'Z_BUF_ERROR') {
      throw new UserError(`cannot read ${file}: ${(error as Error).message}`, undefined, { cause: error });
    }
  } finally {
    raw.destroy();
  }
  if (rest !== '') yield rest;
}

/**
 * Telemetry lines that contain one of the texts, in the order of the files. Other lines are counted, and looked at only
 * as far as it takes to tell a torn one: most of a file is clean traffic that nobody asked for.
 */
export async function* readEvents(
  files: readonly string[],
  texts: readonly string[],
  tally: Tally,
): AsyncGenerator<EventLine> {
  for (const file of files) {
    for await (const line of linesOf(file)) {
      if (line === '') continue;
      tally.lines++;
      if (!/^\{"schema":"wallguard\/\d+",/.test(line) || !line.endsWith('}')) {
        tally.unreadable++;
        continue;
      }
      if (!texts.some((text) => line.includes(text))) continue;
      const event = parsed(line);
      if (event === undefined) {
        tally.unreadable++;
      } else {
        yield event;
      }
    }
  }
}

/** A line that was cut short on a full disk has the next one right behind it, with no newline between. */
function parsed(line: string): EventLine | undefined {
  for (const text of [line, line.slice(line.lastIndexOf('{"schema":"wallguard/'))]) {
    try {
      return JSON.parse(text) as EventLine;
    } catch {
      // The other one, then.
    }
  }
  return undefined;
}

/** A request with all that is known of it, values in their plain form. */
export interface FoundRequest {
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly started: string;
  readonly ended: string;
  readonly durationSeconds: number;
  /** Absent when its own line is not among the files. */
  readonly request: EventLine | undefined;
  readonly detections: readonly EventLine[];
  readonly upstream: { readonly addresses: string[]; readonly statuses: string[]; readonly seconds: string[] };
  /** Such as `1.1`. */
  readonly protocolVersion: string;
}

/** Puts the lines of one request together. */
export function assemble(id: string, lines: readonly EventLine[]): FoundRequest {
  const request = lines.find((line) => line['event.name'] === 'request');
  const detections = lines.filter((line) => line['event.name'] === 'detection');
  const end = numberIn(request ?? detections[0] ?? {}, 'timestamp');
  const duration = request === undefined ? 0 : numberIn(request, 'http.server.request.duration');
  return {
    id,
    started: isoTime(end - duration),
    ended: isoTime(end),
    durationSeconds: duration,
    request,
    detections,
    upstream: {
      addresses: upstreamList(textIn(request ?? {}, 'upstream.address')),
      statuses: upstreamList(textIn(request ?? {}, 'upstream.status')),
      seconds: upstreamList(textIn(request ?? {}, 'upstream.duration')),
    },
    protocolVersion: textIn(request ?? {}, 'network.protocol.version').replace(/^HTTP\//, ''),
  };
}

/** Text under a key; empty when there is none. */
export function textIn(line: EventLine, key: string): string {
  const value = line[key];
  return typeof value === 'string' ? value : '';
}

/** Number under a key; 0 when there is none. */
export function numberIn(line: EventLine, key: string): number {
  const value = line[key];
  return typeof value === 'number' ? value : 0;
}

/** Texts under a key; none when there are none. */
export function textsIn(line: EventLine, key: string): string[] {
  const value = line[key];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** NGINX separates servers by `, ` and groups of servers, after an internal redirect, by ` : `. */
function upstreamList(text: string): string[] {
  return text === '' ? [] : text.split(/, | : /);
}

function isoTime(seconds: number): string {
  const time = new Date(Math.round(seconds * 1000));
  return Number.isNaN(time.getTime()) ? '' : time.toISOString();
}
