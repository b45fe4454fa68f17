import { createHash } from 'node:crypto';

const known = new Map<string, string>();

/** What an njs adapter does with its `crypto` module; remembered, since tests ask for few texts very often. */
export function sha256(text: string): string {
  const digits = known.get(text) ?? createHash('sha256').update(text).digest('hex');
  if (known.size < 10_000) known.set(text, digits);
  return digits;
}
