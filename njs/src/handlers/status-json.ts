import { nowMs } from '../adapters/clock.ts';
import { coldSettings } from '../adapters/cold-settings.ts';
import { counted } from '../adapters/counters.ts';
import { failed } from '../adapters/failures.ts';
import { seenSince } from '../adapters/growth.ts';
import { startId } from '../adapters/start-id.ts';
import { readStatusBody } from '../core/status/answer.ts';
import { contentType } from '../core/status/exposition.ts';
import { ownStatus } from '../core/status/own-status.ts';
import { allRequests, readTraffic } from '../core/status/traffic.ts';
import { wallarmMetrics } from '../core/status/wallarm-metrics.ts';
import { answerText, refused } from './monitor-answer.ts';

/**
 * `js_content` of `/wallarm-status` and `/wallarm-status-prometheus` where wallguard is the statistics service. The first
 * answers JSON unless `?format=prometheus` asks otherwise, as a node does.
 */
export function statusJson(r: NginxHTTPRequest): void {
  try {
    if (refused(r)) {
      return;
    }
    const traffic = readTraffic(coldSettings().applications, counted);
    const json = ownStatus(traffic, startId(), seenSince(allRequests(traffic), nowMs()));
    if (r.args['format'] === 'prometheus' || r.uri.endsWith('-prometheus')) {
      const body = readStatusBody(json);
      answerText(r, 200, contentType('prometheus'), wallarmMetrics(body.form === 'status' ? body.values : {}));
    } else {
      answerText(r, 200, 'application/json', json);
    }
  } catch (error) {
    failed('statusJson', error);
    r.return(500);
  }
}
