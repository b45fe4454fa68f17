import type { Settings } from '../../../schema/settings.ts';

/** Interim: replaced by the status work. */
export function statusHttp(_settings: Settings): string[] {
  return ['map "" $wallguard_refusal { default ""; }'];
}

export function statusServer(_settings: Settings): string[] {
  return [];
}

export function wallarmStatusFile(_settings: Settings): { path: string; text: string }[] {
  return [];
}
