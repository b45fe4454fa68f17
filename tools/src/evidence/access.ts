/**
 * Who gets in: addresses a server listens on, and its `allow` and `deny`.
 */
import { BlockList, isIP } from 'node:net';
import type { ConfigNode, Scope } from '../nginx-conf/include.ts';
import type { Listen } from '../nginx-conf/query.ts';
import type { Config } from './config.ts';

/** Whether only this machine can connect. Sockets in the file system count; a name is looked up nowhere. */
export function isLocal({ host }: Listen): boolean {
  return (
    host.startsWith('127.') ||
    host === 'localhost' ||
    host.startsWith('unix:') ||
    /^\[(?:::1|0*(?::0*)*:0*1)\]$/.test(host)
  );
}

/** `allow` and `deny` in force, in the order in which NGINX tries them. */
export function accessRules(config: Config, scope: Scope): readonly ConfigNode[] {
  const inForce = config.effective('allow', scope);
  return inForce.state === 'default' ? [] : inForce.nodes;
}

/** Whether the rule is about everybody. */
export function isAboutAll({ args: [subject = ''] }: ConfigNode): boolean {
  return subject === 'all' || /^(?:0\.0\.0\.0|::)\/0$/.test(subject);
}

/** Whether the first rule that fits lets the address in; without any that fits, it gets in. */
export function admits(rules: readonly ConfigNode[], address: string): boolean {
  const decisive = rules.find((rule) => isAboutAll(rule) || covers(rule.args[0] ?? '', address));
  return decisive?.name !== 'deny';
}

/** Whether addresses that no rule names are kept out, or a password or subrequest is asked for. */
export function keepsStrangersOut(config: Config, scope: Scope): boolean {
  const decisive = accessRules(config, scope).find(isAboutAll);
  if (decisive?.name === 'deny') return true;
  return ['auth_basic', 'auth_request'].some((name) => (config.value(name, scope)?.[0] ?? 'off') !== 'off');
}

function covers(subject: string, address: string): boolean {
  const [network = '', bits] = subject.split('/');
  const version = isIP(network);
  if (version === 0 || version !== isIP(address)) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, bits === undefined ? (version === 4 ? 32 : 128) : Number(bits), family);
  return list.check(address, family);
}
