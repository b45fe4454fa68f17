import { isInstalled, noWallguard } from '../evidence/wallguard-parts.ts';
import { sizeBytes, sizeText } from '../nginx-conf/values.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** As generated: counters of the sixty applications that settings may name, and the marks of the readers, fit. */
const LEAST_BYTES = 1024 * 1024;

/** A shared dictionary of wallguard is smaller than generated. */
export const check: Check<'config'> = {
  id: 'wallguard-zone-small',
  title: 'A shared dictionary of wallguard is too small',
  category: 'wallguard',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config'],
  why: `A dictionary that is full takes no more counters: metrics stop growing, lines that were made outside a request are
lost, and the error log says \`ngx_slab_alloc() failed: no memory\`. wallguard generates zones of 1m.`,
  reference: 'https://nginx.org/en/docs/http/ngx_http_js_module.html#js_shared_dict_zone',

  *evaluate({ config }) {
    if (!isInstalled(config)) {
      yield noWallguard;
      return;
    }
    for (const node of config.all('js_shared_dict_zone')) {
      const [, name, size] =
        /^zone=(wallguard_[a-z]+):(.+)$/.exec(node.args.find((word) => word.startsWith('zone=')) ?? '') ?? [];
      const bytes = size === undefined ? undefined : sizeBytes(size);
      if (name === undefined || bytes === undefined || bytes >= LEAST_BYTES) continue;
      yield {
        at: atDirective(node),
        message: `${name} has ${sizeText(bytes)}, less than the ${sizeText(LEAST_BYTES)} it needs`,
        remedy: 'write the configuration anew with "wallguard install"',
      };
    }
  },
};
