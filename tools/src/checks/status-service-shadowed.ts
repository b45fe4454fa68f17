import { usesWallarm } from '../evidence/engine.ts';
import { locate, serverFor } from '../evidence/locations.ts';
import {
  addressText,
  defaultEndpoint,
  noEndpoint,
  noWallarm,
  statusEndpoints,
  statusPath,
} from '../evidence/status-service.ts';
import { atDirective } from './check.ts';
import type { Check } from './check.ts';

/** Something else answers where the node asks for its statistics. */
export const check: Check<'config'> = {
  id: 'status-service-shadowed',
  title: "Something else answers in place of the node's statistics service",
  category: 'statistics service',
  severity: 'warning',
  confidence: 'certain',
  needs: ['config'],
  why: `The node asks for \`/wallarm-status\` with the address as \`Host\`, which \`server_name localhost\` does not match: the
first server on that address answers, or the one with \`default_server\`. Inside the server an exact location or a regular
expression wins over a prefix, and a \`return\` at its level over all of them.`,
  reference: 'https://nginx.org/en/docs/http/request_processing.html',

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
    const { server, listen, scope } = endpoint;
    const answering = serverFor(config, listen, listen.host);
    if (answering !== undefined && answering.node !== server.node) {
      // It may have the statistics, too.
      if (statusEndpoints(config).some((one) => one.server.node === answering.node)) return;
      yield {
        at: atDirective(answering.node),
        message: `this server answers on ${addressText(listen)} in place of the one with wallarm_status`,
        remedy: 'give it another address, or make the server with wallarm_status the default_server there',
      };
      return;
    }
    const [returned] = server.scope.named('return');
    if (returned !== undefined) {
      yield {
        at: atDirective(returned),
        message: 'this return answers every request of the server, also those for the statistics',
        remedy: 'move it into a location',
      };
      return;
    }
    const located = locate(config, server.scope, statusPath);
    if (located !== undefined && 'unreadable' in located) {
      yield { unknown: `whether the regular expression ${located.unreadable} matches ${statusPath}` };
    } else if ((located?.scope ?? server.scope) !== scope) {
      yield {
        at: atDirective(located?.node ?? server.node),
        message: `${statusPath} ends up here and not where wallarm_status is on`,
        remedy: 'take it out of this server, or let it match something else',
      };
    }
  },
};
