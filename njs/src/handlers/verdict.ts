import type { Mode } from '../../../schema/settings.ts';
import type { ListEntry } from '../../../schema/lists.ts';
import { nowMs } from '../adapters/clock.ts';
import { failed } from '../adapters/failures.ts';
import { listSettings } from '../adapters/list-settings.ts';
import { parseAddress } from '../core/lists/address.ts';
import { consult } from '../core/lists/decide.ts';
import { readGeoValue } from '../core/lists/geo-value.ts';
import { hintKey, otherHint } from '../core/lists/hint-key.ts';
import { covering } from '../core/lists/host-file.ts';
import { hostEntries } from './host-entries.ts';

/**
 * `js_set $wallguard_verdict`: the list that decides about this client, or nothing. Read only where NGINX found a hint
 * or a value of `geo`. After a failure nobody is on a list.
 */
export function verdict(r: NginxHTTPRequest): string {
  try {
    const variables = r.variables;
    const mode = (variables['wallguard_mode'] || 'off') as Mode;
    const found = consult(
      mode,
      entriesOf(variables['remote_addr'] || '', variables['wallguard_hint'] || '', variables['wallguard_geo'] || ''),
      Number(variables['wallguard_application_id']),
      nowMs(),
    );
    return found === null ? '' : found.list;
  } catch (error) {
    failed('verdict', error);
    return '';
  }
}

function entriesOf(text: string, hint: string, geo: string): (list: ListEntry['list']) => ListEntry[] {
  const fromGeo = geo === '' ? [] : readGeoValue(geo);
  const address = parseAddress(text);
  const settings = listSettings();
  const key = hint === otherHint() && address !== null ? hintKey(address, settings.ipv6Prefix) : hint;
  const entries = address === null ? [] : hostEntries(settings.directory, key);
  return function (list) {
    return (address === null ? [] : covering(entries, list, address)).concat(
      fromGeo.filter(function (entry) {
        return entry.list === list;
      }),
    );
  };
}
