import type { HotSettings } from '../../../schema/runtime.ts';

/** Put in front of both bundles by the generator; the cold bundle's has more. */
declare function wallguardSettings(): HotSettings;

/** What every telemetry line needs to know. */
export function hotSettings(): HotSettings {
  return wallguardSettings();
}
