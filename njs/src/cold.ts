/** Cold bundle: imported only in locations that serve pages, control and monitor. List functions only. */
import { blockPage } from './handlers/block-page.ts';
import { monitorHealth } from './handlers/monitor-health.ts';
import { monitorMetrics } from './handlers/monitor-metrics.ts';
import { monitorStatus } from './handlers/monitor-status.ts';
import { statusJson } from './handlers/status-json.ts';

export default { blockPage, monitorHealth, monitorMetrics, monitorStatus, statusJson };
