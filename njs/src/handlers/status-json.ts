import { failed } from '../adapters/failures.ts';
import { refused } from './monitor-answer.ts';

export function statusJson(r: NginxHTTPRequest): void {
  try {
    if (refused(r)) {
      return;
    }
    r.return(200, '{}');
  } catch (error) {
    failed('statusJson', error);
    r.return(500);
  }
}
