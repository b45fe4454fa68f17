import type { ListSettings } from '../../../schema/runtime.ts';
import { endingKeys, forgetEnd, forgetSecond, secondsWithEnds } from '../adapters/list-files.ts';
import { claim, recall, remember } from '../adapters/state.ts';
import { changeKey } from './change-list.ts';

/**
 * Takes entries that have ended out of their files, so that a hint is there only while it means something. Called once a
 * second; after a start, and once an hour, it looks for what earlier sweeps did not get at.
 */
export function sweepLists(settings: ListSettings, nowMs: number): void {
  const until = Math.floor(nowMs / 1000);
  const seconds = secondsWithEnds(settings.directory, Number(recall('swept')), until);
  // A key costs about 0.2 ms.
  let left = 200;
  for (let index = 0; index < seconds.length; index++) {
    const second = seconds[index] as number;
    const keys = endingKeys(settings.directory, second);
    for (let at = 0; at < keys.length; at++) {
      if (left === 0) {
        return;
      }
      left--;
      changeKey(settings, keys[at] as string, nowMs, function () {
        return { entries: null, changes: [] };
      });
      forgetEnd(settings.directory, second, keys[at] as string);
    }
    if (keys.length > 0) {
      forgetSecond(settings.directory, second);
    }
  }
  if (claim('swept-all', 3600000)) {
    remember('swept', '0', 3600000);
    return;
  }
  remember('swept', String(until), 3600000);
}
