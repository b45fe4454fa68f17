import { failed } from '../adapters/failures.ts';

/** `js_set $wallguard_event`: the telemetry line of this request. */
export function note(_r: NginxHTTPRequest): string {
  try {
    return '';
  } catch (error) {
    failed('note', error);
    return '';
  }
}
