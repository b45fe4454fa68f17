/** A kit cannot be had, for a reason that the user can do something about: the message says what, why and what to do. */
export class KitError extends Error {
  override readonly name = 'KitError';
}
