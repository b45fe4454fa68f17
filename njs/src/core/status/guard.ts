/**
 * Refuses what none of the monitor's and the statistics service's locations serve. The address is NGINX's part
 * (`allow`, `deny`).
 *
 * @param forwarded  what proxies put into `X-Forwarded-For`, `Forwarded`, `X-Real-IP` and `Via`, joined: whoever comes
 *                   through a proxy has the proxy's address, so that `allow` says nothing about them
 * @returns          status to answer with, or 0 to go on
 */
export function refusal(method: string, forwarded: string): 0 | 403 | 405 {
  if (forwarded !== '') {
    return 403;
  }
  return method === 'GET' || method === 'HEAD' ? 0 : 405;
}
