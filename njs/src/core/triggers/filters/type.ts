/**
 * Filter by attack type, "or a type of vulnerability the request is directed to": the vendor names a vulnerability and
 * the attack on it by the same code, except `idor`, whose attack is `bola` (wallarm-node.md 7). Vulnerabilities that no
 * payload is directed at, such as weak authentication, have no counterpart.
 *
 * @param types  nothing in it asks nothing
 */
export function typeFilter(types: readonly string[]): (type: string) => boolean {
  const wanted = types.map(attackType);
  return (type) => wanted.length === 0 || wanted.indexOf(type) !== -1;
}

/** Types that never count, whatever the filter says. */
export function typeExclusion(excluded: readonly string[]): (type: string) => boolean {
  const unwanted = excluded.map(attackType);
  return (type) => unwanted.indexOf(type) === -1;
}

function attackType(code: string): string {
  return code === 'idor' ? 'bola' : code;
}
