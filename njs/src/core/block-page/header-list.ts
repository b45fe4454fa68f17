/** Weighted lists in request headers: `a;q=0.8, b`. Source: RFC 9110 5.6.1 and 12.4.2. */

/**
 * Items of a list header, at most 32 within the first 1024 characters: no client that means well sends more, and the
 * header is the client's to choose.
 */
export function listItems(header: string): string[] {
  if (header.length > 1024) {
    // The item that the cut goes through is dropped: half of it could mean something else.
    header = header.slice(0, Math.max(0, header.lastIndexOf(',', 1024)));
  }
  return header.split(',', 32);
}

/** An item without its parameters, lower case. */
export function itemValue(item: string): string {
  const end = item.indexOf(';');
  return (end < 0 ? item : item.slice(0, end)).trim().toLowerCase();
}

/** Weight of an item, 0 to 1; 1 when none is given, 0 when it cannot be read. */
export function quality(item: string): number {
  let start = item.indexOf(';');
  while (start >= 0) {
    const end = item.indexOf(';', start + 1);
    const parameter = (end < 0 ? item.slice(start + 1) : item.slice(start + 1, end)).trim();
    if (parameter.startsWith('q=') || parameter.startsWith('Q=')) {
      const weight = Number(parameter.slice(2));
      return weight > 0 ? Math.min(weight, 1) : 0;
    }
    start = end;
  }
  return 1;
}
