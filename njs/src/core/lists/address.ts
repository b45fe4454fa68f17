/**
 * IP addresses and networks. An IPv4 address written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address: a client that
 * reaches a dual-stack socket must be found on the lists under its one name.
 */

export interface Address {
  readonly family: 4 | 6;
  /** Groups of 16 bits, the first is the most significant: two for IPv4, eight for IPv6. */
  readonly groups: readonly number[];
}

/** Addresses that share their first `prefix` bits; the others are zero in `address`. */
export interface Network {
  readonly address: Address;
  readonly prefix: number;
}

/** Reads an address; null for anything else, such as `unix:`, a zone index or a leading zero in IPv4. */
export function parseAddress(text: string): Address | null {
  // The longest form is 0000:0000:0000:0000:0000:ffff:255.255.255.255.
  if (text.length > 45) {
    return null;
  }
  if (text.indexOf(':') < 0) {
    const groups = ipv4Groups(text);
    return groups === null ? null : { family: 4, groups };
  }
  const groups = ipv6Groups(text);
  if (groups === null) {
    return null;
  }
  return isMapped(groups) ? { family: 4, groups: groups.slice(6) } : { family: 6, groups };
}

/** Text of an address; IPv6 as RFC 5952 has it. */
export function printAddress(address: Address): string {
  return address.family === 4 ? ipv4Text(address.groups) : ipv6Text(address.groups);
}

/** Reads an address or CIDR; bits behind the prefix are cleared. Null for anything else. */
export function parseNetwork(text: string): Network | null {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === null) {
    return null;
  }
  if (slash < 0) {
    return { address, prefix: addressBits(address) };
  }
  const digits = text.slice(slash + 1);
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(digits)) {
    return null;
  }
  // ::ffff:192.0.2.0/120 is 192.0.2.0/24.
  const shift = address.family === 4 && text.indexOf(':') >= 0 ? 96 : 0;
  const prefix = Number(digits) - shift;
  return prefix < 0 || prefix > addressBits(address) ? null : networkOf(address, prefix);
}

/** Text of a network; one address alone is written without its prefix. */
export function printNetwork(network: Network): string {
  const text = printAddress(network.address);
  return network.prefix === addressBits(network.address) ? text : text + '/' + network.prefix;
}

/** The network of this size that an address lies in. */
export function networkOf(address: Address, prefix: number): Network {
  const groups: number[] = [];
  for (let index = 0; index < address.groups.length; index++) {
    groups.push((address.groups[index] as number) & groupMask(prefix - 16 * index));
  }
  return { address: { family: address.family, groups }, prefix };
}

export function contains(network: Network, address: Address): boolean {
  if (network.address.family !== address.family) {
    return false;
  }
  const groups = address.groups;
  for (let index = 0; index < groups.length && 16 * index < network.prefix; index++) {
    const mask = groupMask(network.prefix - 16 * index);
    if (((groups[index] as number) & mask) !== network.address.groups[index]) {
      return false;
    }
  }
  return true;
}

/** Bits of an address of this family. */
export function addressBits(address: Address): number {
  return address.family === 4 ? 32 : 128;
}

/**
 * Answers whether an address lies in one of these addresses or networks.
 * Texts that are neither match nothing: settings and the control socket refuse them before.
 */
export function networkMatcher(texts: readonly string[]): (address: string) => boolean {
  const networks = readNetworks(texts);
  return (text) => {
    const address = networks.length === 0 ? null : parseAddress(text);
    return address !== null && networks.some((network) => contains(network, address));
  };
}

/** Answers whether an address or network shares an address with one of these. */
export function overlapMatcher(texts: readonly string[]): (network: string) => boolean {
  const networks = readNetworks(texts);
  return (text) => {
    const asked = networks.length === 0 ? null : parseNetwork(text);
    return asked !== null && networks.some((network) => overlap(network, asked));
  };
}

/** Of two networks one lies in the other, or they have nothing in common. */
export function overlap(one: Network, other: Network): boolean {
  return one.prefix < other.prefix ? contains(one, other.address) : contains(other, one.address);
}

function readNetworks(texts: readonly string[]): Network[] {
  return texts.map(parseNetwork).filter((network): network is Network => network !== null);
}

function groupMask(bits: number): number {
  return bits >= 16 ? 0xffff : bits <= 0 ? 0 : (0xffff << (16 - bits)) & 0xffff;
}

function ipv4Groups(text: string): number[] | null {
  const parts = text.split('.', 5);
  if (parts.length !== 4 || !parts.every(isByte)) {
    return null;
  }
  const bytes = parts.map(Number);
  return [word(bytes[0], bytes[1]), word(bytes[2], bytes[3])];
}

function word(high: number | undefined, low: number | undefined): number {
  return (high as number) * 256 + (low as number);
}

function isByte(text: string): boolean {
  return /^(?:0|[1-9][0-9]{0,2})$/.test(text) && Number(text) < 256;
}

function ipv6Groups(text: string): number[] | null {
  const gap = text.indexOf('::');
  if (gap < 0) {
    const groups = groupList(text);
    return groups !== null && groups.length === 8 ? groups : null;
  }
  const before = text.slice(0, gap);
  const after = text.slice(gap + 2);
  const head = before === '' ? [] : groupList(before);
  const tail = after === '' ? [] : groupList(after);
  // A dotted part ends the address, so it cannot stand before the gap.
  if (head === null || tail === null || before.indexOf('.') >= 0 || head.length + tail.length > 7) {
    return null;
  }
  while (head.length + tail.length < 8) {
    head.push(0);
  }
  return head.concat(tail);
}

/** Groups between single colons; the last may be dotted and then counts twice. */
function groupList(text: string): number[] | null {
  const parts = text.split(':', 9);
  const groups: number[] = [];
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index] as string;
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(parseInt(part, 16));
      continue;
    }
    const dotted = index === parts.length - 1 ? ipv4Groups(part) : null;
    if (dotted === null) {
      return null;
    }
    return groups.concat(dotted);
  }
  return groups;
}

function isMapped(groups: readonly number[]): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every(isZero);
}

function isZero(group: number): boolean {
  return group === 0;
}

function ipv4Text(groups: readonly number[]): string {
  const high = groups[0] as number;
  const low = groups[1] as number;
  return (high >> 8) + '.' + (high & 255) + '.' + (low >> 8) + '.' + (low & 255);
}

function ipv6Text(groups: readonly number[]): string {
  let gap = -1;
  let gapLength = 1;
  for (let index = 0; index < 8; index++) {
    let end = index;
    while (end < 8 && groups[end] === 0) {
      end++;
    }
    if (end - index > gapLength) {
      gap = index;
      gapLength = end - index;
    }
    index = Math.max(index, end - 1);
  }
  const texts = groups.map(hexadecimal);
  return gap < 0 ? texts.join(':') : texts.slice(0, gap).join(':') + '::' + texts.slice(gap + gapLength).join(':');
}

function hexadecimal(group: number): string {
  return group.toString(16);
}
