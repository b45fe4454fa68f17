/** Asking a running NGINX whether it does what it was installed for. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../../../schema/settings.ts';
import { effective } from '../nginx-conf/query.ts';
import type { Listen, ServerBlock } from '../nginx-conf/query.ts';

/** One question with its answer. */
export interface Probe {
  /** What was asked, such as `port 127.0.0.1:80`. */
  readonly what: string;
  /** Undefined: as it should be. */
  readonly failure: string | undefined;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Where and how to connect. */
interface Target {
  readonly label: string;
  readonly host: string;
  readonly port: number;
  readonly socketPath: string | undefined;
  readonly tls: boolean;
}

const TIMEOUT_MS = 5_000;
/** Old workers finish, new ones begin: what fails in between is asked again. */
const DEADLINE_MS = 10_000;
const POLL_MS = 200;
const USER_AGENT = 'wallguard-install';

/**
 * Asks every server for its ports.
 * @param deadlineMs  how long to go on asking; 0: once
 */
export async function probePorts(servers: readonly ServerBlock[], deadlineMs = DEADLINE_MS): Promise<Probe[]> {
  const probes: Probe[] = [];
  for (const listen of distinctListens(servers)) {
    probes.push(await until(`port ${labelOf(listen)}`, () => connects(listen), deadlineMs));
  }
  return probes;
}

/** Asks the statistics service. */
export function probeStatistics(settings: Settings, deadlineMs = DEADLINE_MS): Promise<Probe> {
  const { listen } = settings.status_service;
  return until(`statistics service ${listen}`, () => statusFailure(listen, '/wallarm-status', [200]), deadlineMs);
}

/** Asks the monitor; to be refused by its list of networks is an answer too. */
export function probeMonitor(settings: Settings, deadlineMs = DEADLINE_MS): Promise<Probe> {
  const { listen } = settings.monitor;
  return until(`monitor ${listen}`, () => statusFailure(listen, '/health', [200, 403]), deadlineMs);
}

/**
 * Asks protected servers for the blocking page. Left out are those that a plain request cannot be sent to for certain.
 * @param all  every http server: a server without a plain name is asked only when it is the default of its address
 */
export async function probeBlockingPages(
  servers: readonly ServerBlock[],
  all: readonly ServerBlock[],
  settings: Settings,
): Promise<Probe[]> {
  const probes: Probe[] = [];
  for (const server of servers) {
    const listen = plainListen(server);
    const host = listen === undefined ? undefined : requestHost(server, listen, all);
    if (listen === undefined || host === undefined) continue;
    const target = asTarget(listen);
    const what = `blocking page of ${host} at ${target.label}`;
    probes.push(await until(what, () => blockingPageFailure(target, host, settings), DEADLINE_MS));
  }
  return probes;
}

/** The guard refuses the statistics service to everyone who comes through a proxy: a refusal that harms nobody. */
async function blockingPageFailure(target: Target, host: string, settings: Settings): Promise<string | undefined> {
  const headers = { Host: host, 'X-Forwarded-For': '192.0.2.1', Accept: 'text/html' };
  const { status, body } = await ask(target, '/wallarm-status', headers);
  if (status !== settings.block_page.status) {
    return `a refused request was answered with ${status} instead of ${settings.block_page.status}`;
  }
  return body.length > 0 ? undefined : 'the page is empty';
}

async function statusFailure(address: string, path: string, expected: readonly number[]): Promise<string | undefined> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  const target = { label: address, host, port: Number(address.slice(colon + 1)), socketPath: undefined, tls: false };
  const { status } = await ask(target, path, { Host: 'localhost' });
  return expected.includes(status) ? undefined : `${path} answered ${status}`;
}

async function until(what: string, failureOf: () => Promise<string | undefined>, deadlineMs: number): Promise<Probe> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const failure = await failureOf().catch((error: unknown) => (error as Error).message);
    if (failure === undefined || Date.now() > deadline) return { what, failure };
    await sleep(POLL_MS);
  }
}

function distinctListens(servers: readonly ServerBlock[]): Listen[] {
  const byLabel = new Map(servers.flatMap(({ listens }) => listens).map((listen) => [labelOf(listen), listen]));
  // A port that is no number is a range, and QUIC answers no connection.
  return [...byLabel.values()].filter(
    ({ host, port, parameters }) => (port !== undefined || host.startsWith('unix:')) && !parameters.includes('quic'),
  );
}

function labelOf({ host, port }: Listen): string {
  return port === undefined ? host : `${reachableHost(host)}:${port}`;
}

/** An address of this machine that a listener on the host answers. */
function reachableHost(host: string): string {
  if (host === '*' || host === '0.0.0.0') return '127.0.0.1';
  return host === '[::]' ? '[::1]' : host;
}

/** A listener that takes a plain request; undefined also where clients have to show a certificate. */
function plainListen({ listens, scope }: ServerBlock): Listen | undefined {
  const refuses = ['ssl_reject_handshake', 'ssl_verify_client'].some((name) => {
    const found = effective(name, scope);
    return found.state !== 'default' && found.nodes[0].args[0] === 'on';
  });
  return listens.find(
    ({ host, port, parameters }) =>
      (port !== undefined || host.startsWith('unix:')) &&
      !parameters.some((parameter) => parameter === 'proxy_protocol' || parameter === 'quic') &&
      (parameters.includes('ssl') ? !refuses : !parameters.includes('http2')),
  );
}

/** A Host value by which NGINX chooses this server; undefined when there is none for certain. */
function requestHost(server: ServerBlock, listen: Listen, all: readonly ServerBlock[]): string | undefined {
  const name = server.names.find((one) => /^(?:\*?\.)?[A-Za-z0-9][A-Za-z0-9.-]*$/.test(one));
  if (name !== undefined) return name.replace(/^\*?\./, 'wallguard.');
  const address = labelOf(listen);
  const sharing = all.flatMap((one) =>
    one.listens.filter((other) => labelOf(other) === address).map((other) => ({ one, other })),
  );
  const chosen =
    sharing.find(({ other }) => other.parameters.some((word) => /^default(?:_server)?$/.test(word))) ?? sharing[0];
  return chosen?.one.node === server.node ? 'localhost' : undefined;
}

function asTarget(listen: Listen): Target {
  const { host, port, parameters } = listen;
  return {
    label: labelOf(listen),
    host: reachableHost(host).replace(/^\[|\]$/g, ''),
    port: port ?? 0,
    socketPath: host.startsWith('unix:') ? host.slice('unix:'.length) : undefined,
    tls: parameters.includes('ssl'),
  };
}

function connects(listen: Listen): Promise<string | undefined> {
  const { host, port, socketPath } = asTarget(listen);
  return new Promise((resolve) => {
    const socket = socketPath === undefined ? connect({ host, port }) : connect({ path: socketPath });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no connection in ${TIMEOUT_MS / 1000} s`)));
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', (error) => resolve(error.message));
  });
}

function ask({ host, port, socketPath, tls }: Target, path: string, headers: Record<string, string>): Promise<Answer> {
  const where = socketPath === undefined ? { host, port } : { socketPath };
  const options = {
    ...where,
    path,
    headers: { 'User-Agent': USER_AGENT, ...headers },
    timeout: TIMEOUT_MS,
    agent: false as const,
    // Whether the certificate is good is not the question here.
    ...(tls ? { rejectUnauthorized: false, servername: headers['Host'] ?? '' } : {}),
  };
  return new Promise((resolve, reject) => {
    const call = (tls ? httpsRequest : httpRequest)(options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.once('error', reject);
    });
    call.once('timeout', () => call.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)));
    call.once('error', reject);
    call.end();
  });
}
