import type { ListSettings } from '../../../schema/runtime.ts';

/** Put in front of both bundles by the generator. */
declare function wallguardLists(): ListSettings;

/** Settings of lists and triggers. */
export function listSettings(): ListSettings {
  return wallguardLists();
}
