import { keepsStrangersOut } from '../evidence/access.ts';
import { nodeGeneration, usesWallarm } from '../evidence/engine.ts';
import { defaultEndpoint, noEndpoint, noWallarm } from '../evidence/status-service.ts';
import { inside } from './check.ts';
import type { Check, Severity } from './check.ts';

/** Lines of the vendor's default server that are gone, by what is in force. */
export const check: Check<'config'> = {
  id: 'status-service-default-lines',
  title: "Part of the node's own statistics service was changed",
  category: 'statistics service',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config'],
  why: `Each line of the vendor's default server has a reason: with \`wallarm_mode off\` the node does not inspect and count
its own polls; with \`disable_acl on\` an address list cannot cut it off from its statistics; with
\`wallarm_enable_apifw off\` (nodes from 6.0 on) a poll is no subrequest to the API firewall; \`access_log off\` keeps polls
out of the logs; \`deny all\` holds when somebody changes the address. How they are written does not matter.`,
  reference: 'https://docs.wallarm.com/admin-en/configure-statistics-service/',

  *evaluate({ config }) {
    if (!usesWallarm(config)) {
      yield noWallarm;
      return;
    }
    const endpoint = defaultEndpoint(config);
    if (endpoint === undefined) {
      yield noEndpoint;
      return;
    }
    const { scope, server } = endpoint;
    const expected: readonly (readonly [name: string, value: string, line: string, lost: string, as?: Severity])[] = [
      ['wallarm_mode', 'off', 'wallarm_mode off;', 'the node inspects and counts its own polls'],
      ['disable_acl', 'on', 'disable_acl "on";', 'an entry of an address list can stop the upload of metrics'],
      ['access_log', 'off', 'access_log off;', 'each poll is a line in the access log', 'info'],
      ...(nodeGeneration(config) === 'new'
        ? [
            [
              'wallarm_enable_apifw',
              'off',
              'wallarm_enable_apifw off;',
              'each poll is a subrequest to the API firewall',
            ] as const,
          ]
        : []),
    ];
    for (const [name, value, line, lost, severity] of expected) {
      if (config.value(name, scope)?.[0] === value) continue;
      yield {
        at: inside(server.scope, config.tree),
        message: `${name} is not "${value}" here: ${lost}`,
        remedy: 'put the line back',
        snippet: line,
        ...(severity === undefined ? {} : { severity }),
      };
    }
    if (!keepsStrangersOut(config, scope)) {
      yield {
        at: inside(server.scope, config.tree),
        message: 'nothing but the address it listens on keeps strangers out',
        remedy: 'put the lines back',
        snippet: 'allow 127.0.0.0/8;\ndeny all;',
        severity: 'info',
      };
    }
  },
};
