import type { ColdSettings } from '../../../schema/runtime.ts';

/** Put in front of the bundle by the generator. */
declare function wallguardSettings(): ColdSettings;

/** The settings of the cold bundle. */
export function coldSettings(): ColdSettings {
  return wallguardSettings();
}
