/**
 * One line of telemetry per request, defined once: the native `log_format`s, the njs emitter, the JSON Schema and
 * `docs/telemetry.md` are all made from these tables.
 *
 * Names are OpenTelemetry's where it has one (semantic conventions; `security_rule.*` is still in development there),
 * otherwise they start with `wallguard.`. Encodings are those that NGINX's `log_format` and njs can both write: the end
 * of the request as Unix seconds, empty text for "absent", NGINX's own text for what happened upstream.
 * Source: edge-peers-and-standards.md C2, njs-capabilities.md 8.2.
 *
 * The first fields up to `timestamp` are the *counted head*: exact counters are made from it alone, by comparing bytes.
 * It is always written by NGINX, so keep its order; what follows may be in any order.
 */

/** Version of the line; a reader ignores keys it does not know. */
export const telemetrySchema = 'wallguard/1';

/** Ends the counted head. */
export const countedHeadEnd = ',"timestamp":';

export const actions = ['allowed', 'detected', 'blocked'] as const;
export type Action = (typeof actions)[number];

/** Why a request was refused; empty text means it was not. `bot` is the vendor's API abuse prevention. */
export const blockReasons = ['', 'attack', 'denylist', 'graylist', 'bot', 'status_guard', 'rate'] as const;
export type BlockReason = (typeof blockReasons)[number];

export type FieldType = 'string' | 'integer' | 'number' | 'strings';

export interface Field {
  readonly key: string;
  readonly type: FieldType;
  /** JSON text with the NGINX variables that the value comes from; empty where njs makes the line. */
  readonly native: string;
  /** `By`, `s`, or nothing. */
  readonly unit?: 'By' | 's';
  /**
   * The client chooses its bytes, or a number may be missing: NGINX writes it in plain lines only, where it was
   * checked. In any other line njs writes it.
   */
  readonly fromClient?: true;
  /** Most characters of a string, or of each string of a list. */
  readonly maxLength?: number;
  /** Most strings of a list. */
  readonly maxItems?: number;
  /** Every value there is. */
  readonly values?: readonly string[];
  /** Regular expression for a string, or for each string of a list. */
  readonly pattern?: string;
  readonly about: string;
}

/** Methods that are written as they came; any other is `_OTHER`, as OpenTelemetry has it. */
export const knownMethods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'CONNECT', 'TRACE'] as const;

const attackTypes = { pattern: '^[a-z0-9_]{1,32}$', maxItems: 53 };
const id = { pattern: '^[0-9a-f]{32}$' };

/** Fields of `event.name` = `request`, in the order in which they are written. */
export const requestFields = [
  {
    key: 'schema',
    type: 'string',
    native: '"wallguard/1"',
    values: [telemetrySchema],
    about: 'version of this line',
  },
  {
    key: 'event.name',
    type: 'string',
    native: '"request"',
    values: ['request'],
    about: '`request` here; `detection` adds what the engine found later',
  },
  {
    key: 'application',
    type: 'string',
    native: '"$wallguard_application"',
    maxLength: 64,
    about: 'application name from the settings, or `default`',
  },
  {
    key: 'wallguard.action',
    type: 'string',
    native: '"$wallguard_action"',
    values: actions,
    about: '`allowed`, `detected` (an attack that was let through) or `blocked`',
  },
  {
    key: 'wallguard.block.reason',
    type: 'string',
    native: '"$wallguard_block_reason"',
    values: blockReasons,
    about: 'why it was blocked; empty when it was not',
  },
  {
    key: 'wallguard.attack.types',
    type: 'strings',
    native: '[]',
    ...attackTypes,
    about:
      "attack types that the engine named, in the vendor's codes; `bit<N>` for one without a published name. Empty " +
      'with ModSecurity, which says them in its `detection`',
  },
  {
    key: 'http.response.status_code',
    type: 'integer',
    native: '$status',
    about: 'status sent; 0 when none was',
  },
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
    ...id,
    about: "the same on the blocking page, in `X-Request-ID` and in the engine's log",
  },
  {
    key: 'trace_id',
    type: 'string',
    native: '"$wallguard_trace_id"',
    fromClient: true,
    pattern: '^([0-9a-f]{32})?$',
    about: 'W3C trace id of a valid `traceparent`',
  },
  {
    key: 'span_id',
    type: 'string',
    native: '"$wallguard_span_id"',
    fromClient: true,
    pattern: '^([0-9a-f]{16})?$',
    about: 'W3C parent id of a valid `traceparent`',
  },
  {
    key: 'client.address',
    type: 'string',
    native: '"$remote_addr"',
    maxLength: 64,
    about: 'client address after realip; truncated or hashed if the settings say so',
  },
  {
    key: 'client.port',
    type: 'integer',
    native: '$remote_port',
    fromClient: true,
    about: 'client port; 0 where it is not known: behind a balancer, over a unix socket',
  },
  {
    key: 'network.peer.address',
    type: 'string',
    native: '"$realip_remote_addr"',
    maxLength: 64,
    about: 'address of the connection itself; treated like `client.address`',
  },
  {
    key: 'network.protocol.version',
    type: 'string',
    native: '"$server_protocol"',
    maxLength: 16,
    about: "NGINX's text, such as `HTTP/1.1`",
  },
  {
    key: 'server.address',
    type: 'string',
    native: '"$host"',
    fromClient: true,
    maxLength: 255,
    about: 'host asked for',
  },
  {
    key: 'server.port',
    type: 'integer',
    native: '$server_port',
    fromClient: true,
    about: 'port that accepted the request; 0 over a unix socket',
  },
  {
    key: 'url.scheme',
    type: 'string',
    native: '"$scheme"',
    values: ['http', 'https'],
    about: 'scheme',
  },
  {
    key: 'url.path',
    type: 'string',
    native: '"$wallguard_path"',
    fromClient: true,
    maxLength: 2048,
    about: 'path as sent',
  },
  {
    key: 'url.query',
    type: 'string',
    native: '"$args"',
    fromClient: true,
    maxLength: 4096,
    about: 'query as sent, values of secret keys replaced by `REDACTED`',
  },
  {
    key: 'http.request.method',
    type: 'string',
    native: '"$request_method"',
    fromClient: true,
    values: ['', ...knownMethods, '_OTHER'],
    about: 'method; `_OTHER` when it is not a known one, empty when the request line could not be read',
  },
  {
    key: 'http.request.method_original',
    type: 'string',
    native: '""',
    fromClient: true,
    maxLength: 64,
    about: 'the method as sent when it is `_OTHER`',
  },
  {
    key: 'http.response.body.size',
    type: 'integer',
    native: '$body_bytes_sent',
    unit: 'By',
    about: 'response body',
  },
  {
    key: 'upstream.address',
    type: 'string',
    native: '"$upstream_addr"',
    fromClient: true,
    maxLength: 1024,
    about: "NGINX's text: servers tried, separated by `, ` and ` : `",
  },
  {
    key: 'upstream.status',
    type: 'string',
    native: '"$upstream_status"',
    about: "NGINX's text: their statuses",
  },
  {
    key: 'upstream.duration',
    type: 'string',
    native: '"$upstream_response_time"',
    unit: 's',
    about: "NGINX's text: how long each took",
  },
  {
    key: 'user_agent.original',
    type: 'string',
    native: '"$http_user_agent"',
    fromClient: true,
    maxLength: 512,
    about: 'User-Agent',
  },
  {
    key: 'http.request.header.referer',
    type: 'string',
    native: '"$wallguard_referer"',
    fromClient: true,
    maxLength: 264,
    about: 'origin of the Referer only',
  },
  {
    key: 'tls.protocol.version',
    type: 'string',
    native: '"$ssl_protocol"',
    about: "NGINX's text, such as `TLSv1.3`",
  },
  {
    key: 'tls.cipher',
    type: 'string',
    native: '"$ssl_cipher"',
    about: 'cipher',
  },
  {
    key: 'tls.client.server_name',
    type: 'string',
    native: '"$ssl_server_name"',
    fromClient: true,
    maxLength: 255,
    about: 'SNI',
  },
  {
    key: 'connection.id',
    type: 'integer',
    native: '$connection',
    about: "NGINX's connection number",
  },
  {
    key: 'connection.requests',
    type: 'integer',
    native: '$connection_requests',
    about: 'requests on this connection so far',
  },
  {
    key: 'service.instance.id',
    type: 'string',
    native: '"$hostname"',
    about: 'host name of this node',
  },
  {
    key: 'wallguard.engine',
    type: 'string',
    native: '"$wallguard_engine"',
    values: ['wallarm', 'modsecurity', 'none'],
    about: 'filtering engine',
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
    fromClient: true,
    maxLength: 256,
    maxItems: 64,
    about: 'where in the request the engine found payloads',
  },
  {
    key: 'wallguard.attack.stamps',
    type: 'strings',
    native: '[]',
    fromClient: true,
    maxLength: 64,
    maxItems: 64,
    about: "the engine's ids of the matched signs",
  },
  {
    key: 'wallguard.payloads',
    type: 'strings',
    native: '[]',
    pattern: '^[a-z][a-z_0-9]{0,63}:[0-9]{1,16}$',
    maxItems: 32,
    about:
      'malicious payloads as triggers count them, `type:fingerprint`; the same payload has the same fingerprint. Empty ' +
      'with ModSecurity, which says them in its `detection`',
  },
  {
    key: 'wallguard.engine.reason',
    type: 'string',
    native: '""',
    fromClient: true,
    maxLength: 256,
    about: "the engine's own words on the block (`$wallarm_block_reason`), kept raw",
  },
  {
    key: 'wallguard.list',
    type: 'string',
    native: '"$wallguard_list"',
    values: ['', 'allow', 'deny', 'gray'],
    about: 'list that decided; empty when none did',
  },
  {
    key: 'wallguard.sampled_count',
    type: 'number',
    native: '$wallguard_sampled_count',
    about: 'how many requests this line stands for: 1 / sample rate for sampled clean traffic, else 1',
  },
] as const satisfies readonly Field[];

type ValueOf<T extends FieldType> = T extends 'string' ? string : T extends 'strings' ? string[] : number;

/** One request line. `wallguard.attack.types` and the other lists are empty, never absent. */
export type RequestEvent = { [F in (typeof requestFields)[number] as F['key']]: ValueOf<F['type']> };

/** What the engine's own log said of a request, written when that log was read: same id as the request line. */
export const detectionFields = [
  {
    key: 'schema',
    type: 'string',
    native: '',
    values: [telemetrySchema],
    about: 'version of this line',
  },
  {
    key: 'event.name',
    type: 'string',
    native: '',
    values: ['detection'],
    about: '`detection`',
  },
  {
    key: 'timestamp',
    type: 'number',
    native: '',
    unit: 's',
    about: "Unix time of the engine's record",
  },
  {
    key: 'http.request.id',
    type: 'string',
    native: '',
    ...id,
    about: 'id of the request it belongs to',
  },
  {
    key: 'application',
    type: 'string',
    native: '',
    maxLength: 64,
    about: 'application name; empty when the engine did not keep it',
  },
  {
    key: 'client.address',
    type: 'string',
    native: '',
    maxLength: 64,
    about: 'client address, treated as in the request line',
  },
  {
    key: 'wallguard.engine',
    type: 'string',
    native: '',
    values: ['modsecurity'],
    about: 'filtering engine',
  },
  {
    key: 'wallguard.mode',
    type: 'string',
    native: '',
    values: ['off', 'monitoring', 'safe_blocking', 'block'],
    about: 'filtration mode in force',
  },
  {
    key: 'wallguard.action',
    type: 'string',
    native: '',
    values: actions,
    about:
      '`blocked`; `detected` for an attack that was let through; `allowed` when what matched is no attack by itself',
  },
  {
    key: 'wallguard.attack.types',
    type: 'strings',
    native: '',
    ...attackTypes,
    about: "attack types by rule id, in the vendor's codes",
  },
  {
    key: 'wallguard.attack.points',
    type: 'strings',
    native: '',
    maxLength: 128,
    maxItems: 16,
    about: 'variables in which rules matched, such as `ARGS:id`',
  },
  {
    key: 'wallguard.payloads',
    type: 'strings',
    native: '',
    pattern: '^[a-z][a-z_0-9]{0,63}:[0-9]{1,16}$',
    maxItems: 32,
    about: 'malicious payloads as triggers count them, `type:fingerprint`; the same payload has the same fingerprint',
  },
  {
    key: 'security_rule.uuid',
    type: 'strings',
    native: '',
    pattern: '^[0-9]{1,10}$',
    maxItems: 32,
    about: 'ids of the rules that matched',
  },
  {
    key: 'security_rule.name',
    type: 'strings',
    native: '',
    maxLength: 128,
    maxItems: 32,
    about: 'what these rules say, each text once',
  },
  {
    key: 'security_rule.ruleset.name',
    type: 'string',
    native: '',
    maxLength: 64,
    about: 'rule set and version',
  },
] as const satisfies readonly Field[];

export type DetectionEvent = { [F in (typeof detectionFields)[number] as F['key']]: ValueOf<F['type']> };

/** A sign of life, written when NGINX serves requests but no line arrives: it shows whether the sinks still work. */
export const heartbeatFields = [
  {
    key: 'schema',
    type: 'string',
    native: '',
    values: [telemetrySchema],
    about: 'version of this line',
  },
  {
    key: 'event.name',
    type: 'string',
    native: '',
    values: ['heartbeat'],
    about: '`heartbeat`',
  },
  {
    key: 'timestamp',
    type: 'number',
    native: '',
    unit: 's',
    about: 'Unix time',
  },
] as const satisfies readonly Field[];

/** A trigger fired: a source showed more different malicious payloads than it may. */
export const triggerFields = [
  { key: 'schema', type: 'string', native: '', values: [telemetrySchema], about: 'version of this line' },
  { key: 'event.name', type: 'string', native: '', values: ['trigger'], about: '`trigger`' },
  { key: 'timestamp', type: 'number', native: '', unit: 's', about: 'Unix time of the firing' },
  {
    key: 'http.request.id',
    type: 'string',
    native: '',
    pattern: '^([0-9a-f]{32})?$',
    about: 'the request that showed the deciding payload',
  },
  {
    key: 'application',
    type: 'string',
    native: '',
    maxLength: 64,
    about: 'application that it was sent to; empty when the engine did not keep it',
  },
  {
    key: 'client.address',
    type: 'string',
    native: '',
    maxLength: 64,
    about: 'the source: an IPv4 address, or an IPv6 network; treated as in the request line',
  },
  { key: 'wallguard.trigger.id', type: 'string', native: '', maxLength: 32, about: 'the trigger' },
  {
    key: 'wallguard.trigger.condition',
    type: 'string',
    native: '',
    values: ['multiple_payloads'],
    about: "the vendor's word for the number of malicious payloads in its search (wallarm-node.md 6.1)",
  },
  {
    key: 'wallguard.trigger.outcome',
    type: 'string',
    native: '',
    values: ['fired', 'observed'],
    about: '`fired`; `observed` has no consequences',
  },
  {
    key: 'wallguard.attack.types',
    type: 'strings',
    native: '',
    ...attackTypes,
    about: "`vectors`, the vendor's code of an attack by many payloads",
  },
  { key: 'wallguard.trigger.payloads', type: 'integer', native: '', about: 'different payloads within the window' },
  {
    key: 'wallguard.trigger.threshold',
    type: 'integer',
    native: '',
    about: 'how many it may show without consequences',
  },
  { key: 'wallguard.trigger.window', type: 'number', native: '', unit: 's', about: 'the window' },
  {
    key: 'wallguard.trigger.period',
    type: 'number',
    native: '',
    unit: 's',
    about: 'how long the source is listed; 0 for ever',
  },
  {
    key: 'wallguard.list',
    type: 'string',
    native: '',
    values: ['deny', 'gray'],
    about: 'the list it is put on, or would be',
  },
] as const satisfies readonly Field[];

export type FiredEvent = { [F in (typeof triggerFields)[number] as F['key']]: ValueOf<F['type']> };

/** An entry came onto a list, left it, or could not be taken. */
export const listChangeFields = [
  { key: 'schema', type: 'string', native: '', values: [telemetrySchema], about: 'version of this line' },
  { key: 'event.name', type: 'string', native: '', values: ['list_change'], about: '`list_change`' },
  { key: 'timestamp', type: 'number', native: '', unit: 's', about: 'Unix time of the change' },
  { key: 'wallguard.list', type: 'string', native: '', values: ['allow', 'deny', 'gray'], about: 'the list' },
  {
    key: 'wallguard.list.operation',
    type: 'string',
    native: '',
    values: ['add', 'remove', 'expire', 'refuse'],
    about: '`refuse`: the entry of a trigger could not be written',
  },
  {
    key: 'client.address',
    type: 'string',
    native: '',
    maxLength: 64,
    about: 'address or network of the entry; treated as in the request line',
  },
  {
    key: 'wallguard.list.applications',
    type: 'strings',
    native: '',
    pattern: '^-?[0-9]{1,10}$',
    maxItems: 64,
    about: 'ids of the applications it is limited to; empty for all',
  },
  {
    key: 'wallguard.list.expires',
    type: 'number',
    native: '',
    unit: 's',
    about: 'Unix time at which the entry ends; 0 for never',
  },
  {
    key: 'wallguard.list.source',
    type: 'string',
    native: '',
    maxLength: 32,
    about: '`manual`, or the id of the trigger that made the entry',
  },
  { key: 'wallguard.list.author', type: 'string', native: '', maxLength: 100, about: 'who made the change' },
  { key: 'wallguard.list.reason', type: 'string', native: '', maxLength: 500, about: 'why' },
] as const satisfies readonly Field[];

export type ListChangeEvent = { [F in (typeof listChangeFields)[number] as F['key']]: ValueOf<F['type']> };
