import { statusKeys, type StatusKey } from '../../../../schema/status.ts';
import type { StatusValues } from './answer.ts';
import { labelText } from './exposition.ts';

/**
 * The statistics in the vendor's Prometheus form: its names, its types (almost all gauges) and its help texts, for
 * dashboards that were made for the node. Keys that the service does not have are left out.
 *
 * @see wallarm-node.md 1.5
 */
export function wallarmMetrics(values: StatusValues): string {
  const keys = statusKeys();
  const lines: string[] = [];
  let described = '';
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as StatusKey;
    const value = values[key.path];
    if (value === undefined || key.metric === '') {
      continue;
    }
    const name = key.metric === undefined ? 'wallarm_' + key.path.replace('.', '_') : key.metric;
    if (name !== described) {
      lines.push('# HELP ' + name + ' ' + key.help);
      lines.push('# TYPE ' + name + ' ' + (key.declared || 'gauge'));
      described = name;
    }
    lines.push(name + labels(key, values) + ' ' + value);
  }
  return lines.join('\n') + '\n';
}

function labels(key: StatusKey, values: StatusValues): string {
  const label = key.label;
  if (label === undefined) {
    return '';
  }
  const value = 'from' in label ? values[label.from] : label.value;
  return value === undefined ? '' : labelText([[label.name, value]]);
}
