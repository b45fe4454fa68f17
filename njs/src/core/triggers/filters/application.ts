/** Filter by the application that received the request; -1 is the default one. Nothing in it asks nothing. */
export function applicationFilter(applications: readonly number[]): (application: number) => boolean {
  return (application) => applications.length === 0 || applications.indexOf(application) !== -1;
}
