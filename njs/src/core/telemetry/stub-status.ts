/**
 * Requests that ended since NGINX started: all it took, less those it is reading or answering right now, the one that
 * asks among them.
 *
 * @param page  answer of `stub_status`, see https://nginx.org/en/docs/http/ngx_http_stub_status_module.html
 * @returns     -1 when the page is none of it
 */
export function endedRequests(page: string): number {
  const numbers = /\n ([0-9]+) ([0-9]+) ([0-9]+) *\nReading: ([0-9]+) Writing: ([0-9]+) /.exec(page);
  return numbers === null ? -1 : Number(numbers[3]) - Number(numbers[4]) - Number(numbers[5]);
}
