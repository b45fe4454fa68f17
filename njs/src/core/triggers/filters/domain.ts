/**
 * Filter by the domain that received the request: a host name, or `*.name` for every name below it but not itself.
 * Nothing in it asks nothing.
 */
export function domainFilter(domains: readonly string[]): (host: string) => boolean {
  const wanted = domains.map(hostName);
  return (host) => {
    const name = hostName(host);
    return wanted.length === 0 || wanted.some((domain) => covers(domain, name));
  };
}

function covers(domain: string, name: string): boolean {
  return domain.slice(0, 2) === '*.'
    ? name.length > domain.length - 1 && name.endsWith(domain.slice(1))
    : name === domain;
}

/** Lower case, without the dot of a fully qualified name. */
function hostName(host: string): string {
  const name = host.toLowerCase();
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
