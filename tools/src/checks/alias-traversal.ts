import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** `location /files { alias /srv/files/; }` */
export const check: Check<'config'> = {
  id: 'alias-traversal',
  title: 'Files outside a directory can be read',
  category: 'nginx',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config'],
  why: `With \`location /files\` and \`alias /srv/files/\` NGINX puts what follows \`/files\` behind the path: a request for
\`/files../secret\` reads \`/srv/files/../secret\`. The path has no \`/../\` in it, so that neither NGINX nor a rule for path
traversal need notice. A \`/\` at the end of the location closes it.`,
  reference: 'https://nginx.org/en/docs/http/ngx_http_core_module.html#alias',

  *evaluate({ config }) {
    const all = config.all('alias');
    if (all.length === 0) yield { skipped: 'there is no alias' };
    for (const node of all) {
      const location = node.parent.owner;
      if (location?.name !== 'location') continue;
      const [first = '', second] = location.args;
      const isPrefix = second === undefined ? !/^[=~@]|^\^~/.test(first) : first === '^~';
      const path = second ?? first;
      if (!isPrefix || path.endsWith('/') || node.args[0]?.endsWith('/') !== true) continue;
      yield {
        at: atDirective(location),
        message: `${path}../ leads out of ${node.args[0]}`,
        remedy: 'end the location with a slash as the alias does',
        snippet: `location ${path}/ {`,
      };
    }
  },
};
