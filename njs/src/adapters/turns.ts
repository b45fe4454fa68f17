import { nowMs } from './clock.ts';
import { claim, recall, release } from './state.ts';

/**
 * Runs work that only one worker may do at a time. A turn takes well under a millisecond, so whoever comes second waits
 * on the spot, since neither `js_set` nor the log phase can wait otherwise. A turn that does not end within a second
 * belongs to a worker that died in it, and is taken over.
 *
 * The claim's own expiry does not help here: NGINX's clock stands still while JavaScript runs.
 */
export function inTurn<T>(key: string, work: () => T): T {
  const giveUpAtMs = nowMs() + 1000;
  while (recall(key) !== '' || !claim(key, 10000)) {
    if (nowMs() > giveUpAtMs) {
      break;
    }
  }
  try {
    return work();
  } finally {
    release(key);
  }
}
