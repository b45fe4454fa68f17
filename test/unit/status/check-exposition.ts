import type { Format } from '../../../njs/src/core/status/exposition.ts';

interface FamilySeen {
  readonly type: string;
  readonly series: Map<string, number>;
}

const samplePattern =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"(?:,|(?=\})))*)\})? ([-+]?(?:Inf|\d+(?:\.\d+)?(?:e[-+]?\d+)?)|NaN)$/;

/** Suffixes of samples by type of their family. */
const suffixes: Record<string, readonly string[]> = {
  counter: ['_total'],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
  info: ['_info'],
};

/**
 * What `promtool check metrics` and an OpenMetrics parser would complain about; empty when nothing.
 * In the older format counters carry `_total` in the family's name, and gauges may end in anything.
 */
export function checkExposition(text: string, format: Format): string[] {
  const complaints: string[] = [];
  const families = new Map<string, FamilySeen>();
  const lines = text.split('\n');
  if (lines.pop() !== '') complaints.push('the last line has no newline');
  if (format === 'openmetrics' && lines.pop() !== '# EOF') complaints.push('does not end in # EOF');
  let current = '';
  for (const line of lines) {
    const meta = /^# (HELP|TYPE|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*)(?: (.*))?$/.exec(line);
    if (meta !== null) {
      const [, kind, name = '', rest = ''] = meta;
      current = name;
      if (kind === 'TYPE') {
        if (families.has(name)) complaints.push(`${name} has its type twice`);
        if (suffixes[rest] === undefined) complaints.push(`${name} has the unknown type ${rest}`);
        families.set(name, { type: rest, series: new Map() });
      }
      if (kind === 'UNIT' && !name.endsWith(`_${rest}`)) complaints.push(`${name} does not end in its unit ${rest}`);
      if (kind === 'HELP' && /(?:^|[^\\])(?:\\\\)*\\[^\\"n]/.test(rest))
        complaints.push(`${name}: unknown escape in HELP`);
      continue;
    }
    if (line === '' && format === 'prometheus') continue;
    const match = samplePattern.exec(line);
    if (match === null) {
      complaints.push(`cannot be read: ${line}`);
      continue;
    }
    const [, name = '', labels = '', number = ''] = match;
    const family = families.get(current);
    if (family === undefined || !belongs(name, current, family.type, format)) {
      complaints.push(`${name} stands outside of its family`);
      continue;
    }
    const series = `${name}{${labels}}`;
    if (family.series.has(series)) complaints.push(`${series} is given twice`);
    const value = number === '+Inf' ? Infinity : Number(number);
    if (family.type === 'counter' && !(value >= 0)) complaints.push(`${series} is a counter below 0`);
    family.series.set(series, value);
  }
  for (const [name, family] of families) {
    if (family.type === 'histogram') complaints.push(...checkHistogram(name, family.series));
  }
  return complaints;
}

function belongs(name: string, family: string, type: string, format: Format): boolean {
  if (format === 'prometheus' && type !== 'histogram')
    return name === family && (type !== 'counter' || name.startsWith('wallarm_') || name.endsWith('_total'));
  return (suffixes[type] ?? []).some((suffix) => name === family + suffix);
}

/** Each set of labels but `le` is a histogram of its own. */
function checkHistogram(name: string, series: ReadonlyMap<string, number>): string[] {
  const complaints: string[] = [];
  const groups = new Map<string, { buckets: [bound: number, count: number][]; count?: number; sum?: number }>();
  for (const [key, value] of series) {
    const bound = /le="([^"]*)"/.exec(key)?.[1];
    const rest = key
      .slice(key.indexOf('{'))
      .replace(/,?le="[^"]*"/, '')
      .replace('{,', '{');
    const group = groups.get(rest) ?? { buckets: [] };
    groups.set(rest, group);
    if (key.startsWith(`${name}_bucket`)) group.buckets.push([bound === '+Inf' ? Infinity : Number(bound), value]);
    if (key.startsWith(`${name}_count`)) group.count = value;
    if (key.startsWith(`${name}_sum`)) group.sum = value;
  }
  for (const [labels, { buckets, count, sum }] of groups) {
    const last = buckets.at(-1);
    if (last?.[0] !== Infinity) complaints.push(`${name}${labels} has no last bucket +Inf`);
    if (count === undefined || sum === undefined || last?.[1] !== count)
      complaints.push(`${name}${labels}: _count is not the +Inf bucket`);
    const grows = buckets.every(
      ([bound, value], i) => i === 0 || (bound > (buckets[i - 1]?.[0] ?? 0) && value >= (buckets[i - 1]?.[1] ?? 0)),
    );
    if (!grows) complaints.push(`${name}${labels}: buckets do not grow`);
  }
  return complaints;
}
