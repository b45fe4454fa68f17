import { distance } from 'fastest-levenshtein';

/**
 * The candidate that somebody most likely meant: the same word in other spelling (`Block`, `block-page`), its beginning
 * (`modsec`), or a word with few letters wrong.
 *
 * @returns undefined when nothing is near enough to be worth showing
 */
export function suggest(given: string, candidates: readonly string[]): string | undefined {
  // Longer text is never a slip of one of our words, and the distance takes quadratic time.
  if (given === '' || given.length > 64) {
    return undefined;
  }
  const plain = normalise(given);
  let best: string | undefined;
  // Two swapped letters are two edits.
  let bestDistance = (plain.length < 4 ? 1 : Math.max(2, Math.floor(plain.length / 4))) + 1;
  for (const candidate of candidates) {
    const other = normalise(candidate);
    const away = plain.length >= 3 && other.startsWith(plain) ? 1 : distance(plain, other);
    if (away < bestDistance) {
      best = candidate;
      bestDistance = away;
    }
  }
  return best;
}

function normalise(text: string): string {
  return text.toLowerCase().replaceAll('-', '_');
}
