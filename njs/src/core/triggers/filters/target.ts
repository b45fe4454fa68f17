import type { Target } from '../../../../../schema/lists.ts';

/** Filter by the part of the application that a payload aims at. Nothing in it asks nothing. */
export function targetFilter(targets: readonly Target[]): (type: string) => boolean {
  return (type) => targets.length === 0 || targets.indexOf(targetOf(type)) !== -1;
}

/**
 * What a type aims at. The vendor has the filter but publishes no table; it lists types under "server-side" and
 * "client-side" attacks (wallarm-node.md 7), and what is written in a database's language aims at the database.
 */
export function targetOf(type: string): Target {
  switch (type) {
    case 'sqli':
    case 'nosqli':
      return 'database';
    case 'xss':
    case 'redir':
    case 'crlf':
    case 'session_fixation':
      return 'client';
    default:
      return 'server';
  }
}
