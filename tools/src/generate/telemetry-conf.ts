import type { Settings } from '../../../schema/settings.ts';

/** Interim: replaced by the telemetry work. */
export function telemetryHttp(_settings: Settings): string[] {
  return ['js_set $wallguard_event wallguard_hot.note;'];
}

export function telemetryServer(_settings: Settings): string[] {
  return [];
}

export function telemetryMonitor(_settings: Settings): string[] {
  return [];
}
