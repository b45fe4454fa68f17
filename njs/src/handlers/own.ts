import { count } from '../adapters/counters.ts';
import { failed } from '../adapters/failures.ts';
import { ownRequestsCounter } from '../core/telemetry/counter-names.ts';

/**
 * `js_set` in the log phase of servers that are wallguard's own: their requests have no line, and are not missed. Always
 * empty, so nothing is written.
 */
export function own(_r: NginxHTTPRequest): string {
  try {
    count(ownRequestsCounter(), 1);
  } catch (error) {
    failed('own', error);
  }
  return '';
}
