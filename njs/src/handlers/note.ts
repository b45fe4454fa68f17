import type { HotSettings } from '../../../schema/runtime.ts';
import { keyedHash } from '../adapters/keyed-hash.ts';
import { failed } from '../adapters/failures.ts';
import { attackTypes as typesOf } from '../core/telemetry/attack-types.ts';
import { clientFields, type RequestVariables } from '../core/telemetry/client-fields.ts';

/** Prepended to the bundle by the generator. */
declare function wallguardSettings(): HotSettings;

/**
 * `js_set $wallguard_event`: the fields of a telemetry line that NGINX cannot write safely, as `,"key":value,…`. The
 * line is valid JSON without them, so even a failure of the engine itself costs no more than these fields.
 *
 * Reads: request_uri, request_method, host, http_user_agent, http_referer, http_traceparent, ssl_server_name,
 * remote_port, server_port, upstream_addr; with the engine `wallarm` also its lists and its reason; with keyed hashes
 * of addresses remote_addr and realip_remote_addr.
 */
export function note(r: NginxHTTPRequest): string {
  try {
    return fragment(r.variables);
  } catch (error) {
    failed('note', error);
    return fragment({});
  }
}

function fragment(variables: RequestVariables): string {
  return ',' + JSON.stringify(clientFields(variables, wallguardSettings(), keyedHash)).slice(1, -1);
}

/** `js_set $wallguard_attack_types`: what the Wallarm module named, as a JSON array. */
export function attackTypes(r: NginxHTTPRequest): string {
  try {
    const variables = r.variables;
    return JSON.stringify(typesOf(variables['wallarm_attack_type'] || '', variables['wallarm_attack_type_list'] || ''));
  } catch (error) {
    failed('attackTypes', error);
    return '[]';
  }
}
