/**
 * Asks a running wallguard over its unix socket. Contract: `schema/control.ts`, `docs/control-api.md`.
 */
import { request } from 'node:http';
import {
  largestControlBodyBytes,
  largestPage,
  type AddAnswer,
  type AddRequest,
  type ControlProblem,
  type CountersAnswer,
  type ExplainAnswer,
  type HistoryAnswer,
  type ListPage,
  type RemoveRequest,
  type TriggerOverlay,
  type TriggersAnswer,
  type TriggerState,
} from '../../../schema/control.ts';
import type { ListChange, ListEntry, ListName } from '../../../schema/lists.ts';
import { exitCodes, UserError } from '../io.ts';
import { printable } from './printable.ts';

/** The API refused; nothing was changed. */
class ControlRefusal extends UserError {
  readonly status: number;
  /** The stable word of {@link ControlProblem}. */
  readonly word: string;
  constructor(status: number, { error, message }: ControlProblem) {
    super(printable(message), exitCodes.found);
    this.name = 'ControlRefusal';
    this.status = status;
    this.word = error;
  }
}

/** A new entry, as {@link AddRequest} has it. */
export type NewEntry = AddRequest['entries'][number];

/** The control API as functions. Each rejects with a {@link UserError} that says what to do. */
export interface ControlClient {
  readonly socketPath: string;
  /** Every entry of a list, by address. */
  list(list: ListName): Promise<ListEntry[]>;
  /** Adds entries, all or none; they must fit into one request ({@link fitsOneRequest}). */
  add(list: ListName, entries: readonly NewEntry[], author: string): Promise<readonly ListEntry[]>;
  /** @returns false when the address is not listed */
  remove(list: ListName, address: string, request: RemoveRequest): Promise<boolean>;
  /** Newest first. */
  history(limit: number): Promise<readonly ListChange[]>;
  triggers(): Promise<readonly TriggerState[]>;
  changeTrigger(id: string, overlay: TriggerOverlay): Promise<void>;
  /** Drops what the API changed. */
  resetTrigger(id: string): Promise<void>;
  explain(address: string): Promise<ExplainAnswer>;
  counters(): Promise<CountersAnswer>;
}

/** @param timeoutMs  how long one answer may take */
export function controlClient(socketPath: string, timeoutMs = 10_000): ControlClient {
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
    (await exchange({ socketPath, timeoutMs, method, path, body })) as T;
  return {
    socketPath,
    async list(list) {
      const entries: ListEntry[] = [];
      for (let after = ''; ;) {
        const page = await ask<ListPage>(
          'GET',
          `/v1/lists/${list}?limit=${largestPage}&after=${encodeURIComponent(after)}`,
        );
        entries.push(...page.entries);
        if (page.next === '' || page.next === after) return entries;
        after = page.next;
      }
    },
    add: async (list, entries, author) =>
      (await ask<AddAnswer>('POST', `/v1/lists/${list}`, { entries, author } satisfies AddRequest)).added,
    async remove(list, address, body) {
      try {
        await ask('DELETE', `/v1/lists/${list}?address=${encodeURIComponent(address)}`, body);
        return true;
      } catch (error) {
        if (error instanceof ControlRefusal && error.status === 404) return false;
        throw error;
      }
    },
    history: async (limit) => (await ask<HistoryAnswer>('GET', `/v1/history?limit=${limit}`)).changes,
    triggers: async () => (await ask<TriggersAnswer>('GET', '/v1/triggers')).triggers,
    changeTrigger: async (id, overlay) => {
      await ask('PUT', `/v1/triggers/${encodeURIComponent(id)}`, overlay);
    },
    resetTrigger: async (id) => {
      await ask('DELETE', `/v1/triggers/${encodeURIComponent(id)}`);
    },
    explain: (address) => ask<ExplainAnswer>('GET', `/v1/explain?address=${encodeURIComponent(address)}`),
    counters: () => ask<CountersAnswer>('GET', '/v1/counters'),
  };
}

/** Whether the API takes these entries at once: then they are added all or none. */
export function fitsOneRequest(entries: readonly NewEntry[], author: string): boolean {
  const body: AddRequest = { entries, author };
  return entries.length <= largestPage && Buffer.byteLength(JSON.stringify(body)) <= largestControlBodyBytes;
}

interface Exchange {
  readonly socketPath: string;
  readonly timeoutMs: number;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/** A page of 1000 entries, each with its texts at full length, is smaller. */
const largestAnswerBytes = 8 * 1024 * 1024;

function exchange({ socketPath, timeoutMs, method, path, body }: Exchange): Promise<unknown> {
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const sent = request({
      socketPath,
      method,
      path,
      // NGINX wants a host name; there is none on a unix socket.
      headers: {
        Host: 'localhost',
        Accept: 'application/json',
        ...(bytes === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': bytes.length }),
      },
      // Not the socket's time of silence: an answer that drips must end as well.
      signal: AbortSignal.timeout(timeoutMs),
    });
    const fail = (error: NodeJS.ErrnoException): void => reject(connectionError(error, socketPath, timeoutMs));
    sent.once('error', fail);
    sent.once('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size > largestAnswerBytes) response.destroy(new Error('the answer is too long'));
      });
      response.once('error', fail);
      response.once('end', () => {
        const answer = readAnswer(response.statusCode ?? 0, Buffer.concat(chunks).toString(), `${method} ${path}`);
        if (answer instanceof Error) {
          reject(answer instanceof ControlRefusal ? answer : new UserError(`${socketPath}: ${answer.message}`));
        } else {
          resolve(answer.value);
        }
      });
    });
    sent.end(bytes);
  });
}

function readAnswer(status: number, text: string, asked: string): { value: unknown } | Error {
  let value: unknown;
  try {
    value = text === '' ? {} : JSON.parse(text);
  } catch {
    return notTheApi(status, asked);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return notTheApi(status, asked);
  if (status >= 200 && status < 300) return { value };
  return isProblem(value) ? new ControlRefusal(status, value) : notTheApi(status, asked);
}

function isProblem(value: object): value is ControlProblem {
  return 'error' in value && typeof value.error === 'string' && 'message' in value && typeof value.message === 'string';
}

function notTheApi(status: number, asked: string): Error {
  return new Error(
    `this is not wallguard's control API: "${asked}" was answered with status ${status}; name its socket with --socket PATH`,
  );
}

function connectionError(error: NodeJS.ErrnoException, socketPath: string, timeoutMs: number): UserError {
  const say = (message: string): UserError => new UserError(message, exitCodes.unreadable, { cause: error });
  // A path under a file, and one that is longer than a socket's name may be, are refused in other words.
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return say(
        `there is no control socket ${socketPath}: NGINX does not run, or has another one; name it with --socket PATH`,
      );
    case 'EACCES':
    case 'EPERM':
      return say(
        `may not use the control socket ${socketPath}: permission denied; become a member of its group (wallguard), or use sudo`,
      );
    case 'ECONNREFUSED':
    case 'ENOTSOCK':
      return say(`nobody listens on ${socketPath}: NGINX has ended, or it is no socket; start NGINX`);
    default:
      return error.name === 'AbortError' || error.name === 'TimeoutError'
        ? say(`the control API on ${socketPath} gave no answer in ${timeoutMs / 1000} s; is NGINX overloaded?`)
        : say(`cannot talk to the control API on ${socketPath}: ${error.message}`);
  }
}
