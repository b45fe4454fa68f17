import { coldSettings } from '../adapters/cold-settings.ts';
import { counted } from '../adapters/counters.ts';
import { failed } from '../adapters/failures.ts';
import { report, reportStatus, verdict } from '../core/status/report.ts';
import { readTraffic } from '../core/status/traffic.ts';
import { answerJson, refused } from './monitor-answer.ts';
import { observeStatus, serviceContext } from './observe-status.ts';

/** `js_content` of `/status`: whether the statistics service works, and what to do where it does not. */
export async function monitorStatus(r: NginxHTTPRequest): Promise<void> {
  try {
    if (refused(r)) {
      return;
    }
    const settings = coldSettings();
    const observation = await observeStatus(settings, readTraffic(settings.applications, counted));
    answerJson(r, reportStatus(verdict(observation)), report(observation, settings.version, serviceContext(settings)));
  } catch (error) {
    failed('monitorStatus', error);
    r.return(500);
  }
}
