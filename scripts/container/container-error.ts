/** Containers cannot be had here, for a reason that the user can do something about. */
export class ContainerError extends Error {
  override readonly name = 'ContainerError';
}
