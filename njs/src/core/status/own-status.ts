import { countOf, requestsOf, sumOf, type ApplicationTraffic, type Traffic } from './traffic.ts';

/**
 * The body of `/wallarm-status` where wallguard serves it: the keys of a Wallarm node that mean the same here. Others
 * are left out rather than set to 0, since 0 would say that somebody looked: docs/status-guard.md says of each why.
 *
 * @param startid        decimal digits; they may need more than 53 bits, so they are put in as text
 * @param lastRequestMs  Unix milliseconds of the last request; 0 before the first
 */
export function ownStatus(traffic: Traffic, startid: string, lastRequestMs: number): string {
  const applications = traffic.applications.map(function (application) {
    return Object.assign({ app_id: application.id }, counters([application]));
  });
  const total = counters(traffic.applications);
  const lost = sumOf(traffic.dropped);
  const status = Object.assign({}, total, {
    bytes_in: traffic.bytesIn,
    bytes_out: traffic.bytesOut,
    // A node counts here what it could not hand to postanalytics; wallguard, what it could not hand to its sinks.
    tnt_errors: lost,
    api_errors: 0,
    requests_lost: lost,
    startid: startid,
    timestamp: lastRequestMs / 1000,
    split: { clients: [Object.assign({ client_id: null }, total, { applications: applications })] },
  });
  return JSON.stringify(status).replace(/"startid":"(\d+)"/, '"startid":$1') + '\n';
}

function counters(applications: readonly ApplicationTraffic[]) {
  let requests = 0;
  let attacks = 0;
  let blocked = 0;
  let blockedByAcl = 0;
  for (let i = 0; i < applications.length; i++) {
    const application = applications[i] as ApplicationTraffic;
    requests += requestsOf(application);
    attacks += application.attacked;
    blocked += sumOf(application.blocked);
    blockedByAcl += countOf(application.blocked, 'denylist');
  }
  return { requests: requests, attacks: attacks, blocked: blocked, blocked_by_acl: blockedByAcl };
}
