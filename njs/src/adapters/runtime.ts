import type { Runtime } from '../core/status/families.ts';
import type { Count } from '../core/status/traffic.ts';

/** What this JavaScript runs in. */
export function running(): Runtime {
  // njs-types 0.9.4 does not have `engine` yet.
  const runtime = njs as unknown as { readonly version: string; readonly engine: string };
  return { nginxVersion: ngx.version, njsVersion: runtime.version, jsEngine: runtime.engine };
}

/** Bytes in free pages of each shared dictionary zone. */
export function zonesFree(): Count[] {
  return ['wallguard_counters', 'wallguard_state', 'wallguard_outbox', 'wallguard_triggers', 'wallguard_hits'].map(
    function (name) {
      return { of: name, count: (ngx.shared[name] as NgxSharedDict).freeSpace() };
    },
  );
}
