/**
 * Where the configuration and the machine put core files.
 */
import { posix } from 'node:path';
import type { ConfigNode } from '../nginx-conf/include.ts';
import type { Config } from './config.ts';
import { isNotKnown } from './evidence.ts';
import type { FileStat, HostFacts, SystemUser } from './host-facts.ts';

/** `working_directory`, with its path made absolute; undefined when there is none. */
export function coreDirectory(config: Config): { readonly node: ConfigNode; readonly path: string } | undefined {
  const [node] = config.main.named('working_directory');
  // A relative path starts where NGINX was started, which for a service is the root directory.
  return node === undefined ? undefined : { node, path: posix.resolve('/', node.args[0] ?? '') };
}

/** The directory and those above it, root first. */
export function withParents(path: string): string[] {
  const parent = posix.dirname(path);
  return parent === path ? [path] : [...withParents(parent), path];
}

/** User name of the workers; undefined when the configuration does not say (the build's own default holds). */
export function workerUser(config: Config): string | undefined {
  return config.main.named('user')[0]?.args[0];
}

/** Whether permission bits grant all of `wanted` (4 read, 2 write, 1 enter). @param user  undefined: to everybody */
export function grants(stat: FileStat, wanted: number, user: SystemUser | undefined): boolean {
  if (user?.uid === 0) return true;
  // The first class that fits decides alone, even when a later one is granted more.
  const classes =
    user === undefined ? [6, 3, 0] : stat.uid === user.uid ? [6] : user.gids.includes(stat.gid) ? [3] : [0];
  return classes.every((shift) => ((stat.mode >> shift) & wanted) === wanted);
}

/** The systemd unit that starts NGINX in the packages of nginx.org, Debian, Red Hat, and the all-in-one installer. */
export const nginxUnit = 'nginx.service';

/** A property of the unit. `reason`: it cannot be told; undefined: there is no such unit, or it does not say. */
export function unitProperty(
  host: HostFacts,
  name: string,
): { readonly value: string | undefined } | { readonly reason: string } {
  const unit = host.ask('unit', nginxUnit);
  if (isNotKnown(unit)) return { reason: unit.reason };
  return { value: unit.state === 'present' ? unit.value[name] : undefined };
}
