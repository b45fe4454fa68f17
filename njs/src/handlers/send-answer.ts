import { coldSettings } from '../adapters/cold-settings.ts';
import { failed } from '../adapters/failures.ts';

/**
 * `js_content` of `@wallguard_blocked` under ModSecurity: sends the answer that NGINX's maps hold.
 *
 * Without it `return` would do, and cost less. But ModSecurity-nginx 1.0.3 logs a block only when the location that
 * answers has a content phase (njs-capabilities.md section 7).
 */
export function sendAnswer(r: NginxHTTPRequest): void {
  try {
    const variables = r.variables;
    // A gRPC client reads its own status from the headers, and nothing else.
    if ((variables['wallguard_grpc_type'] || '') !== '') {
      r.return(200, '');
      return;
    }
    r.return(coldSettings().blockPage.status, variables['wallguard_answer'] || '');
  } catch (error) {
    failed('sendAnswer', error);
    r.return(403, 'Forbidden\n');
  }
}
