import { sizeBytes, sizeText } from '../nginx-conf/values.ts';
import { atArgument } from './check.ts';
import type { Check } from './check.ts';

/** `worker_rlimit_core` is no size, or too small for a whole core file. */
export const check: Check<'config' | 'thresholds'> = {
  id: 'core-dump-size',
  title: 'The size limit of core files is of no use',
  category: 'core dumps',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config', 'thresholds'],
  why: `The kernel cuts a core file off at \`worker_rlimit_core\`, and a debugger can do little with the rest. A worker with
rulesets in memory takes some hundred megabytes. Zero switches core files off. Something that is no size keeps NGINX from
starting.

What counts as too small is \`check.thresholds.core_dump_size_min\` in the settings.`,
  reference: 'https://nginx.org/en/docs/ngx_core_module.html#worker_rlimit_core',

  *evaluate({ config, thresholds }) {
    const [node] = config.main.named('worker_rlimit_core');
    if (node === undefined) {
      yield { skipped: 'there is no worker_rlimit_core' };
      return;
    }
    const [value = ''] = node.args;
    const bytes = sizeBytes(value);
    const at = atArgument(node, 0);
    const leastBytes = sizeBytes(thresholds.core_dump_size_min) ?? 0;
    const advice = { remedy: 'give it the size of a worker', snippet: 'worker_rlimit_core 500M;' };
    if (bytes === undefined) {
      yield { at, message: `"${value}" is no size: NGINX does not start`, ...advice, severity: 'error' };
    } else if (bytes === 0) {
      yield { at, message: 'a limit of 0 switches core files off', ...advice };
    } else if (bytes < leastBytes) {
      const message = `core files are cut off at ${sizeText(bytes)}; less than ${sizeText(leastBytes)} seldom holds a worker`;
      yield { at, message, ...advice };
    }
  },
};
