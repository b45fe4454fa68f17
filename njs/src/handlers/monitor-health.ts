import { coldSettings } from '../adapters/cold-settings.ts';
import { failed } from '../adapters/failures.ts';
import { answerJson, refused } from './monitor-answer.ts';

/** `js_content` of `/health`: NGINX accepts requests and runs wallguard's JavaScript. Says nothing about the node. */
export function monitorHealth(r: NginxHTTPRequest): void {
  try {
    if (!refused(r)) {
      answerJson(r, 200, { status: 'ok', version: coldSettings().version });
    }
  } catch (error) {
    failed('monitorHealth', error);
    r.return(500);
  }
}
