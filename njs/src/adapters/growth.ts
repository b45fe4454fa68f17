/**
 * When a growing count was last seen to grow. Kept beside the counters, so that it lives as long as they do.
 *
 * @param count  0 gives 0: nothing has happened yet
 * @returns      Unix milliseconds of the call that first saw this count
 */
export function seenSince(count: number, nowMs: number): number {
  const zone = ngx.shared['wallguard_counters'] as NgxSharedDict<number>;
  if (count === 0) {
    return 0;
  }
  if (zone.get('seen|count') !== count) {
    try {
      zone.set('seen|count', count);
      zone.set('seen|ms', nowMs);
    } catch (_full) {
      // Without room every call is the first one, which is right as long as requests come.
      return nowMs;
    }
  }
  return zone.get('seen|ms') || nowMs;
}
