import { createServer, type Server } from 'node:http';

/**
 * The application behind the demo: a small shop that answers every path, so that what is blocked is blocked by the
 * node and not by chance.
 */
export function demoApp(): Server {
  return createServer((request, response) => {
    request.resume();
    request.once('end', () => {
      const { pathname } = new URL(request.url ?? '/', 'http://demo.invalid');
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(
        `${JSON.stringify({
          application: 'demo shop',
          method: request.method,
          path: pathname,
          request_id: request.headers['x-request-id'] ?? '',
        })}\n`,
      );
    });
  });
}
