/**
 * A fake of the control API: the contract of `schema/control.ts` kept in this process's memory, on a unix socket. It
 * lets the command line be tested without NGINX; what NGINX itself answers is tested in `test/nginx`.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { isLive, entryProblem, mergeEntry, normalAddress } from '../../../njs/src/core/lists/entry.ts';
import { preconfiguredTrigger } from '../../../njs/src/core/triggers/preconfigured.ts';
import {
  largestControlBodyBytes,
  largestPage,
  type AddRequest,
  type ExplainAnswer,
  type RemoveRequest,
  type TriggerOverlay,
} from '../../../schema/control.ts';
import { listNames, type ListChange, type ListEntry, type ListName, type Trigger } from '../../../schema/lists.ts';

export interface FakeControlServer {
  readonly entries: ListEntry[];
  readonly changes: ListChange[];
  readonly overlays: Map<string, TriggerOverlay>;
  /** What `/v1/explain` says beside the list; by address. */
  readonly explanations: Map<string, Partial<ExplainAnswer>>;
  /** `POST /v1/lists/deny 1234`: method, path and body size of each request. */
  readonly asked: string[];
  /** Refuses every `POST`, as a full zone would. */
  full: boolean;
  close(): Promise<void>;
}

interface Refusal {
  readonly status: number;
  readonly error: string;
  readonly message: string;
}

export async function fakeControlServer(socketPath: string): Promise<FakeControlServer> {
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      fake.asked.push(`${request.method} ${request.url} ${body.length}`);
      let status = 200;
      let answer: unknown;
      try {
        answer =
          body.length > largestControlBodyBytes
            ? refuse(413, 'too_large', 'the request is too large')
            : route(fake, request.method ?? '', new URL(request.url ?? '', 'http://fake'), body);
      } catch (error) {
        const refusal = error as Refusal;
        status = refusal.status;
        answer = { error: refusal.error, message: refusal.message };
      }
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  const fake: FakeControlServer = {
    entries: [],
    changes: [],
    overlays: new Map(),
    explanations: new Map(),
    asked: [],
    full: false,
    close: () => closed(server),
  };
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return fake;
}

/** A server that is not wallguard, or does not answer at all. */
export async function otherServer(
  socketPath: string,
  answer: { status: number; body: string } | 'silence',
): Promise<{ close(): Promise<void> }> {
  const server = createServer((_request, response) => {
    if (answer !== 'silence') response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return { close: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function refuse(status: number, error: string, message: string): never {
  throw { status, error, message } satisfies Refusal;
}

function route(fake: FakeControlServer, method: string, { pathname, searchParams }: URL, body: Buffer): unknown {
  const nowMs = Date.now();
  const [, version, thing, name = ''] = pathname.split('/');
  if (version !== 'v1') refuse(404, 'unknown_path', 'there is no such path');
  const parsed = body.length === 0 ? {} : (JSON.parse(body.toString()) as unknown);
  switch (`${method} ${thing}`) {
    case 'GET lists': {
      const after = searchParams.get('after') ?? '';
      const limit = Math.min(Number(searchParams.get('limit') ?? largestPage), largestPage);
      const list = readList(name);
      const following = fake.entries
        .filter((entry) => entry.list === list && isLive(entry, nowMs) && entry.address > after)
        .sort((one, other) => (one.address < other.address ? -1 : 1));
      const page = following.slice(0, limit);
      return { list, entries: page, next: following.length > limit ? page.at(-1)?.address : '' };
    }
    case 'POST lists':
      return addEntries(fake, readList(name), parsed as AddRequest, nowMs);
    case 'DELETE lists': {
      const list = readList(name);
      const address = normalAddress(searchParams.get('address') ?? '');
      const { author, reason = '' } = parsed as RemoveRequest;
      const removed = fake.entries.filter((entry) => entry.list === list && entry.address === address);
      if (removed.length === 0) refuse(404, 'not_listed', 'the address is not on the list');
      fake.entries.splice(0, Infinity, ...fake.entries.filter((entry) => !removed.includes(entry)));
      fake.changes.unshift(
        ...removed.map((entry) => ({ atMs: nowMs, operation: 'remove' as const, entry, author, reason })),
      );
      return {};
    }
    case 'GET history':
      return { changes: fake.changes.slice(0, Number(searchParams.get('limit'))) };
    case 'GET triggers':
      return { triggers: [triggerState(fake)] };
    case 'PUT triggers':
      if (name !== 'default') refuse(404, 'unknown_trigger', `there is no trigger ${name}; there is: default`);
      fake.overlays.set(name, { ...fake.overlays.get(name), ...(parsed as TriggerOverlay) });
      return {};
    case 'DELETE triggers':
      if (!fake.overlays.delete(name)) refuse(404, 'no_overlay', `${name} is as the settings have it`);
      return {};
    case 'GET explain': {
      const address = normalAddress(searchParams.get('address') ?? '');
      if (address === null) return refuse(400, 'bad_address', 'not an address');
      const listed = fake.entries.find((entry) => entry.address === address) ?? null;
      return { address, source: address, listed, triggers: [], hits: [], ...fake.explanations.get(address) };
    }
    case 'GET counters':
      return { 'requests|shop|allowed|': 7 };
    default:
      return refuse(405, 'bad_method', `${method} is not possible here`);
  }
}

function addEntries(fake: FakeControlServer, list: ListName, { entries, author }: AddRequest, nowMs: number): unknown {
  if (fake.full) refuse(507, 'zone_full', 'the zone of the lists is full; enlarge lists.zone');
  const added = entries.map(({ address, applications = [], periodMs = 3_600_000, reason = '' }): ListEntry => {
    const expiresMs = periodMs === 0 ? 0 : nowMs + periodMs;
    const normal = normalAddress(address) ?? address;
    return { list, address: normal, applications, expiresMs, createdMs: nowMs, reason, source: 'manual', author };
  });
  for (const entry of added) {
    const problem = entryProblem(entry, nowMs);
    if (problem !== '') refuse(400, 'bad_entry', `${entry.address}: ${problem}`);
  }
  for (const entry of added) {
    const same = fake.entries.filter((one) => one.list === list && one.address === entry.address);
    const others = fake.entries.filter((one) => !same.includes(one));
    fake.entries.splice(0, Infinity, ...others, ...(mergeEntry(same, entry, nowMs) ?? []));
    fake.changes.unshift({ atMs: nowMs, operation: 'add', entry, author, reason: entry.reason });
  }
  return { added };
}

function triggerState(fake: FakeControlServer): { trigger: Trigger; origin: string; fired: number } {
  const overlay = fake.overlays.get('default');
  return {
    trigger: { ...preconfiguredTrigger(), ...overlay },
    origin: overlay === undefined ? 'preconfigured' : 'overlay',
    fired: 2,
  };
}

function readList(name: string): ListName {
  return listNames.find((list) => list === name) ?? refuse(404, 'unknown_list', `there is no list ${name}`);
}
