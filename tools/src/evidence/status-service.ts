/**
 * The statistics service of a Wallarm node, by what it does rather than by how it is written.
 *
 * Source: wallarm-node.md 1.1 and 1.2. The vendor ships several forms: `location /wallarm-status`, or
 * `location ~/wallarm-status$` in Docker images; port 80 of 127.0.0.8, or another one; on Ingress controllers a server
 * for statistics on 127.0.0.1.
 */
import type { ConfigNode, Scope } from '../nginx-conf/include.ts';
import type { Listen, ServerBlock } from '../nginx-conf/query.ts';
import { contextChain } from '../nginx-conf/query.ts';
import { isLocal } from './access.ts';
import type { Config } from './config.ts';

/** A `wallarm_status` that is on. */
export interface StatusEndpoint {
  readonly node: ConfigNode;
  /** The location, or the server when it stands there. */
  readonly scope: Scope;
  readonly server: ServerBlock;
  readonly format: 'json' | 'prometheus';
}

/** The endpoint that the node itself reads. */
export interface DefaultEndpoint extends StatusEndpoint {
  /** The local address it listens on: 127.0.0.8 where there are several. */
  readonly listen: Listen;
}

/** What the node asks for. */
export const statusPath = '/wallarm-status';
/** Where the vendor's files listen, whatever the port. */
export const statusHost = '127.0.0.8';

/** Every endpoint in http servers, in reading order. */
export function statusEndpoints(config: Config): StatusEndpoint[] {
  return config.all('wallarm_status').flatMap((node) => {
    if (node.args[0] === 'off') return [];
    const block = contextChain(node)[1];
    const server = config.servers.find((one) => one.node === block);
    if (server?.protocol !== 'http') return [];
    const format = node.args.includes('format=prometheus') ? 'prometheus' : 'json';
    return [{ node, scope: node.parent, server, format }];
  });
}

/** The node's own endpoint: one for {@link statusPath} on a local address. */
export function defaultEndpoint(config: Config): DefaultEndpoint | undefined {
  const local = statusEndpoints(config).flatMap((endpoint) => {
    if (!answersPath(config, endpoint)) return [];
    const listens = endpoint.server.listens.filter(isLocal);
    const listen = listens.find(({ host }) => host === statusHost) ?? listens[0];
    return listen === undefined ? [] : [{ ...endpoint, listen }];
  });
  return local.find(({ listen }) => listen.host === statusHost) ?? local[0];
}

function answersPath(config: Config, { scope, server }: StatusEndpoint): boolean {
  const location = config.locations(server.scope).find((one) => one.scope === scope);
  if (location === undefined) return scope === server.scope;
  const { modifier, path } = location;
  switch (modifier) {
    case '=':
      return path === statusPath;
    case '':
    case '^~':
      return statusPath.startsWith(path);
    case '@':
      return false;
    default:
      return regularExpressionFits(path, modifier);
  }
}

function regularExpressionFits(pattern: string, modifier: '~' | '~*'): boolean {
  try {
    return new RegExp(pattern, modifier === '~*' ? 'i' : '').test(statusPath);
  } catch {
    // The words are there, whatever else it says.
    return pattern.includes('wallarm-status');
  }
}

/** `127.0.0.8:80` */
export function addressText({ host, port }: Listen): string {
  return port === undefined ? host : `${host}:${port}`;
}

/** Said by checks that have nothing to look at. */
export const noWallarm = { skipped: 'the Wallarm module is not used' };
export const noEndpoint = { skipped: 'there is no statistics service, which "status-service-missing" reports' };

/** The vendor's default, as the all-in-one installer writes it for nodes from 6.0 on. */
export const defaultStatusFile = `server {
  listen 127.0.0.8:80;
  server_name localhost;

  allow 127.0.0.0/8;
  deny all;

  wallarm_mode off;
  disable_acl "on";
  wallarm_enable_apifw off;
  access_log off;

  location /wallarm-status {
    wallarm_status on;
  }
}`;
