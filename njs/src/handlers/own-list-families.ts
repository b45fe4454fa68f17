import { nowMs } from '../adapters/clock.ts';
import { counted } from '../adapters/counters.ts';
import { triggerOverlays } from '../adapters/list-files.ts';
import { listSettings } from '../adapters/list-settings.ts';
import { triggerSlots } from '../adapters/trigger-slots.ts';
import type { Family } from '../core/status/exposition.ts';
import { listFamilies } from '../core/status/list-families.ts';
import { effectiveWindow } from '../core/triggers/effective-window.ts';
import { effectiveTriggers } from '../core/triggers/overlay.ts';

/** Metrics of lists and triggers as they are now. */
export function ownListFamilies(): Family[] {
  const settings = listSettings();
  const slots = triggerSlots();
  return listFamilies(
    effectiveTriggers(settings.triggers, triggerOverlays(settings.directory)),
    counted,
    function (trigger) {
      return effectiveWindow(slots, trigger.windowMs, nowMs());
    },
  );
}
