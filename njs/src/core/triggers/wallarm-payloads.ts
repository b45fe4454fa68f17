import { readPoints, type Point } from './attack-points.ts';
import { canonical, canonicalQuery, canonicalTarget, payload, type Payload, type Sha256 } from './payload.ts';
import { pathOf, queryOf, readQuery } from './query.ts';

/** What the module says of a request: its variables as they are. Source: wallarm-node.md 3.1. */
export interface WallarmFinding {
  /** `$wallarm_attack_type_list` */
  readonly types: string;
  /** `$wallarm_attack_point_list` */
  readonly points: string;
  /** `$wallarm_attack_stamp_list` */
  readonly stamps: string;
}

/** The request as the client sent it. */
export interface RequestPieces {
  /** `$request_uri`, path and query. */
  readonly uri: string;
  /** Value of a header, empty when it is absent. Upper and lower case are the same. */
  header(name: string): string;
  /** Value of a cookie, empty when it is absent. */
  cookie(name: string): string;
}

/**
 * Payloads of a request in which the Wallarm module found attacks: one for each type, as the vendor counts them
 * (wallarm-node.md 6.1). The module names types and points separately and shows no payload, so the identity of each is
 * the type with the values at all points. A value that cannot be recovered, such as one in a body, is replaced by the
 * request target with point and stamps.
 */
export function wallarmPayloads(finding: WallarmFinding, request: RequestPieces, sha256: Sha256): Payload[] {
  const types = payloadTypes(finding.types);
  if (types.length === 0) {
    return [];
  }
  const points = readPoints(finding.points);
  const values: string[] = [];
  for (let index = 0; index < points.length; index++) {
    const point = points[index] as Point;
    addOnce(values, valueAt(point, request) || lostValue(point.text, finding.stamps, request));
  }
  if (values.length === 0) {
    values.push(lostValue('', finding.stamps, request));
  }
  // The order of the points is the module's business.
  const value = values.sort().join('\n').slice(0, 8192);
  return types.map((type) => payload(type, finding.points, value, sha256));
}

/**
 * Types of the list that stand for text in the request. Those by which the source was judged, such as `blocked_source`
 * or `vectors`, come with an empty payload (wallarm-node.md 6.1).
 */
function payloadTypes(list: string): string[] {
  const judgements =
    ' blocked_source vectors bola bot api_abuse credential_stuffing account_takeover security_crawlers scraping' +
    ' resource_consumption enum rate_limit ';
  const types: string[] = [];
  const names = list.split('|', 64);
  for (let index = 0; index < names.length; index++) {
    const name = (names[index] as string).trim().toLowerCase();
    if (/^[a-z][a-z_0-9]{0,63}$/.test(name) && judgements.indexOf(' ' + name + ' ') < 0) {
      addOnce(types, name);
    }
  }
  return types;
}

/** Canonical value at a point; empty when the request line and the headers do not hold it. */
function valueAt(point: Point, request: RequestPieces): string {
  const name = point.steps[1] || '';
  switch ((point.steps[0] || '').toLowerCase()) {
    case 'uri':
      return canonicalTarget(request.uri);
    case 'path':
    case 'path_all':
    case 'action_name':
    case 'action_ext':
      return canonical(pathOf(request.uri));
    case 'get':
      return parameterValue(request.uri, name);
    case 'get_all':
    case 'get_name':
      return canonicalQuery(queryOf(request.uri));
    case 'header':
      // [header, 'COOKIE'][cookie, 'sid']
      return name.toLowerCase() === 'cookie' && point.steps[2] === 'cookie'
        ? canonical(request.cookie(point.steps[3] || ''))
        : canonical(request.header(name));
    case 'cookie':
      return canonical(request.cookie(name));
    default:
      return '';
  }
}

function parameterValue(uri: string, name: string): string {
  return canonicalQuery(
    readQuery(queryOf(uri))
      .filter((parameter) => parameter.name === name)
      .map((parameter) => parameter.value)
      .join('&'),
  );
}

function lostValue(point: string, stamps: string, request: RequestPieces): string {
  return canonicalTarget(request.uri) + ' ' + point + ' ' + stamps;
}

function addOnce(list: string[], item: string): void {
  if (list.indexOf(item) === -1) {
    list.push(item);
  }
}
