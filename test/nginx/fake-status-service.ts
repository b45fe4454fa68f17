/** A statistics service that breaks on demand, on the address where a Wallarm node has its own. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export const fakeHost = '127.0.0.8';

/** What to do once the head of a request came. */
type Behaviour = (socket: Socket) => void;

export interface FakeService {
  readonly port: number;
  /** Request heads so far. */
  readonly asked: string[];
  behave(behaviour: Behaviour): void;
  /** Stops listening; connections are refused from then on. */
  close(): Promise<void>;
  /** Listens again on the same port. */
  reopen(): Promise<void>;
}

/** Answers 200 with this body, as NGINX would. */
export function body(text: string, contentType = 'application/json'): Behaviour {
  return (socket) =>
    socket.end(
      `HTTP/1.1 200 OK\r\nContent-Type: ${contentType}\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
    );
}

/** Sends these bytes and closes. */
export function bytes(text: string): Behaviour {
  return (socket) => socket.end(text);
}

export async function fakeStatusService(behaviour: Behaviour): Promise<FakeService> {
  let current = behaviour;
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    let head = '';
    socket.on('data', (data) => {
      const complete = head.includes('\r\n\r\n');
      head += data.toString('latin1');
      if (!complete && head.includes('\r\n\r\n')) {
        asked.push(head);
        current(socket);
      }
    });
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, fakeHost, resolve);
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    asked,
    behave: (next) => {
      current = next;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
    reopen: () => listen(port),
  };
}
