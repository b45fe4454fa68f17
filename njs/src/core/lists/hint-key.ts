/**
 * Names of hint files. A hint is a file that says "somebody on a list may have this address", so that NGINX alone can
 * tell with `if (-f …)` whom JavaScript must look at (njs-capabilities.md 5.3). IPv4 addresses have a hint
 * each, IPv6 clients share one with their network: both sides below must give a client the same name.
 */
import { addressBits, printAddress, type Address, type Network } from './address.ts';

/** One line of `map $remote_addr …`: a regular expression without its `~`, and the value with its captures. */
export interface HintRule {
  readonly regex: string;
  readonly value: string;
}

/**
 * Name of the permanent hint for addresses that {@link hintRules} cannot place: NGINX does not write them so, but who
 * knows what sets `$remote_addr` tomorrow. It is the `default` of the map.
 */
export function otherHint(): string {
  return 'other';
}

/**
 * Name of the hint of an address: IPv4 as it is, of IPv6 the leading whole groups of the prefix, without compression
 * (`2001:db8:0:0`). With a prefix inside a group, neighbours share a hint; the list itself tells them apart.
 *
 * @param ipv6Prefix  32 to 64, the prefix that IPv6 sources are listed by
 */
export function hintKey(address: Address, ipv6Prefix: number): string {
  if (address.family === 4) {
    return printAddress(address);
  }
  return address.groups
    .slice(0, groupsOf(ipv6Prefix))
    .map((group) => group.toString(16))
    .join(':');
}

/** How many bits of an address its hint key holds. */
export function hintDepth(address: Address, ipv6Prefix: number): number {
  return address.family === 4 ? addressBits(address) : 16 * groupsOf(ipv6Prefix);
}

/** The one key that a network lies under; empty when it is wider than a key, which is what `geo` is for. */
export function hintKeyOf(network: Network, ipv6Prefix: number): string {
  return network.prefix < hintDepth(network.address, ipv6Prefix) ? '' : hintKey(network.address, ipv6Prefix);
}

/**
 * The same names made by NGINX alone from `$remote_addr`: lines for `map`, of which the first that matches decides.
 * They place every spelling in lower case without leading zeros, NGINX's own among them, wherever its `::` stands.
 */
export function hintRules(ipv6Prefix: number): HintRule[] {
  const wanted = groupsOf(ipv6Prefix);
  const group = '(?:0|[1-9a-f][0-9a-f]{0,3})';
  const dotted = '[0-9]+(?:[.][0-9]+){3}';
  const rules: HintRule[] = [
    { regex: '^(' + dotted + ')$', value: '$1' },
    { regex: '^::ffff:(' + dotted + ')$', value: '$1' },
    // Other spellings of the same, which NGINX does not use.
    { regex: '^(?:0:){5}ffff:', value: otherHint() },
    { regex: '^[0:]*::[0:]*ffff:(?:' + group + ':' + group + '|' + dotted + ')$', value: otherHint() },
  ];
  // No gap within the wanted groups.
  rules.push({ regex: '^' + captured(group, wanted).join(':') + ':', value: captures(1, wanted).join(':') });
  for (let head = 0; head < wanted; head++) {
    const start = '^' + captured(group, head).join(':') + '::';
    const zeros: string[] = [];
    for (let gap = 1; head + gap < wanted; gap++) {
      zeros.push('0');
      // The gap ends within the wanted groups, so what follows it must be counted.
      const shown = wanted - head - gap;
      const rest = 8 - wanted;
      rules.push({
        regex: start + captured(group, shown).join(':') + tail(group, dotted, rest) + '$',
        value: captures(1, head)
          .concat(zeros, captures(head + 1, shown))
          .join(':'),
      });
    }
    zeros.push('0');
    rules.push({
      regex: start + '(?:' + upTo(group, dotted, 8 - wanted) + ')?$',
      value: captures(1, head).concat(zeros).join(':'),
    });
  }
  return rules;
}

function groupsOf(ipv6Prefix: number): number {
  return Math.floor(ipv6Prefix / 16);
}

function captured(group: string, count: number): string[] {
  return repeated(count, () => '(' + group + ')');
}

function captures(first: number, count: number): string[] {
  return repeated(count, (index) => '$' + (first + index));
}

function repeated(count: number, item: (index: number) => string): string[] {
  const items: string[] = [];
  for (let index = 0; index < count; index++) {
    items.push(item(index));
  }
  return items;
}

/** Exactly so many further groups, each behind a colon; the last two may be dotted. */
function tail(group: string, dotted: string, count: number): string {
  return '(?::' + group + '){' + (count - 2) + '}(?:(?::' + group + '){2}|:' + dotted + ')';
}

/** One to so many groups; the last two may be dotted. */
function upTo(group: string, dotted: string, count: number): string {
  return group + '(?::' + group + '){0,' + (count - 1) + '}|(?:' + group + ':){0,' + (count - 2) + '}' + dotted;
}
