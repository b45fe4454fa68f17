/**
 * What makes two malicious payloads different: the one definition, for every engine. A payload is an attack type and
 * the canonical form of the value it was found in; where in the request it stood does not matter, so one text in two
 * parameters is one payload. `docs/triggers.md` explains it to operators.
 */

export interface Payload {
  /** The vendor's attack code, such as `sqli` (wallarm-node.md 7). */
  readonly type: string;
  /** Where it was found, in the engine's words; for people, no part of the identity. */
  readonly point: string;
  /** Canonical form, at most 8192 characters. */
  readonly value: string;
  /** Identity: 1 to 2^53 - 1. */
  readonly fingerprint: number;
}

/** SHA-256 of the UTF-8 form of a text, 64 lower-case hexadecimal digits. An adapter provides it. */
export type Sha256 = (text: string) => string;

/** A payload from the engine's finding. */
export function payload(type: string, point: string, canonicalValue: string, sha256: Sha256): Payload {
  return { type, point, value: canonicalValue, fingerprint: fingerprint(type, canonicalValue, sha256) };
}

/**
 * Canonical form of a value that is not part of a query: percent-encoding undone up to three times, ASCII letters in
 * lower case, runs of white space as one space. SQL comments, quotes and numbers stay: they make payloads different.
 *
 * `+` stays `+`: only a query or a form writes a space that way, see {@link canonicalQuery}. Unicode normalisation is
 * left out, and letters beyond ASCII keep their case, because the engines of njs do not agree on either.
 */
export function canonical(value: string): string {
  // The longest request line that NGINX accepts by default; beyond it hashing would cost more than it tells apart.
  let text = value.slice(0, 8192);
  for (let round = 0; round < 3; round++) {
    const decoded = text.replace(/(?:%[0-9a-f][0-9a-f])+/gi, decodeRun);
    if (decoded === text) {
      break;
    }
    text = decoded;
  }
  return text.replace(/[A-Z]+/g, lowerCase).replace(/[\x09-\x0d ]+/g, ' ');
}

/** Canonical form of a value that comes from a query or a form, where `+` is a space. */
export function canonicalQuery(value: string): string {
  return canonical(value.replace(/\+/g, ' '));
}

/** Canonical form of a request target: `+` is a space behind the question mark only. */
export function canonicalTarget(uri: string): string {
  const query = uri.indexOf('?');
  return query < 0 ? canonical(uri) : canonical(uri.slice(0, query) + uri.slice(query).replace(/\+/g, ' '));
}

/**
 * Identity of a payload: the first 53 bits of SHA-256(type NUL value). Two of a million payloads share one with a
 * probability of 1 : 18,000; zero is left to "no payload".
 */
export function fingerprint(type: string, canonicalValue: string, sha256: Sha256): number {
  const digits = sha256(type + '\0' + canonicalValue);
  const high = parseInt(digits.slice(0, 13), 16);
  const low = parseInt(digits.slice(13, 14), 16) >> 3;
  return high * 2 + low || 1;
}

/** Decodes what is UTF-8; of anything else only the ASCII characters, the rest keeps its percent signs. */
function decodeRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch (_notUtf8) {
    return run.replace(/%[0-7][0-9a-f]/gi, decodeURIComponent);
  }
}

function lowerCase(letters: string): string {
  return letters.toLowerCase();
}
