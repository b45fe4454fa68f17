import { failed } from '../adapters/failures.ts';

/** `js_content` of `@wallguard_blocked`: tells the client that it was blocked. */
export function blockPage(r: NginxHTTPRequest): void {
  try {
    r.return(403, 'blocked\n');
  } catch (error) {
    failed('blockPage', error);
    r.return(403, 'Forbidden\n');
  }
}
