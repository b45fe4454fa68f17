import { boundText, type Family, type Label, type Sample } from './exposition.ts';
import { isUp, type Observation } from './report.ts';
import { requestsOf, type ApplicationTraffic, type Count, type Durations, type Traffic } from './traffic.ts';

/** What wallguard knows of itself. */
export interface Self {
  readonly version: string;
  readonly engine: string;
  readonly runtime: Runtime;
  /** By handler; each failed once or more when the count is not 0. */
  readonly handlerErrors: readonly Count[];
  /** Free bytes by zone. */
  readonly zonesFree: readonly Count[];
}

/** What wallguard runs in. */
export interface Runtime {
  readonly nginxVersion: string;
  readonly njsVersion: string;
  /** `njs` or `QuickJS`. */
  readonly jsEngine: string;
}

/** Everything that `/metrics` tells. Names: edge-peers-and-standards.md C3. */
export function metricFamilies(traffic: Traffic, observation: Observation, self: Self): readonly Family[] {
  return trafficFamilies(traffic).concat(serviceFamilies(observation), selfFamilies(self));
}

function trafficFamilies(traffic: Traffic): Family[] {
  const applications = traffic.applications;
  return [
    counter(
      'wallguard_requests',
      'Requests on protected servers, by what was done with them.',
      flatten(applications, function (application) {
        return [
          { labels: of(application, ['action', 'allowed']), value: application.allowed },
          { labels: of(application, ['action', 'detected']), value: application.detected },
          {
            labels: of(application, ['action', 'blocked']),
            value: requestsOf(application) - application.allowed - application.detected,
          },
        ];
      }),
    ),
    counter(
      'wallguard_attacks',
      'Requests in which the engine named this attack type; one request may have several.',
      flatten(applications, function (application) {
        return labelled(application, 'type', application.attacks);
      }),
    ),
    counter(
      'wallguard_blocked',
      'Blocked requests, by reason.',
      flatten(applications, function (application) {
        return labelled(application, 'reason', application.blocked);
      }),
    ),
    counter(
      'wallguard_responses',
      'Answers of protected servers, by class of their status.',
      flatten(applications, function (application) {
        return labelled(application, 'class', application.responses);
      }),
    ),
    {
      name: 'wallguard_request_duration_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'Time from the first byte read to the last byte sent.',
      samples: histogram(traffic.durations),
    },
    {
      name: 'wallguard_request_bytes',
      type: 'counter',
      unit: 'bytes',
      help: 'Bytes of requests (in) and of their answers (out), heads included.',
      samples: [
        { labels: [['direction', 'in']], value: traffic.bytesIn },
        { labels: [['direction', 'out']], value: traffic.bytesOut },
      ],
    },
    counter('wallguard_events_dropped', 'Telemetry events that were lost, by stage.', plain('stage', traffic.dropped)),
    counter('wallguard_requests_without_event', 'Requests that NGINX served on servers without wallguard.', [
      { labels: [], value: traffic.withoutEvent },
    ]),
  ];
}

function serviceFamilies(observation: Observation): Family[] {
  return [
    gauge(
      'wallguard_status_service_up',
      'Whether the statistics service answered with the statistics of a node.',
      isUp(observation) ? 1 : 0,
    ),
    {
      name: 'wallguard_status_service_poll_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'How long the last poll of the statistics service took.',
      samples: observation.polledAtMs === 0 ? [] : [{ labels: [], value: observation.durationMs / 1000 }],
    },
    {
      name: 'wallguard_status_service_last_poll_timestamp_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'Unix time of the last poll of the statistics service.',
      samples: observation.polledAtMs === 0 ? [] : [{ labels: [], value: observation.polledAtMs / 1000 }],
    },
    {
      name: 'wallguard_status_finding',
      type: 'gauge',
      unit: '',
      help: 'Findings about the statistics service and the node that are open now, 1 each.',
      samples: observation.findings.map(function (found) {
        return {
          labels: [
            ['code', found.code],
            ['severity', found.severity],
          ],
          value: 1,
        };
      }),
    },
  ];
}

function selfFamilies(self: Self): Family[] {
  return [
    counter(
      'wallguard_handler_errors',
      'Errors inside the JavaScript of wallguard, by handler.',
      plain('handler', self.handlerErrors),
    ),
    {
      name: 'wallguard_dict_free_bytes',
      type: 'gauge',
      unit: 'bytes',
      help: 'Free pages of a shared dictionary zone; at 0 counts and marks are lost.',
      samples: plain('zone', self.zonesFree),
    },
    {
      name: 'wallguard_build',
      type: 'info',
      unit: '',
      help: 'Versions of wallguard, NGINX and njs.',
      samples: [
        {
          labels: [
            ['version', self.version],
            ['engine', self.engine],
            ['nginx', self.runtime.nginxVersion],
            ['njs', self.runtime.njsVersion],
            ['js_engine', self.runtime.jsEngine],
          ],
          value: 1,
        },
      ],
    },
  ];
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: name, type: 'counter', unit: '', help: help, samples: samples };
}

function gauge(name: string, help: string, value: number): Family {
  return { name: name, type: 'gauge', unit: '', help: help, samples: [{ labels: [], value: value }] };
}

function histogram(durations: Durations): Sample[] {
  const samples: Sample[] = [];
  let cumulated = 0;
  for (let i = 0; i <= durations.boundsMs.length; i++) {
    cumulated += durations.counts[i] as number;
    const bound = durations.boundsMs[i];
    const seconds = bound === undefined ? Infinity : bound / 1000;
    samples.push({ part: 'bucket', labels: [['le', boundText(seconds)]], value: cumulated });
  }
  return samples.concat([
    { part: 'sum', labels: [], value: durations.sumMs / 1000 },
    { part: 'count', labels: [], value: cumulated },
  ]);
}

function labelled(application: ApplicationTraffic, label: string, counts: readonly Count[]): Sample[] {
  return counts.map(function (count) {
    return { labels: of(application, [label, count.of]), value: count.count };
  });
}

function plain(label: string, counts: readonly Count[]): Sample[] {
  return counts.map(function (count) {
    return { labels: [[label, count.of]], value: count.count };
  });
}

function of(application: ApplicationTraffic, label: Label): Label[] {
  return [['application', application.name], label];
}

function flatten(
  applications: readonly ApplicationTraffic[],
  samplesOf: (application: ApplicationTraffic) => Sample[],
): Sample[] {
  return applications.reduce(function (all, application) {
    return all.concat(samplesOf(application));
  }, [] as Sample[]);
}

/** Handlers whose failures are counted. */
export function handlerNames(): string[] {
  return 'note|attackTypes|own|blockPage|tick|deliver|outbox|monitorStatus|monitorMetrics|monitorHealth|statusJson|sendAnswer|verdict|payloads|triggers|lists|control'.split(
    '|',
  );
}
