/**
 * What the control API changed of triggers, over what the settings say: kept as JSON, one object by trigger id.
 */
import type { TriggerOverlay } from '../../../../schema/control.ts';
import type { Trigger } from '../../../../schema/lists.ts';

export interface Overlays {
  readonly [id: string]: TriggerOverlay | undefined;
}

/** Reads the file's text. Empty when there is none, or none that can be read: then the settings hold. */
export function readOverlays(text: string): Overlays {
  if (text === '') {
    return {};
  }
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Overlays) : {};
  } catch (_torn) {
    return {};
  }
}

/** @param text  what {@link readOverlays} takes */
export function effectiveTriggers(baseline: readonly Trigger[], text: string): Trigger[] {
  const overlays = readOverlays(text);
  return baseline.map((trigger) => withOverlay(trigger, overlays[trigger.id]));
}

export function withOverlay(trigger: Trigger, overlay: TriggerOverlay | undefined): Trigger {
  return overlay === undefined ? trigger : Object.assign({}, trigger, overlay);
}
