/** Settings write durations and sizes with units; these give plain numbers. */

const durationUnits: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizeUnits: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `200ms`, `5s`, `10m`, `1h`, `1d` in milliseconds. @throws RangeError for anything else */
export function durationMs(text: string): number {
  return amount(text, /^(\d+)(ms|s|m|h|d)$/, durationUnits, 'duration');
}

/** `512`, `64k`, `500M`, `1g` in bytes. @throws RangeError for anything else */
export function sizeBytes(text: string): number {
  return amount(text.toLowerCase(), /^(\d+)([kmg]?)$/, sizeUnits, 'size');
}

function amount(text: string, form: RegExp, units: Record<string, number>, kind: string): number {
  const match = form.exec(text);
  const unit = units[match?.[2] ?? ''];
  if (match === null || unit === undefined) {
    throw new RangeError(`"${text}" is not a ${kind}`);
  }
  return Number(match[1]) * unit;
}
