import { isInstalled, isOwnServer, isProtected, noWallguard, proxyingServers } from '../evidence/wallguard-parts.ts';
import { inside } from './check.ts';
import type { Check } from './check.ts';

/** A server hands requests on and does not include the guard. */
export const check: Check<'config'> = {
  id: 'wallguard-server-unprotected',
  title: 'A server hands requests on without wallguard',
  category: 'wallguard',
  severity: 'warning',
  confidence: 'likely',
  needs: ['config'],
  why: `What goes through a server without \`wallguard/server.conf\` is in no telemetry and in no counter, gets no blocking
page of wallguard, and no refusal of it applies. Servers that wallguard has itself, and servers that only redirect, are not
looked at.`,

  *evaluate({ config }) {
    if (!isInstalled(config)) {
      yield noWallguard;
      return;
    }
    for (const server of proxyingServers(config)) {
      if (isProtected(server) || isOwnServer(config, server)) continue;
      yield {
        at: inside(server, config.tree),
        message: 'this server hands requests on and does not include wallguard/server.conf',
        remedy: 'include it first in the server',
        snippet: 'include wallguard/server.conf;',
      };
    }
  },
};
