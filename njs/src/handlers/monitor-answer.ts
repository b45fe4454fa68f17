/**
 * Answers a request with a method that the monitor and the statistics service do not serve; true when it did. Addresses
 * and proxies are NGINX's part.
 */
export function refused(r: NginxHTTPRequest): boolean {
  if (r.method === 'GET' || r.method === 'HEAD') {
    return false;
  }
  r.headersOut['Allow'] = 'GET, HEAD';
  answerText(r, 405, 'text/plain; charset=utf-8', 'GET and HEAD only\n');
  return true;
}

export function answerJson(r: NginxHTTPRequest, status: number, value: object): void {
  answerText(r, status, 'application/json', JSON.stringify(value, null, 2) + '\n');
}

/** Sends a whole answer; it is never cached and never guessed at. */
export function answerText(r: NginxHTTPRequest, status: number, type: string, text: string): void {
  r.headersOut['Content-Type'] = type;
  r.headersOut['Cache-Control'] = 'no-store';
  r.headersOut['X-Content-Type-Options'] = 'nosniff';
  r.return(status, text);
}
