import { usesWallarm } from '../evidence/engine.ts';
import { noWallarm } from '../evidence/status-service.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';
import type { ConfigNode } from '../nginx-conf/include.ts';

/** Blocking without a page of one's own, or only for attacks. */
export const check: Check<'config'> = {
  id: 'block-page-not-set',
  title: 'Blocked visitors get a bare 403',
  category: 'modes and engine',
  severity: 'info',
  confidence: 'certain',
  needs: ['config'],
  why: `The page of NGINX has no id of the request: who was blocked by mistake has nothing to report but a screenshot. And
\`wallarm_block_page\` without \`type=\` is for attacks alone: visitors on the denylist still get the bare page.`,
  reference: 'https://docs.wallarm.com/admin-en/configuration-guides/configure-block-page-and-code/',

  *evaluate({ config }) {
    if (!usesWallarm(config)) {
      yield noWallarm;
      return;
    }
    const seen = new Set<ConfigNode>();
    for (const mode of config.all('wallarm_mode')) {
      if (!/^(?:block|safe_blocking|\$.*)$/.test(mode.args[0] ?? '')) continue;
      const pages = config.effective('wallarm_block_page', mode.parent);
      if (pages.state === 'default') {
        yield {
          at: atDirective(mode),
          message: 'requests are blocked here and there is no wallarm_block_page',
          remedy: 'set a page that shows the id of the request; wallguard/server.conf brings one',
        };
        continue;
      }
      const types = pages.nodes.flatMap(
        ({ args }) =>
          args
            .find((word) => word.startsWith('type='))
            ?.slice(5)
            .split(',') ?? ['attack'],
      );
      const missing = ['attack', 'acl_ip', 'acl_source'].filter((type) => !types.includes(type));
      if (missing.length === 0 || seen.has(pages.nodes[0])) continue;
      seen.add(pages.nodes[0]);
      yield {
        at: atDirective(pages.nodes[0]),
        message: `there is no blocking page for ${missing.join(' and ')}`,
        remedy: 'name all types',
        snippet: `wallarm_block_page ${pages.nodes[0].args[0] ?? ''} type=attack,acl_ip,acl_source;`,
      };
    }
  },
};
