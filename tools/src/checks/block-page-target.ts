import { blockPageTargets, pageFile } from '../evidence/block-pages.ts';
import { isNotKnown } from '../evidence/evidence.ts';
import { contextChain } from '../nginx-conf/query.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** A blocking page that is not there. */
export const check: Check<'config' | 'host'> = {
  id: 'block-page-target',
  title: 'The blocking page does not exist',
  category: 'modes and engine',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config', 'host'],
  why: `\`wallarm_block_page\` names a file (\`&/path.html\`) or a location (\`@name\`) of the same server. When it is missing,
visitors that are blocked get an error of NGINX without the id of their request, and nobody can find out why they were
blocked. Pages of the vendor are overwritten by updates; copies may have been left on another machine.`,
  reference: 'https://docs.wallarm.com/admin-en/configuration-guides/configure-block-page-and-code/',

  *asks({ config }) {
    for (const target of blockPageTargets(config)) {
      const file = pageFile(target);
      if (file !== undefined) yield { kind: 'stat', of: file };
    }
  },

  *evaluate({ config, host }) {
    const targets = blockPageTargets(config);
    if (targets.length === 0) yield { skipped: 'there is no wallarm_block_page' };
    for (const target of targets) {
      const { node, text } = target;
      const file = pageFile(target);
      if (file !== undefined) {
        const stat = host.ask('stat', file);
        if (isNotKnown(stat)) yield { unknown: stat.reason };
        else if (stat.state === 'absent' || stat.value.type !== 'file') {
          yield {
            at: atDirective(node),
            message: `${file} does not exist`,
            remedy: 'put the page there, readable for the workers',
          };
        }
      } else if (text.startsWith('@')) {
        // In the http block it may be meant for some servers only.
        const server = contextChain(node).find(({ name }) => name === 'server')?.scope;
        if (server !== undefined && !server.named('location').some(({ args }) => args[0] === text)) {
          yield {
            at: atDirective(node),
            message: `there is no location ${text} in this server`,
            remedy: 'add it to the server',
            snippet: `location ${text} {\n    return 403;\n}`,
          };
        }
      }
    }
  },
};
