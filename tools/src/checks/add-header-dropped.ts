import type { Config } from '../evidence/config.ts';
import { isGenerated } from '../evidence/wallguard-parts.ts';
import type { ConfigNode, Scope } from '../nginx-conf/include.ts';
import { positionOf } from '../nginx-conf/query.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** Headers by which a browser protects its user (OWASP Secure Headers Project). */
const PROTECTING: ReadonlySet<string> = new Set([
  'content-security-policy',
  'cross-origin-embedder-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'permissions-policy',
  'referrer-policy',
  'strict-transport-security',
  'x-content-type-options',
  'x-frame-options',
]);

/** An `add_header` in an inner block drops those of the blocks around it. */
export const check: Check<'config'> = {
  id: 'add-header-dropped',
  title: 'A header that protects users is dropped',
  category: 'nginx',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config'],
  why: `\`add_header\` is inherited only by blocks that have none of their own: a single one in a location takes
\`Strict-Transport-Security\` and the rest of the server's headers away there. From NGINX 1.29.3 on \`add_header_inherit merge\`
keeps them. Only headers by which browsers protect their users are reported.`,
  reference: 'https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header',

  *evaluate({ config }) {
    const seen = new Set<Scope>();
    for (const { parent } of config.all('add_header')) {
      const around = parent.owner?.parent;
      if (seen.has(parent) || around === undefined) continue;
      seen.add(parent);
      const kept = names(config, parent);
      const lost = protecting(config, around).filter((node) => !kept.has(nameOf(node)));
      const [own] = parent.named('add_header');
      const [first] = lost;
      if (own === undefined || first === undefined || isGenerated(own.file)) continue;
      const { file, line } = positionOf(first);
      yield {
        at: atDirective(own),
        message: `${lost.map(({ args }) => args[0] ?? '').join(', ')} of ${file}:${line} ${lost.length === 1 ? 'is' : 'are'} not sent from here on: this block has headers of its own`,
        remedy: 'repeat them here',
        snippet: lost
          .map(({ file: { latin1 }, directive }) =>
            Buffer.from(latin1.slice(directive.start, directive.end), 'latin1').toString(),
          )
          .join('\n'),
      };
    }
  },
};

function inForce(config: Config, scope: Scope): readonly ConfigNode[] {
  const headers = config.effective('add_header', scope);
  return headers.state === 'default' ? [] : headers.nodes;
}

function protecting(config: Config, scope: Scope): ConfigNode[] {
  return inForce(config, scope).filter((node) => PROTECTING.has(nameOf(node)));
}

function names(config: Config, scope: Scope): Set<string> {
  return new Set(inForce(config, scope).map(nameOf));
}

function nameOf({ args }: ConfigNode): string {
  return (args[0] ?? '').toLowerCase();
}
