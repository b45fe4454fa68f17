/** Filter by response status: a code (`404`) or a class (`4xx`). Nothing in it asks nothing. */
export function statusFilter(statuses: readonly string[]): (status: number) => boolean {
  return (status) => {
    const code = String(status);
    return statuses.length === 0 || statuses.indexOf(code) !== -1 || statuses.indexOf(code.charAt(0) + 'xx') !== -1;
  };
}
