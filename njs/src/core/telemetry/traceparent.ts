/**
 * Trace id and parent id of a `traceparent` header, joined by a dash; empty when the header is not valid.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header: version `ff` is forbidden, ids of zeros are invalid, and
 *      versions after 00 may bring more fields
 */
export function traceIds(header: string): string {
  if (header === '') {
    return '';
  }
  const match = /^([0-9a-f]{2})-([0-9a-f]{32}-[0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/.exec(header);
  if (match === null || match[1] === 'ff' || (match[1] === '00' && match[3] !== undefined)) {
    return '';
  }
  const ids = match[2] as string;
  return /^0{32}|0{16}$/.test(ids) ? '' : ids;
}
