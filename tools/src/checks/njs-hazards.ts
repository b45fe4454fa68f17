import { atArgument, atDirective } from './check.ts';
import type { Check } from './check.ts';

/** Forms that NGINX takes and that a version of njs, or its other engine, does not live up to. */
export const check: Check<'config'> = {
  id: 'njs-hazards',
  title: 'Something that njs does not do well',
  category: 'wallguard',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config'],
  why: `Seen with real builds:

- njs 0.8.9 never returns from reading \`js_periodic\` with a mask as \`worker_affinity\` in third place, and takes all memory
  meanwhile, also with \`nginx -t\`. \`worker_affinity=all\`, and no affinity at all, which means the first worker, are fine.
- With \`js_engine qjs\` objects of \`js_preload_object\` do not exist: the code that uses them throws.
- With \`js_engine qjs\` and \`js_context_reuse 0\` each request pays for a new context, about 0.3 ms of processor time.`,
  reference: 'https://nginx.org/en/docs/http/ngx_http_js_module.html',

  *evaluate({ config }) {
    if (!config.usesAny(/^js_/)) yield { skipped: 'no JavaScript is used' };
    for (const node of config.all('js_periodic')) {
      if (!/^worker_affinity=[01]+$/.test(node.args[2] ?? '')) continue;
      yield {
        at: atArgument(node, 2),
        message: `njs 0.8.9 hangs on ${node.args[2] ?? ''} in this place`,
        remedy: 'leave it out for the first worker, or write worker_affinity=all and ask ngx.worker_id',
      };
    }
    const onQuickJs = (name: string): ReturnType<typeof config.all> =>
      config.all(name).filter(({ parent }) => config.value('js_engine', parent)?.[0] === 'qjs');
    for (const node of onQuickJs('js_preload_object')) {
      yield {
        at: atDirective(node),
        message: 'the QuickJS engine has no preloaded objects: code that uses this one throws',
        remedy: 'import the data from a JavaScript file, or use the njs engine here',
      };
    }
    for (const node of onQuickJs('js_context_reuse')) {
      if (node.args[0] !== '0') continue;
      yield {
        at: atArgument(node, 0),
        message: 'without reuse the QuickJS engine makes a context for each request',
        remedy: 'leave it out: 128 contexts are kept by default',
      };
    }
  },
};
