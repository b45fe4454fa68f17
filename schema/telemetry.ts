/**
 * One line of telemetry per request, defined once: the native `log_format`, the njs emitter's type, the JSON Schema and
 * `docs/telemetry.md` are all made from this table.
 *
 * Names are OpenTelemetry's where it has one (semantic conventions; `security_rule.*` is still in development there),
 * otherwise they start with `wallguard.`. Encodings are those that NGINX's `log_format` and njs can both write: the end
 * of the request as Unix seconds, empty text for "absent", NGINX's own text for what happened upstream.
 * Source: edge-peers-and-standards.md C2, njs-capabilities.md 8.2.
 *
 * The first fields up to `timestamp` are the *counted head*: exact counters are made by grouping lines on it, so its
 * fields are few, short and safe to compare as text. Keep their order.
 */

/** Version of the line; a reader ignores keys it does not know. */
export const telemetrySchema = 'wallguard/1';

export const actions = ['allowed', 'detected', 'blocked'] as const;
export type Action = (typeof actions)[number];

/** Why a request was refused; empty text means it was not. */
export const blockReasons = ['', 'attack', 'denylist', 'graylist', 'status_guard', 'rate'] as const;
export type BlockReason = (typeof blockReasons)[number];

export type FieldType = 'string' | 'integer' | 'number' | 'strings';

export interface Field {
  readonly key: string;
  readonly type: FieldType;
  /** JSON text with NGINX variables, as it stands in `log_format escape=json`. */
  readonly native: string;
  /** `By`, `s`, or nothing. */
  readonly unit?: 'By' | 's';
  readonly about: string;
}

/** Fields of `event.name` = `request`, in the order in which they are written. */
export const requestFields = [
  { key: 'schema', type: 'string', native: '"wallguard/1"', about: 'version of this line' },
  {
    key: 'event.name',
    type: 'string',
    native: '"request"',
    about: '`request` here; `detection` adds what the engine found later',
  },
  {
    key: 'application',
    type: 'string',
    native: '"$wallguard_application"',
    about: 'application name from the settings, or `default`',
  },
  {
    key: 'wallguard.action',
    type: 'string',
    native: '"$wallguard_action"',
    about: '`allowed`, `detected` (an attack that was let through) or `blocked`',
  },
  {
    key: 'wallguard.block.reason',
    type: 'string',
    native: '"$wallguard_block_reason"',
    about: 'why it was blocked: `attack`, `denylist`, `graylist`, `status_guard`, `rate`; empty otherwise',
  },
  {
    key: 'wallguard.attack.types',
    type: 'strings',
    native: '[]',
    about: "attack types that the engine named, in the vendor's codes",
  },
  { key: 'http.response.status_code', type: 'integer', native: '$status', about: 'status sent; 0 when none was' },
  {
    key: 'http.server.request.duration',
    type: 'number',
    native: '$request_time',
    unit: 's',
    about: 'from the first byte read to the last byte sent',
  },
  {
    key: 'http.request.size',
    type: 'integer',
    native: '$request_length',
    unit: 'By',
    about: 'request line, headers and body',
  },
  {
    key: 'http.response.size',
    type: 'integer',
    native: '$bytes_sent',
    unit: 'By',
    about: 'status line, headers and body',
  },
  {
    key: 'timestamp',
    type: 'number',
    native: '$msec',
    unit: 's',
    about: 'Unix time of the end of the request, millisecond resolution',
  },
  {
    key: 'http.request.id',
    type: 'string',
    native: '"$request_id"',
    about: "32 hex digits; the same on the blocking page, in `X-Request-ID` and in the engine's log",
  },
  { key: 'trace_id', type: 'string', native: '"$wallguard_trace_id"', about: 'W3C trace id of a valid `traceparent`' },
  { key: 'span_id', type: 'string', native: '"$wallguard_span_id"', about: 'W3C parent id of a valid `traceparent`' },
  {
    key: 'client.address',
    type: 'string',
    native: '"$remote_addr"',
    about: 'client address after realip; truncated or hashed if the settings say so',
  },
  { key: 'client.port', type: 'integer', native: '$remote_port', about: 'client port; 0 over a unix socket' },
  {
    key: 'network.peer.address',
    type: 'string',
    native: '"$realip_remote_addr"',
    about: 'address of the connection itself; treated like `client.address`',
  },
  {
    key: 'network.protocol.version',
    type: 'string',
    native: '"$server_protocol"',
    about: "NGINX's text, such as `HTTP/1.1`",
  },
  { key: 'server.address', type: 'string', native: '"$host"', about: 'host asked for' },
  {
    key: 'server.port',
    type: 'integer',
    native: '$server_port',
    about: 'port that accepted the request; 0 over a unix socket',
  },
  { key: 'url.scheme', type: 'string', native: '"$scheme"', about: '`http` or `https`' },
  { key: 'url.path', type: 'string', native: '"$wallguard_path"', about: 'path as sent, at most 2048 characters' },
  {
    key: 'url.query',
    type: 'string',
    native: '"$args"',
    about: 'query as sent, values of secret keys replaced by REDACTED, at most 4096 characters',
  },
  {
    key: 'http.request.method',
    type: 'string',
    native: '"$request_method"',
    about: 'method; `_OTHER` when it is not a known one',
  },
  {
    key: 'http.request.method_original',
    type: 'string',
    native: '""',
    about: 'the method as sent when it is `_OTHER`',
  },
  { key: 'http.response.body.size', type: 'integer', native: '$body_bytes_sent', unit: 'By', about: 'response body' },
  {
    key: 'upstream.address',
    type: 'string',
    native: '"$upstream_addr"',
    about: "NGINX's text: servers tried, separated by `, ` and ` : `",
  },
  { key: 'upstream.status', type: 'string', native: '"$upstream_status"', about: "NGINX's text: their statuses" },
  {
    key: 'upstream.duration',
    type: 'string',
    native: '"$upstream_response_time"',
    about: "NGINX's text: seconds each took",
  },
  {
    key: 'user_agent.original',
    type: 'string',
    native: '"$http_user_agent"',
    about: 'User-Agent, at most 512 characters',
  },
  {
    key: 'http.request.header.referer',
    type: 'string',
    native: '"$wallguard_referer"',
    about: 'origin of the Referer only',
  },
  { key: 'tls.protocol.version', type: 'string', native: '"$ssl_protocol"', about: "NGINX's text, such as `TLSv1.3`" },
  { key: 'tls.cipher', type: 'string', native: '"$ssl_cipher"', about: 'cipher' },
  { key: 'tls.client.server_name', type: 'string', native: '"$ssl_server_name"', about: 'SNI' },
  { key: 'connection.id', type: 'integer', native: '$connection', about: "NGINX's connection number" },
  {
    key: 'connection.requests',
    type: 'integer',
    native: '$connection_requests',
    about: 'requests on this connection so far',
  },
  { key: 'service.instance.id', type: 'string', native: '"$hostname"', about: 'host name of this node' },
  {
    key: 'wallguard.engine',
    type: 'string',
    native: '"$wallguard_engine"',
    about: '`wallarm`, `modsecurity` or `none`',
  },
  {
    key: 'wallguard.mode',
    type: 'string',
    native: '"$wallguard_effective_mode"',
    about: 'filtration mode in force for this request',
  },
  {
    key: 'wallguard.attack.points',
    type: 'strings',
    native: '[]',
    about: 'where in the request the engine found payloads',
  },
  { key: 'wallguard.attack.stamps', type: 'strings', native: '[]', about: "the engine's ids of the matched signs" },
  {
    key: 'wallguard.engine.reason',
    type: 'string',
    native: '""',
    about: "the engine's own words on the block (`$wallarm_block_reason`), kept raw",
  },
  {
    key: 'wallguard.list',
    type: 'string',
    native: '"$wallguard_list"',
    about: 'list that decided: `allow`, `deny`, `gray`; empty when none did',
  },
  {
    key: 'wallguard.sampled_count',
    type: 'number',
    native: '$wallguard_sampled_count',
    about: 'how many requests this line stands for (1 / sample rate for sampled clean traffic, else 1)',
  },
] as const satisfies readonly Field[];

type ValueOf<T extends FieldType> = T extends 'string' ? string : T extends 'strings' ? string[] : number;

/** One request line. `wallguard.attack.types` and the other lists are empty, never absent. */
export type RequestEvent = { [F in (typeof requestFields)[number] as F['key']]: ValueOf<F['type']> };

/** What the engine's own log said of a request, written when that log was read: same id as the request line. */
export const detectionFields = [
  { key: 'schema', type: 'string', native: '', about: 'version of this line' },
  { key: 'event.name', type: 'string', native: '', about: '`detection`' },
  { key: 'timestamp', type: 'number', native: '', unit: 's', about: "Unix time of the engine's record" },
  { key: 'http.request.id', type: 'string', native: '', about: 'id of the request it belongs to' },
  { key: 'application', type: 'string', native: '', about: 'application name' },
  { key: 'client.address', type: 'string', native: '', about: 'client address, treated as in the request line' },
  { key: 'wallguard.engine', type: 'string', native: '', about: '`modsecurity`' },
  { key: 'wallguard.mode', type: 'string', native: '', about: 'filtration mode in force' },
  { key: 'wallguard.action', type: 'string', native: '', about: '`blocked` or `detected`' },
  {
    key: 'wallguard.attack.types',
    type: 'strings',
    native: '',
    about: "attack types by rule id, in the vendor's codes",
  },
  {
    key: 'wallguard.attack.points',
    type: 'strings',
    native: '',
    about: 'variables in which rules matched, such as `ARGS:id`',
  },
  { key: 'security_rule.uuid', type: 'strings', native: '', about: 'ids of the rules that matched' },
  { key: 'security_rule.name', type: 'strings', native: '', about: 'their messages' },
  { key: 'security_rule.ruleset.name', type: 'string', native: '', about: 'rule set and version' },
] as const satisfies readonly Field[];

export type DetectionEvent = { [F in (typeof detectionFields)[number] as F['key']]: ValueOf<F['type']> };
export type TelemetryEvent = RequestEvent | DetectionEvent;
