/** Parameters of a query as they were sent. */

export interface Parameter {
  /** Decoded once, as the engines name it. */
  readonly name: string;
  /** As sent. */
  readonly value: string;
}

/** The query of a request target, without the question mark. */
export function queryOf(uri: string): string {
  const mark = uri.indexOf('?');
  return mark < 0 ? '' : uri.slice(mark + 1);
}

/** The path of a request target. */
export function pathOf(uri: string): string {
  const mark = uri.indexOf('?');
  return mark < 0 ? uri : uri.slice(0, mark);
}

/** The first 256 parameters: as many as fit into a request line need no more for telling payloads apart. */
export function readQuery(query: string): Parameter[] {
  return query
    .split('&', 256)
    .filter((pair) => pair !== '')
    .map(readPair);
}

/** `+` is a space, percent-encoding is undone where it is UTF-8. */
function decodeOnce(text: string): string {
  const spaced = text.replace(/\+/g, ' ');
  try {
    return decodeURIComponent(spaced);
  } catch (_notUtf8) {
    return spaced.replace(/%[0-7][0-9a-f]/gi, decodeURIComponent);
  }
}

function readPair(pair: string): Parameter {
  const equals = pair.indexOf('=');
  return equals < 0
    ? { name: decodeOnce(pair), value: '' }
    : { name: decodeOnce(pair.slice(0, equals)), value: pair.slice(equals + 1) };
}
