/**
 * Zeroes the host part of an address: IPv4 to /24, IPv6 to /48. Other text, such as `unix:`, comes back as it is.
 *
 * @param address  as NGINX writes it: lower case, `::` for two groups of zeros or more
 */
export function truncateAddress(address: string): string {
  const v4 = /^((?:::ffff:)?[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.)[0-9]{1,3}$/.exec(address);
  if (v4 !== null) {
    return v4[1] + '0';
  }
  if (address.indexOf(':') < 0 || !/^[0-9a-f:.]+$/.test(address)) {
    return address;
  }
  const groups = address.split(':', 3);
  const gap = groups.indexOf('');
  return (gap < 0 ? groups : groups.slice(0, gap)).join(':') + '::';
}
