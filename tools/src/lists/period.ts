import { periodLimits } from '../../../schema/lists.ts';
import { durationMs } from '../generate/units.ts';
import { exitCodes, UserError } from '../io.ts';

/** `1h`, `30d` or `forever` in milliseconds, 0 for ever; undefined for anything else. */
export function readPeriod(text: string): number | undefined {
  if (text === 'forever') return periodLimits.foreverMs;
  try {
    const periodMs = durationMs(text);
    return periodMs === 0 ? undefined : periodMs;
  } catch {
    return undefined;
  }
}

/**
 * A period on a list, from the command line.
 * @throws UserError  it is none, or too short
 */
export function askedPeriod(text: string): number {
  const periodMs = readPeriod(text);
  if (periodMs === undefined) {
    throw new UserError(
      `--period ${JSON.stringify(text)}: a duration such as 10m, 1h, 30d, or "forever"`,
      exitCodes.usage,
    );
  }
  if (periodMs !== 0 && periodMs < periodLimits.shortestMs) {
    throw new UserError(`--period ${text}: the shortest time on a list is 5 minutes (5m)`, exitCodes.usage);
  }
  return periodMs;
}

/** A duration as people write it: `1h`, `90m`, `36s`; the largest unit that leaves nothing over. */
export function periodText(periodMs: number): string {
  if (periodMs === 0) return 'forever';
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const;
  const unit = units.find(([, unitMs]) => periodMs % unitMs === 0);
  return unit === undefined ? `${periodMs}ms` : `${periodMs / unit[1]}${unit[0]}`;
}

/** `2030-01-31T12:00:00Z`, or `never` for 0. */
export function endText(expiresMs: number): string {
  return expiresMs === 0 ? 'never' : timeText(expiresMs);
}

/** Unix milliseconds in UTC, without milliseconds where there are none. */
export function timeText(atMs: number): string {
  return new Date(atMs).toISOString().replace('.000Z', 'Z');
}
