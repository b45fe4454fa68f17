/** Values of secret keys in a query, before it is written anywhere. */

/**
 * Replaces the values of secret keys by `REDACTED`, the rest stays byte for byte.
 *
 * A key is compared as an application would read it: percent-decoded, without the spaces around it, in lower case, and
 * of `user[token]` each part. `&` and `;` both separate, since some applications split at either.
 *
 * @param query       as sent, without `?`; the caller bounds its length
 * @param secretKeys  lower case
 */
export function redactQuery(query: string, secretKeys: readonly string[]): string {
  if (query.indexOf('=') < 0) {
    return query;
  }
  const pairs = query.split('&');
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i] as string;
    pairs[i] = pair.indexOf(';') < 0 ? redactPair(pair, secretKeys) : redactPairs(pair.split(';'), secretKeys);
  }
  return pairs.join('&');
}

function redactPairs(pairs: string[], secretKeys: readonly string[]): string {
  for (let i = 0; i < pairs.length; i++) {
    pairs[i] = redactPair(pairs[i] as string, secretKeys);
  }
  return pairs.join(';');
}

function redactPair(pair: string, secretKeys: readonly string[]): string {
  const equals = pair.indexOf('=');
  return equals < 0 || !isSecret(pair.slice(0, equals), secretKeys) ? pair : pair.slice(0, equals + 1) + 'REDACTED';
}

function isSecret(key: string, secretKeys: readonly string[]): boolean {
  if (key.indexOf('%') < 0 && key.indexOf('+') < 0 && key.indexOf('[') < 0) {
    return secretKeys.indexOf(key.toLowerCase()) >= 0;
  }
  const parts = percentDecoded(key.replace(/\+/g, ' ')).toLowerCase().split(/[[\]]/);
  for (let i = 0; i < parts.length; i++) {
    if (secretKeys.indexOf((parts[i] as string).trim()) >= 0) {
      return true;
    }
  }
  return false;
}

/** Unlike `decodeURIComponent` it never throws: applications are lenient, so a secret may hide behind a bad escape. */
function percentDecoded(text: string): string {
  return text.replace(/%[0-9a-fA-F]{2}/g, function (escape) {
    return String.fromCharCode(parseInt(escape.slice(1), 16));
  });
}
