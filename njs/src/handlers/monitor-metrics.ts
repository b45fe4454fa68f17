import { failed } from '../adapters/failures.ts';
import { refused } from './monitor-answer.ts';

export function monitorMetrics(r: NginxHTTPRequest): void {
  try {
    if (refused(r)) {
      return;
    }
    r.return(200, '\n');
  } catch (error) {
    failed('monitorMetrics', error);
    r.return(500);
  }
}
