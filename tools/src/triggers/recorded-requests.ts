/**
 * Malicious requests out of recorded telemetry. With engine `wallarm` the request line names the payloads; with
 * `modsecurity` the detection line does, and host and status stand in the request line of the same id.
 */
import type { Payload } from '../../../njs/src/core/triggers/payload.ts';
import {
  linesOf,
  numberIn,
  readEvents,
  textIn,
  textsIn,
  type EventLine,
  type Tally,
} from '../telemetry/read-events.ts';

/** A request with payloads, as it was recorded. */
export interface RecordedRequest {
  readonly atMs: number;
  readonly requestId: string;
  /** As the line has it: shortened or hashed when the settings say so. */
  readonly address: string;
  /** Name of the application. */
  readonly application: string;
  readonly host: string;
  /** 0 when the request line is not among the files. */
  readonly status: number;
  readonly payloads: readonly Payload[];
  /** True when a list refused it. */
  readonly refused: boolean;
  readonly allowlisted: boolean;
}

export interface Recording {
  /** In the order of time; each request once, however often its line was found. */
  readonly requests: readonly RecordedRequest[];
  /** Lines read. */
  readonly lines: number;
  /** Lines that are not telemetry: torn, or of something else. */
  readonly unreadable: number;
  /** Requests whose detection was found without their request line: host and status are not known. */
  readonly withoutRequest: number;
}

/** Name of the field that both kinds of lines have; each text is `type:fingerprint`. */
const payloadsField = 'wallguard.payloads';

/**
 * Reads files, `.gz` or not, twice where detections need their request lines.
 * @throws UserError  a file cannot be read
 */
export async function readRecording(files: readonly string[]): Promise<Recording> {
  const malicious = new Map<string, EventLine>();
  const tally: Tally = { lines: 0, unreadable: 0 };
  for await (const line of readEvents(files, [`"${payloadsField}":["`], tally)) {
    if (payloadsOf(line).length > 0) malicious.set(textIn(line, 'http.request.id'), line);
  }

  const wanted = new Set(
    [...malicious].filter(([, line]) => textIn(line, 'event.name') === 'detection').map(([id]) => id),
  );
  const requestLines = wanted.size === 0 ? new Map<string, EventLine>() : await requestLinesOf(files, wanted);
  const requests = [...malicious].map(([id, line]) =>
    recorded(line, textIn(line, 'event.name') === 'detection' ? requestLines.get(id) : line),
  );
  return {
    requests: requests.sort((one, other) => one.atMs - other.atMs),
    ...tally,
    withoutRequest: [...wanted].filter((id) => !requestLines.has(id)).length,
  };
}

/** By id, which is found in the text: of many lines few are wanted. */
async function requestLinesOf(files: readonly string[], wanted: ReadonlySet<string>): Promise<Map<string, EventLine>> {
  const found = new Map<string, EventLine>();
  for (const file of files) {
    for await (const text of linesOf(file)) {
      if (!text.includes('"event.name":"request"')) continue;
      const id = /"http\.request\.id":"([0-9a-f]{32})"/.exec(text)?.[1];
      if (id === undefined || !wanted.has(id) || found.has(id)) continue;
      try {
        found.set(id, JSON.parse(text) as EventLine);
      } catch {
        // Torn: the first reading has counted it.
      }
    }
  }
  return found;
}

function recorded(line: EventLine, request: EventLine | undefined): RecordedRequest {
  return {
    atMs: Math.round(numberIn(line, 'timestamp') * 1000),
    requestId: textIn(line, 'http.request.id'),
    address: textIn(line, 'client.address'),
    application: textIn(line, 'application') || (request === undefined ? '' : textIn(request, 'application')),
    host: request === undefined ? '' : textIn(request, 'server.address'),
    status: request === undefined ? 0 : numberIn(request, 'http.response.status_code'),
    payloads: payloadsOf(line),
    refused: request !== undefined && textIn(request, 'wallguard.block.reason') === 'denylist',
    allowlisted: request !== undefined && textIn(request, 'wallguard.list') === 'allow',
  };
}

function payloadsOf(line: EventLine): Payload[] {
  return textsIn(line, payloadsField).flatMap(readPayload);
}

/** A line has no more of a payload than its identity. */
function readPayload(text: string): Payload[] {
  const [, type = '', digits = ''] = /^([a-z0-9_]+):(\d{1,16})$/.exec(text) ?? [];
  const fingerprint = Number(digits);
  return type !== '' && fingerprint > 0 && Number.isSafeInteger(fingerprint)
    ? [{ type, point: '', value: '', fingerprint }]
    : [];
}
