const hex = '[0-9a-f]{32}';
const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

/**
 * Request ids in whatever a user sent: an id itself, the text or the HTML source of a blocking page (the vendor's old
 * and new labels included, wallarm-node.md 4.4), a problem document, the output of `curl -i`.
 *
 * An id that stands behind a label or in the header that carries it counts alone; other 32 hex digits, a session cookie
 * for instance, are tried only when there is no such id.
 *
 * @returns ids as 32 hex digits, each once, at most 20
 */
export function requestIds(text: string): string[] {
  const plain = text.replace(/<[^>]{0,2000}>/g, ' ').toLowerCase();
  const labelled = [
    ...matches(plain, new RegExp(`(?:uuid|request id:)\\s{1,20}(${hex}|${uuid})\\b`, 'g')),
    ...matches(plain, new RegExp(`\\bx-request-id:\\s{0,20}(${hex}|${uuid})\\b`, 'g')),
    ...matches(plain, new RegExp(`"request_id"\\s{0,5}:\\s{0,5}"(${hex})"`, 'g')),
    ...matches(plain, new RegExp(`urn:uuid:(${uuid})\\b`, 'g')),
    ...matches(plain, new RegExp(`request_id:(${hex})\\b`, 'g')),
  ];
  const ids =
    labelled.length > 0 ? labelled : matches(plain, new RegExp(`(?<![0-9a-f-])(${hex}|${uuid})(?![0-9a-f-])`, 'g'));
  return [...new Set(ids.map((id) => id.replaceAll('-', '')))].slice(0, 20);
}

function matches(text: string, expression: RegExp): string[] {
  return [...text.matchAll(expression)].flatMap((match) => match[1] ?? []);
}
