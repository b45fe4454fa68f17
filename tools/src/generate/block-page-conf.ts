import type { Settings } from '../../../schema/settings.ts';

/** Interim: replaced by the blocking page work. */
export function offeredLanguages(_settings: Settings): string[] {
  return ['en'];
}

export function blockPageHttp(_settings: Settings, _page: { template?: string }): string[] {
  return [];
}

export function blockPageServer(_settings: Settings, _page: { template?: string }): string[] {
  return [
    'location @wallguard_blocked {',
    '    js_import wallguard_cold from wallguard/cold.js;',
    '    set $wallguard_blocked 1;',
    '    js_content wallguard_cold.blockPage;',
    '}',
  ];
}

export function blockPageRuntime(_settings: Settings, _page: { template?: string }): string {
  return '';
}
