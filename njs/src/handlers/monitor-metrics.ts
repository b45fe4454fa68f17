import { coldSettings } from '../adapters/cold-settings.ts';
import { counted } from '../adapters/counters.ts';
import { failed } from '../adapters/failures.ts';
import { running, zonesFree } from '../adapters/runtime.ts';
import { contentType, expose, negotiate } from '../core/status/exposition.ts';
import { handlerNames, metricFamilies } from '../core/status/families.ts';
import { isUp } from '../core/status/report.ts';
import { readTraffic } from '../core/status/traffic.ts';
import { wallarmMetrics } from '../core/status/wallarm-metrics.ts';
import { answerText, refused } from './monitor-answer.ts';
import { ownListFamilies } from './own-list-families.ts';
import { observeStatus } from './observe-status.ts';

/**
 * `js_content` of `/metrics`. `Accept` chooses between Prometheus text and OpenMetrics; `?compat=wallarm` gives the last
 * poll under the vendor's names, and 503 while there is nothing to give.
 */
export async function monitorMetrics(r: NginxHTTPRequest): Promise<void> {
  try {
    if (refused(r)) {
      return;
    }
    const settings = coldSettings();
    const traffic = readTraffic(settings.applications, counted);
    const observation = await observeStatus(settings, traffic);
    if (r.args['compat'] === 'wallarm') {
      const up = isUp(observation);
      const text = up ? wallarmMetrics(observation.values) : '# no statistics: see /status\n';
      answerText(r, up ? 200 : 503, contentType('prometheus'), text);
      return;
    }
    const format = negotiate(r.headersIn['Accept'] || '');
    const families = ownListFamilies().concat(
      metricFamilies(traffic, observation, {
        version: settings.version,
        engine: settings.engine,
        runtime: running(),
        handlerErrors: handlerNames().map(function (name) {
          return { of: name, count: counted('errors|' + name) };
        }),
        zonesFree: zonesFree(),
      }),
    );
    answerText(r, 200, contentType(format), expose(families, format));
  } catch (error) {
    failed('monitorMetrics', error);
    r.return(500);
  }
}
