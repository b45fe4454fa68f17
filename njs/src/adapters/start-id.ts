/**
 * The id of this start of NGINX: made when first asked for, kept as long as the counters are, so that whoever sees it
 * change knows that they began anew. A reload keeps it.
 *
 * @returns  19 decimal digits, below 2^63; '0' when the zone of the counters is full
 */
export function startId(): string {
  const zone = ngx.shared['wallguard_counters'] as NgxSharedDict<number>;
  const random = new Uint32Array(2);
  crypto.getRandomValues(random);
  try {
    // Two halves, because a number holds 53 bits. `add` keeps the first value, whichever worker wrote it.
    zone.add('startid|high', 1000000000 + ((random[0] as number) % 844674407));
    zone.add('startid|low', (random[1] as number) % 1000000000);
  } catch (_full) {
    // Told by the zone's free space, and by the '0' below.
  }
  const high = zone.get('startid|high');
  const low = zone.get('startid|low');
  return high === undefined || low === undefined ? '0' : String(high) + String(low).padStart(9, '0');
}
