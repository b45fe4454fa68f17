import { networkOf, parseAddress, printAddress, printNetwork } from '../lists/address.ts';
import type { Sha256 } from './payload.ts';

/**
 * What counts as one source: an IPv4 address, or the network that an IPv6 client can choose its address from.
 *
 * @param address  `$remote_addr`
 * @param ipv6Prefix  such as 64
 * @returns `192.0.2.1`, `2001:db8::/64`, or nothing for a client without an address (`unix:`)
 */
export function sourceKey(address: string, ipv6Prefix: number): string {
  const parsed = parseAddress(address);
  if (parsed === null) {
    return '';
  }
  return parsed.family === 4 ? printAddress(parsed) : printNetwork(networkOf(parsed, ipv6Prefix));
}

/**
 * Name of one source for one trigger in the zone: 14 characters, so that two more make a 16-byte key
 * (edge-peers-and-standards.md G2). 84 bits of SHA-256 in base64url.
 */
export function sourceName(triggerId: string, source: string, sha256: Sha256): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const digits = sha256(triggerId + '\0' + source);
  let name = '';
  for (let at = 0; at < 21; at += 3) {
    const bits = parseInt(digits.slice(at, at + 3), 16);
    name += alphabet.charAt(bits >> 6) + alphabet.charAt(bits & 63);
  }
  return name;
}
