import { usesModsecurity } from '../evidence/engine.ts';
import { noModsecurity } from '../evidence/modsecurity.ts';
import { atArgument, atDirective } from './check.ts';
import type { Check } from './check.ts';
import type { ConfigNode } from '../nginx-conf/include.ts';

/** The audit log names requests in a way that nothing else does. */
export const check: Check<'config'> = {
  id: 'modsecurity-transaction-id',
  title: 'Requests have another name in the audit log',
  category: 'modsecurity',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config'],
  why: `The blocking page shows \`$request_id\`, and so do access logs and telemetry. Unless \`modsecurity_transaction_id\` holds
it, ModSecurity makes an id of its own, and nobody finds the record that belongs to what a visitor reports.`,
  reference: 'https://github.com/owasp-modsecurity/ModSecurity-nginx#modsecurity_transaction_id',

  *evaluate({ config }) {
    if (!usesModsecurity(config)) {
      yield noModsecurity;
      return;
    }
    const seen = new Set<ConfigNode>();
    for (const node of config.all('modsecurity')) {
      if (node.args[0] !== 'on') continue;
      const inForce = config.effective('modsecurity_transaction_id', node.parent);
      if (inForce.state === 'default') {
        yield {
          at: atDirective(node),
          message: 'ModSecurity makes ids of its own for requests',
          remedy: 'give it the id that page and logs show',
          snippet: 'modsecurity_transaction_id $request_id;',
        };
        continue;
      }
      const [id] = inForce.nodes;
      if (/\$(?:request_id\b|\{request_id\})/.test(id.args[0] ?? '') || seen.has(id)) continue;
      seen.add(id);
      yield {
        at: atArgument(id, 0),
        message: `${id.args[0] ?? ''} does not hold $request_id, which page and logs show`,
        remedy: 'put it in',
        snippet: 'modsecurity_transaction_id $request_id;',
      };
    }
  },
};
