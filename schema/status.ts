/**
 * Shapes of the statistics service and of wallguard's verdict on it: the JSON keys of `/wallarm-status` with their
 * Prometheus names, and what the monitor's `/status` answers. Source: wallarm-node.md 1.4, 1.5.
 */

/** Version of the answer of `/status`; a reader ignores keys it does not know. */
export const statusSchema = 'wallguard-status/1';

/**
 * `ok`: polled, nothing of severity `error`. `broken`: at least one finding of severity `error`. `unknown`: wallguard
 * could not find out, which is not the same as ok.
 */
export type Verdict = 'ok' | 'broken' | 'unknown';

export type FindingSeverity = 'error' | 'warning' | 'info';

/** Stable names of what can be found; none is ever reused for something else. */
export type FindingCode =
  | 'status-unknown'
  | 'status-refused'
  | 'status-timeout'
  | 'status-unreadable'
  | 'status-not-found'
  | 'status-forbidden'
  | 'status-unexpected-code'
  | 'status-prometheus'
  | 'status-html'
  | 'status-truncated'
  | 'status-invalid-json'
  | 'status-keys-missing'
  | 'status-keys-differ'
  | 'status-frozen'
  | 'status-stale'
  | 'status-restarted'
  | 'rulesets-failed'
  | 'rulesets-fallback'
  | 'postanalytics-errors'
  | 'segfaults';

export interface StatusFinding {
  readonly code: FindingCode;
  readonly severity: FindingSeverity;
  readonly message: string;
  /** What was seen: printable ASCII, at most 200 characters. */
  readonly evidence: string;
  /** What to do, for this generation of the node. */
  readonly remedy: string;
}

/** Answer of the monitor's `/status`. */
export interface StatusReport {
  readonly schema: typeof statusSchema;
  readonly verdict: Verdict;
  readonly version: string;
  readonly engine: 'wallarm' | 'modsecurity' | 'none';
  readonly service: {
    readonly url: string;
    /** RFC 3339; empty when there was no poll. */
    readonly polled_at: string;
    readonly duration_ms: number;
    /** 0 when no HTTP answer came. */
    readonly http_status: number;
    /** Unsigned 64 bit number, therefore text; empty when unknown. */
    readonly startid: string;
  };
  /** Worst first. */
  readonly findings: readonly StatusFinding[];
}

/** How a value moves: counters grow from NGINX's start on, gauges go both ways, infos identify something. */
export type StatusKeyKind = 'counter' | 'gauge' | 'info';

/** One number in the JSON of `/wallarm-status`, and its Prometheus form. */
export interface StatusKey {
  /** Path in the JSON, such as `rate_limit.entries`. */
  readonly path: string;
  readonly kind: StatusKeyKind;
  /** First node version that has it; empty when every documented one has, `6` alone for some release of 6.x. */
  readonly since: string;
  /** First node version that lacks it again. */
  readonly until?: string;
  /** Deprecated, or missing from some samples of the vendor: its absence says nothing. */
  readonly optional?: true;
  /** Without it the body is not the statistics of a node, whatever its version. */
  readonly core?: true;
  /** Prometheus name where it is not `wallarm_` and the path with `_` for `.`; empty when it has none. */
  readonly metric?: string;
  /** Prometheus label of the sample, or the key whose value becomes the label. */
  readonly label?: { readonly name: string; readonly value: string } | { readonly name: string; readonly from: string };
  /** Prometheus type on the vendor's wire where it is not `gauge`, which the vendor gives even to counters. */
  readonly declared?: 'counter';
  /** HELP text on the vendor's wire, its slips included. */
  readonly help: string;
}

/** The documented keys, in the order of the vendor's Prometheus output. A function, so that njs pays only on call. */
export function statusKeys(): readonly StatusKey[] {
  return [
    { path: 'requests', kind: 'counter', since: '', core: true, help: 'requests count' },
    { path: 'streams', kind: 'counter', since: '6.2.0', help: 'requests count' },
    { path: 'messages', kind: 'counter', since: '6.2.0', help: 'requests count' },
    { path: 'attacks', kind: 'counter', since: '', core: true, help: 'attack requests count' },
    { path: 'blocked', kind: 'counter', since: '', core: true, help: 'blocked requests count' },
    { path: 'blocked_by_acl', kind: 'counter', since: '', help: 'blocked by acl requests count' },
    { path: 'blocked_by_antibot', kind: 'counter', since: '6', help: 'blocked by Wallarm Antibot requests count' },
    { path: 'acl_allow_list', kind: 'counter', since: '', until: '6.0', help: 'requests passed by allow list' },
    { path: 'abnormal', kind: 'counter', since: '', until: '6.8.0', help: 'abnormal requests count' },
    { path: 'bytes_in', kind: 'counter', since: '6', help: 'total bytes received on listen servers' },
    { path: 'bytes_out', kind: 'counter', since: '6', help: 'total bytes sent from listen servers' },
    {
      path: 'bytes_blocked_in',
      kind: 'counter',
      since: '6.10.2',
      declared: 'counter',
      help: 'total bytes received in blocked requests',
    },
    {
      path: 'bytes_blocked_out',
      kind: 'counter',
      since: '6.10.2',
      declared: 'counter',
      help: 'total bytes sent in blocked responses',
    },
    {
      path: 'bytes_blocked_by_acl_in',
      kind: 'counter',
      since: '6.10.2',
      declared: 'counter',
      help: 'total bytes received in ACL-blocked requests',
    },
    {
      path: 'bytes_blocked_by_acl_out',
      kind: 'counter',
      since: '6.10.2',
      declared: 'counter',
      help: 'total bytes sent in ACL-blocked responses',
    },
    { path: 'tnt_errors', kind: 'counter', since: '', core: true, help: 'wstore write errors count' },
    { path: 'api_errors', kind: 'counter', since: '', help: 'API write errors count' },
    { path: 'requests_lost', kind: 'counter', since: '', help: 'lost requests count' },
    { path: 'overlimits_time', kind: 'counter', since: '', help: 'overlimits_time count' },
    { path: 'segfaults', kind: 'counter', since: '', help: 'segmentation faults count' },
    { path: 'memfaults', kind: 'counter', since: '', help: 'vmem limit reached events count' },
    { path: 'softmemfaults', kind: 'counter', since: '', help: 'request memory limit reached events count' },
    {
      path: 'proton_errors',
      kind: 'counter',
      since: '',
      help: 'libproton non-memory related libproton faults events count',
    },
    {
      path: 'time_detect',
      kind: 'counter',
      since: '',
      metric: 'wallarm_time_detect_seconds',
      help: 'time spent for detection',
    },
    { path: 'db_id', kind: 'info', since: '', help: 'proton.db file id' },
    { path: 'lom_id', kind: 'info', since: '', optional: true, help: 'LOM file id' },
    {
      path: 'custom_ruleset_id',
      kind: 'info',
      since: '',
      label: { name: 'format', from: 'custom_ruleset_ver' },
      help: 'Custom Ruleset file id',
    },
    { path: 'custom_ruleset_ver', kind: 'info', since: '', help: 'Custom Ruleset file format version' },
    { path: 'db_apply_time', kind: 'info', since: '', help: 'proton.db file apply time id' },
    { path: 'lom_apply_time', kind: 'info', since: '', optional: true, help: 'LOM file apply time' },
    { path: 'custom_ruleset_apply_time', kind: 'info', since: '', help: 'Custom Ruleset file apply time' },
    {
      path: 'proton_instances.success',
      kind: 'gauge',
      since: '',
      metric: 'wallarm_proton_instances',
      label: { name: 'status', value: 'success' },
      help: 'proton instances count',
    },
    {
      path: 'proton_instances.fallback',
      kind: 'gauge',
      since: '',
      metric: 'wallarm_proton_instances',
      label: { name: 'status', value: 'fallback' },
      help: 'proton instances count',
    },
    {
      path: 'proton_instances.failed',
      kind: 'gauge',
      since: '',
      metric: 'wallarm_proton_instances',
      label: { name: 'status', value: 'failed' },
      help: 'proton instances count',
    },
    { path: 'startid', kind: 'info', since: '', core: true, help: 'unique start id' },
    { path: 'compatibility', kind: 'info', since: '6', help: 'unique start id' },
    { path: 'config_revision', kind: 'info', since: '6', help: 'config file revision number' },
    { path: 'rate_limit.shm_zone_size', kind: 'info', since: '', help: 'shared memory size' },
    { path: 'rate_limit.buckets_count', kind: 'gauge', since: '', help: 'buckets created' },
    { path: 'rate_limit.entries', kind: 'gauge', since: '', help: 'number of tracked keys' },
    { path: 'rate_limit.delayed', kind: 'counter', since: '', help: 'delayed requests' },
    { path: 'rate_limit.exceeded', kind: 'counter', since: '', help: 'exceeded and rejected requests' },
    { path: 'rate_limit.expired', kind: 'counter', since: '', help: 'expired keys ' },
    { path: 'rate_limit.removed', kind: 'counter', since: '', help: 'total amount of removed keys' },
    { path: 'rate_limit.no_free_nodes', kind: 'counter', since: '', help: 'allocation fails' },
    {
      path: 'apifw_subrequest_timeouts',
      kind: 'counter',
      since: '6',
      optional: true,
      help: 'apifw subrequest timeouts count',
    },
    { path: 'timestamp', kind: 'gauge', since: '', core: true, metric: '', help: '' },
    { path: 'proton_instances.total', kind: 'gauge', since: '', metric: '', help: '' },
    { path: 'stalled_workers_count', kind: 'gauge', since: '', metric: '', help: '' },
  ];
}
