import { count } from './counters.ts';

/**
 * Records that a handler failed: counted each time (`errors|<where>`), logged once per cause and hour.
 *
 * @param where  handler that failed, such as `note`
 */
export function failed(where: string, error: unknown): void {
  count('errors|' + where, 1);
  const cause = where + ': ' + describe(error);
  try {
    const state = ngx.shared.wallguard_state as NgxSharedDict<string>;
    if (!state.add('logged|' + cause.slice(0, 120), '1', 3600000)) {
      return;
    }
  } catch (_full) {
    // Without room for the mark the message is logged again: better twice than never.
  }
  ngx.log(ngx.ERR, 'wallguard ' + cause);
}

function describe(error: unknown): string {
  if (error instanceof Error) {
    return error.name + ': ' + error.message;
  }
  return String(error);
}
