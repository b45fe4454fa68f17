/** What NGINX makes of a URL: `$host` and `$uri`. */
export interface RequestTarget {
  /** Lower case, without port and final dot. */
  readonly host: string;
  /** Decoded, without dot segments and doubled slashes. */
  readonly path: string;
}

/**
 * Reads a URL as NGINX reads the request for it, not as a browser would: `ngx_http_parse_complex_uri()` decodes before
 * it looks at slashes and dots.
 *
 * @param url  `https://shop.example/pay?id=1`; the scheme may be left out
 * @throws RangeError  NGINX would answer 400
 */
export function readTarget(url: string): RequestTarget {
  const [, authority = '', path = ''] = /^(?:[a-z][a-z0-9+.-]*:\/\/)?([^/?#]*)([^?#]*)/i.exec(url) ?? [];
  const named = authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, '');
  const host = named.toLowerCase().replace(/\.$/, '');
  if (!/^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)$/.test(host)) {
    throw new RangeError('the host is not one; write a URL such as https://shop.example/pay');
  }
  return { host, path: normalise(path === '' ? '/' : path) };
}

function normalise(path: string): string {
  if (/%(?![0-9a-f]{2})/i.test(path)) throw new RangeError('"%" in the path is not followed by two digits');
  const bytes = Buffer.from(path.replace(/[^\x00-\x7f]+/g, encodeURIComponent)).toString('latin1');
  const decoded = Buffer.from(
    bytes.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16))),
    'latin1',
  ).toString();
  if (decoded.includes('\0')) throw new RangeError('the path holds a zero byte');
  const segments: string[] = [];
  const given = decoded.split('/').slice(1);
  for (const segment of given) {
    if (segment === '..') {
      if (segments.pop() === undefined) throw new RangeError('the path leads above its root');
    } else if (segment !== '.' && segment !== '') {
      segments.push(segment);
    }
  }
  const endsInSlash = ['', '.', '..'].includes(given.at(-1) ?? '') && segments.length > 0;
  return `/${segments.join('/')}${endsInSlash ? '/' : ''}`;
}
