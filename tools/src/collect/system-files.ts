/** What system files and system tools say; pure. */
import type { SystemUser, UnitProperties } from '../evidence/host-facts.ts';

/**
 * A user of passwd(5), with the groups of group(5).
 * @returns undefined when there is no such user
 */
export function parseUser(name: string, passwd: string, group: string): SystemUser | undefined {
  const entry = passwd.split('\n').find((line) => line.startsWith(`${name}:`));
  const [, , uid, gid] = entry?.split(':') ?? [];
  if (uid === undefined || gid === undefined) return undefined;
  const others = group
    .split('\n')
    .map((line) => line.split(':'))
    .filter(([, , , members = '']) => members.split(',').includes(name))
    .map(([, , id]) => Number(id));
  return { uid: Number(uid), gid: Number(gid), gids: [...new Set([Number(gid), ...others])] };
}

/** Output of `systemctl show`: one `Name=value` per line. */
export function parseUnitProperties(text: string): UnitProperties {
  const properties: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (equals > 0) properties[line.slice(0, equals)] = line.slice(equals + 1);
  }
  return properties;
}
