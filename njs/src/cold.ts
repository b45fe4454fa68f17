/** Cold bundle: imported only in locations that serve pages, control and monitor. List functions only. */
import { blockPage } from './handlers/block-page.ts';
import { control } from './handlers/control.ts';
import { deliver } from './handlers/deliver.ts';
import { monitorHealth } from './handlers/monitor-health.ts';
import { monitorMetrics } from './handlers/monitor-metrics.ts';
import { monitorStatus } from './handlers/monitor-status.ts';
import { outbox } from './handlers/outbox.ts';
import { sendAnswer } from './handlers/send-answer.ts';
import { statusJson } from './handlers/status-json.ts';
import { tick } from './handlers/tick.ts';

export default {
  blockPage,
  control,
  deliver,
  monitorHealth,
  monitorMetrics,
  monitorStatus,
  outbox,
  sendAnswer,
  statusJson,
  tick,
};
