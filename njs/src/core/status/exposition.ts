/** A metric with its samples, in a form that both text formats can be written from. */
export interface Family {
  /** Without `_total`, `_bucket`, `_info`: those are added by type. */
  readonly name: string;
  /** `info` has the value 1 and says something in its labels. */
  readonly type: 'counter' | 'gauge' | 'histogram' | 'info';
  /** Base unit; the name ends in it. Empty when there is none. */
  readonly unit: '' | 'seconds' | 'bytes';
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly labels: readonly Label[];
  readonly value: number;
  /** Of a histogram only. */
  readonly part?: 'bucket' | 'sum' | 'count';
}

export type Label = readonly [name: string, value: string];

export type Format = 'prometheus' | 'openmetrics';

/** `Content-Type` of a format. */
export function contentType(format: Format): string {
  return format === 'openmetrics'
    ? 'application/openmetrics-text; version=1.0.0; charset=utf-8'
    : 'text/plain; version=0.0.4; charset=utf-8';
}

/**
 * Writes families. Those without samples are written too: they say that the metric exists.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/ text format 0.0.4
 * @see https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md 1.0.0
 */
export function expose(families: readonly Family[], format: Format): string {
  const lines: string[] = [];
  for (let i = 0; i < families.length; i++) {
    const family = families[i] as Family;
    // OpenMetrics names the family, the older format names the samples.
    const name = format === 'openmetrics' ? family.name : family.name + suffix(family);
    const type = format === 'prometheus' && family.type === 'info' ? 'gauge' : family.type;
    lines.push('# HELP ' + name + ' ' + escapeHelp(family.help, format));
    lines.push('# TYPE ' + name + ' ' + type);
    if (format === 'openmetrics' && family.unit !== '') {
      lines.push('# UNIT ' + name + ' ' + family.unit);
    }
    for (let j = 0; j < family.samples.length; j++) {
      const sample = family.samples[j] as Sample;
      lines.push(
        family.name +
          (sample.part === undefined ? suffix(family) : '_' + sample.part) +
          labelText(sample.labels) +
          ' ' +
          numberText(sample.value),
      );
    }
  }
  if (format === 'openmetrics') {
    lines.push('# EOF');
  }
  return lines.join('\n') + '\n';
}

function suffix(family: Family): string {
  switch (family.type) {
    case 'counter':
      return '_total';
    case 'info':
      return '_info';
    default:
      return '';
  }
}

/** Labels in braces, or nothing. */
export function labelText(labels: readonly Label[]): string {
  if (labels.length === 0) {
    return '';
  }
  return (
    '{' +
    labels
      .map(function (label) {
        return label[0] + '="' + label[1].replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n') + '"';
      })
      .join(',') +
    '}'
  );
}

function escapeHelp(help: string, format: Format): string {
  const escaped = help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
  return format === 'openmetrics' ? escaped.replace(/"/g, '\\"') : escaped;
}

function numberText(value: number): string {
  return value === Infinity ? '+Inf' : String(value);
}

/**
 * Upper bound of a bucket as label value. OpenMetrics wants one form for a number, so that `1` is `1.0`; the same form
 * is right for the older format.
 */
export function boundText(bound: number): string {
  if (bound === Infinity) {
    return '+Inf';
  }
  return Math.floor(bound) === bound ? bound + '.0' : String(bound);
}

/**
 * Chooses the format from an `Accept` header: OpenMetrics when it is asked for at least as much as plain text.
 *
 * @param accept  empty when there is none
 */
export function negotiate(accept: string): Format {
  const ranges = accept.slice(0, 2000).split(',');
  let openMetrics = 0;
  let plain = 0;
  for (let i = 0; i < ranges.length; i++) {
    const parts = (ranges[i] as string).split(';');
    const type = (parts[0] as string).trim().toLowerCase();
    const weight = quality(parts);
    if (type === 'application/openmetrics-text') {
      openMetrics = Math.max(openMetrics, weight);
    } else if (type === 'text/plain' || type === 'text/*') {
      plain = Math.max(plain, weight);
    }
  }
  return openMetrics > 0 && openMetrics >= plain ? 'openmetrics' : 'prometheus';
}

function quality(parts: readonly string[]): number {
  for (let i = 1; i < parts.length; i++) {
    const part = (parts[i] as string).trim().toLowerCase();
    if (part.slice(0, 2) === 'q=') {
      const weight = Number(part.slice(2));
      return weight >= 0 && weight <= 1 ? weight : 0;
    }
  }
  return 1;
}
