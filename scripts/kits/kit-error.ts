/** What to do when the cache cannot be written. */
export const SPACE_ADVICE = 'Set WALLGUARD_KITS to a directory that you can write to and that has 250 MB free.';

/** A kit cannot be had, for a reason that the user can do something about: the message says what, why and what to do. */
export class KitError extends Error {
  override readonly name = 'KitError';
}
