/**
 * How much of the log one tick reads. Counting shares a worker with requests: while they pour in it takes a few percent
 * of it and falls behind, when they pause it catches up.
 *
 * @param unreadBytes  all that is left to read
 * @param grownBytes   how much the log grew since the last tick
 */
export function headsBudget(unreadBytes: number, grownBytes: number): number {
  const megabyte = 1048576;
  if (grownBytes < megabyte) {
    return 8 * megabyte;
  }
  return unreadBytes > 32 * megabyte ? 4 * megabyte : megabyte;
}
