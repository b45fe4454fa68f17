/**
 * Handlers that few requests need and that bring much code. `scripts/bundle.ts` puts each entry of `lazy/` into the hot
 * bundle as one function: other requests pay for that one function and not for the hundred in it
 * (njs-capabilities.md 8.3).
 */
import { failed } from '../adapters/failures.ts';

interface Lazy {
  run(r: NginxHTTPRequest): string;
}

declare function wallguardLazyVerdict(): Lazy;
declare function wallguardLazyPayloads(): Lazy;

/** `js_set $wallguard_verdict`, see handlers/verdict.ts. */
export function verdict(r: NginxHTTPRequest): string {
  try {
    return wallguardLazyVerdict().run(r);
  } catch (error) {
    failed('verdict', error);
    return '';
  }
}

/** `js_set $wallguard_payloads`, see handlers/payloads.ts. */
export function payloads(r: NginxHTTPRequest): string {
  const type = r.variables['wallarm_attack_type'];
  if (type === undefined || type === '' || type === '0' || type === '-') {
    return '[]';
  }
  try {
    return wallguardLazyPayloads().run(r);
  } catch (error) {
    failed('payloads', error);
    return '[]';
  }
}
