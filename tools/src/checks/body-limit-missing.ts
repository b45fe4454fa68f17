import { usesEngine } from '../evidence/engine.ts';
import { proxyingIn } from '../evidence/proxying.ts';
import type { ConfigNode } from '../nginx-conf/include.ts';
import { atArgument } from './check.ts';
import type { Check } from './check.ts';

/** Bodies of any size reach the engine. */
export const check: Check<'config'> = {
  id: 'body-limit-missing',
  title: 'Bodies of any size are taken',
  category: 'nginx',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config'],
  why: `\`client_max_body_size 0\` takes everything. The engine has limits of its own, for memory and for time: what lies behind
them is not inspected, or the request is refused after it was read to the end. And a disk fills with temporary files.`,
  reference: 'https://nginx.org/en/docs/http/ngx_http_core_module.html#client_max_body_size',

  *evaluate({ config }) {
    if (!usesEngine(config)) {
      yield { skipped: 'no filtering engine is used' };
      return;
    }
    const seen = new Set<ConfigNode>();
    for (const { scope } of proxyingIn(config)) {
      const inForce = config.effective('client_max_body_size', scope);
      if (inForce.state === 'default') continue;
      const [node] = inForce.nodes;
      if (!/^0+[kmg]?$/i.test(node.args[0] ?? '') || seen.has(node)) continue;
      seen.add(node);
      yield {
        at: atArgument(node, 0),
        message: 'bodies of any size are taken, and the engine does not inspect any size',
        remedy: 'allow what the application needs, in the location that needs it',
        snippet: 'client_max_body_size 20m;',
      };
    }
  },
};
