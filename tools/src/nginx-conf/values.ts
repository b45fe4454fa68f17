/**
 * Values of directives as NGINX reads them.
 */

/** Units of time in milliseconds, in the order in which they may follow each other (`ngx_parse_time()`). */
const TIME_UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['y', 365 * 86_400_000],
  ['M', 30 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

/**
 * A time in milliseconds: `60`, `60s`, `500ms`, `1h 30m`; a bare number is seconds.
 * @returns undefined when it is none, or holds a variable
 */
export function timeMs(text: string): number | undefined {
  let totalMs = 0;
  let next = 0;
  let rest = text;
  while (rest !== '') {
    const [part, digits, unit = ''] = /^(\d+)(ms|[yMwdhms]?) */.exec(rest) ?? [];
    const index = TIME_UNITS.findIndex(([name]) => name === (unit === '' ? 's' : unit));
    if (part === undefined || digits === undefined || index < next) return undefined;
    totalMs += Number(digits) * TIME_UNITS[index]![1];
    next = index + 1;
    rest = rest.slice(part.length);
  }
  return text === '' ? undefined : totalMs;
}

/**
 * A size in bytes: `512`, `64k`, `20m`, and `1g` where NGINX takes offsets (nginx.org, "Configuration file measurement
 * units"). @returns undefined when it is none, or holds a variable
 */
export function sizeBytes(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+)([kmg]?)$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return Number(digits) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase());
}

/** Bytes for people: `500 MiB`. */
export function sizeText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${Math.floor((bytes / 1024 ** power) * 10) / 10} ${units[power]}`;
}
