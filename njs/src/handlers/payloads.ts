import { nowMs } from '../adapters/clock.ts';
import { failed } from '../adapters/failures.ts';
import { listSettings } from '../adapters/list-settings.ts';
import { sha256 } from '../adapters/sha256.ts';
import { sourceKey } from '../core/triggers/source.ts';
import { wallarmPayloads } from '../core/triggers/wallarm-payloads.ts';
import { countPayloads } from './count-payloads.ts';

/**
 * `js_set $wallguard_payloads`, read in the log phase of requests in which the Wallarm module found something: the
 * payloads as a JSON array of `type:fingerprint`. While it is at it, it lets the triggers count them.
 */
export function payloads(r: NginxHTTPRequest): string {
  const variables = r.variables;
  const found = wallarmPayloads(
    {
      types: variables['wallarm_attack_type_list'] || '',
      points: variables['wallarm_attack_point_list'] || '',
      stamps: variables['wallarm_attack_stamp_list'] || '',
    },
    {
      uri: variables['request_uri'] || '',
      header: function (name) {
        return r.headersIn[name] || '';
      },
      cookie: function (name) {
        return variables['cookie_' + name] || '';
      },
    },
    sha256,
  );
  if (found.length > 0) {
    try {
      const settings = listSettings();
      const address = variables['remote_addr'] || '';
      const reason = variables['wallguard_block_reason'];
      countPayloads(settings, {
        address: address,
        source: sourceKey(address, settings.ipv6Prefix),
        application: Number(variables['wallguard_application_id']),
        applicationName: variables['wallguard_application'] || '',
        host: variables['host'] || '',
        status: Number(variables['status']) || 0,
        payloads: found,
        atMs: nowMs(),
        refused: reason === 'denylist' || reason === 'status_guard' || reason === 'bot' || reason === 'rate',
        allowlisted: variables['wallguard_listed'] === 'allow',
        requestId: variables['request_id'] || '',
      });
    } catch (error) {
      failed('payloads', error);
    }
  }
  return JSON.stringify(
    found.slice(0, 32).map(function (payload) {
      return payload.type + ':' + payload.fingerprint;
    }),
  );
}
