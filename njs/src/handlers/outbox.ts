import { failed } from '../adapters/failures.ts';
import { take } from '../adapters/outbox.ts';

/**
 * `js_content` of `/-/outbox?from=N&to=N` on the monitor: takes these lines out of the outbox and leaves them in
 * `$wallguard_outbox`, from where the location's access log writes them to the sinks. Answers how many there were.
 */
export function outbox(r: NginxHTTPRequest): void {
  try {
    const args = r.args as Record<string, string | undefined>;
    const lines = take(Number(args['from'] || 1), Number(args['to'] || 0));
    r.variables['wallguard_outbox'] = lines.join('\n');
    r.return(200, String(lines.length));
  } catch (error) {
    failed('outbox', error);
    r.return(500);
  }
}
