/**
 * Telemetry: which lines are written, by whom, and where to.
 *
 * A request is *plain* when NGINX can write its line without a look at the bytes: every value that the client chose is
 * printable ASCII without `"` and `\`, within limits, no secret stands in the query, the engine saw nothing. One regular
 * expression on one concatenation finds that out; it takes path, query, trace ids and the Referer's origin apart on the
 * way, so these cost nothing more. Because plain text needs no escaping, plain lines are written with `escape=none`,
 * which pays for the expression. In any other line njs writes the fields that the client chose.
 */
import type { Settings } from '../../../schema/settings.ts';
import { countedHeadEnd, requestFields, type Field } from '../../../schema/telemetry.ts';
import { modesInUse } from './modes-conf.ts';
import { headsFile } from './runtime.ts';
import { block, quote } from './text.ts';

/**
 * For servers that only wallguard and its readers use, instead of `access_log off`: nothing is written, and requests are
 * counted, so that they are not missed when NGINX's count is compared with the lines.
 */
export const ownRequestLog = 'access_log /dev/null wallguard_outbox if=$wallguard_own;';

/** Maps, formats and the njs handlers of telemetry. */
export function telemetryHttp(settings: Settings): string[] {
  const { redact, sample_clean } = settings.telemetry;
  return [
    ...verdictMaps(settings),
    ...(redact.address === 'truncate' ? addressMaps() : []),
    '# NGINX has no status for a request that it could not read.',
    ...block('map $status $wallguard_status', ['default $status;', '000 0;', '009 0;']),
    ...(sample_clean === 1 ? [] : samplingMaps(settings)),
    '',
    ...(redact.address === 'hmac' ? [] : plainMap(settings)),
    '',
    'js_set $wallguard_event wallguard_hot.note;',
    ...(settings.engine === 'wallarm'
      ? [
          'js_set $wallguard_attack_types wallguard_hot.attackTypes;',
          'js_set $wallguard_payloads wallguard_hot.payloads;',
        ]
      : []),
    'js_set $wallguard_own wallguard_hot.own;',
    'js_var $wallguard_outbox;',
    ...(redact.address === 'hmac'
      ? []
      : [
          ...logFormat('wallguard_native', lineText(settings, plainValues(settings, true))),
          ...logFormat('wallguard_native_blocked', lineText(settings, plainValues(settings, false))),
        ]),
    ...logFormat('wallguard_js', lineText(settings, specialValues(settings))),
    ...(headsFile(settings).isTelemetry ? [] : logFormat('wallguard_heads', headText(settings))),
    "log_format wallguard_outbox escape=none '$wallguard_outbox';",
  ];
}

/** The lines of a protected server. */
export function telemetryServer(settings: Settings): string[] {
  const { sinks, redact, sample_clean } = settings.telemetry;
  const heads = headsFile(settings);
  const lines = sinks.flatMap((sink) => {
    const { target, options } = sinkTarget(sink, settings);
    const log = (format: string, condition: string): string =>
      ['access_log', target, format, ...options, ...(condition === '' ? [] : [`if=${condition}`])].join(' ') + ';';
    return redact.address === 'hmac'
      ? [log('wallguard_js', sample_clean === 1 ? '' : '$wallguard_kept')]
      : [
          log('wallguard_native', '$wallguard_plain'),
          log('wallguard_native_blocked', '$wallguard_refused'),
          log('wallguard_js', '$wallguard_special'),
        ];
  });
  return heads.isTelemetry
    ? lines
    : [...lines, `access_log ${heads.path} wallguard_heads ${fileOptions(settings).join(' ')};`];
}

/** What the monitor server offers to wallguard itself, and the tasks that run without a request. */
export function telemetryMonitor(settings: Settings): string[] {
  const own = ['allow 127.0.0.0/8;', 'allow ::1;', ...listenAddress(settings), 'deny all;'];
  const cold = 'js_import wallguard_cold from wallguard/cold.js;';
  return [
    '# Lines that njs made without a request leave through here, so that they reach the same sinks.',
    ...block('location = /-/outbox', [
      ...own,
      cold,
      ...settings.telemetry.sinks.map((sink) => {
        const { target, options } = sinkTarget(sink, settings);
        return ['access_log', target, 'wallguard_outbox', ...options, 'if=$wallguard_outbox'].join(' ') + ';';
      }),
      ownRequestLog,
      'js_content wallguard_cold.outbox;',
    ]),
    '# How many requests NGINX took, to be compared with the lines.',
    ...block('location = /-/requests', [...own, 'stub_status;']),
    ...block('location @wallguard_periodic', [
      cold,
      'js_fetch_timeout 2s;',
      ...webhookNetwork(settings),
      `js_periodic wallguard_cold.tick interval=${settings.engine === 'modsecurity' ? 100 : 200}ms;`,
      'js_periodic wallguard_cold.deliver interval=1s;',
    ]),
  ];
}

/** What `ngx.fetch` needs for webhooks beyond an address. */
function webhookNetwork({ triggers = [] }: Settings): string[] {
  const webhooks = triggers.flatMap(({ webhook }) => webhook ?? []);
  const resolvers = [...new Set(webhooks.flatMap(({ resolver }) => resolver))];
  return [
    ...(resolvers.length === 0
      ? []
      : [`resolver ${resolvers.map((address) => (address.includes(':') ? `[${address}]` : address)).join(' ')};`]),
    ...(webhooks.some(({ url }) => url.startsWith('https:'))
      ? ['js_fetch_trusted_certificate /etc/ssl/certs/ca-certificates.crt;']
      : []),
  ];
}

/**
 * `$wallguard_action`, `$wallguard_block_reason` and what else the log says of the verdict.
 * NGINX refuses variables that do not exist, so none newer than the node is written (wallarm-node.md 3.1).
 */
function verdictMaps(settings: Settings): string[] {
  const hasReason = settings.engine === 'wallarm' && nodeHas(settings, 6, 4);
  const hasMode = settings.engine === 'wallarm' && nodeHas(settings, 6, 6);
  return [
    '# In safe_blocking an attack is blocked because its source is on the graylist.',
    ...block('map $wallguard_listed $wallguard_attack_reason', ['default attack;', 'gray graylist;']),
    ...(settings.engine === 'wallarm' ? wallarmVerdictMaps(hasReason) : ownVerdictMaps()),
    '# The node has lists of its own.',
    ...block('map $wallguard_block_reason $wallguard_engine_list', ['default "";', 'denylist deny;']),
    ...block('map $wallguard_listed $wallguard_list', ['default $wallguard_listed;', '"" $wallguard_engine_list;']),
    ...(hasMode
      ? block('map $wallarm_mode $wallguard_effective_mode', [
          'default $wallarm_mode;',
          '"" $wallguard_mode;',
          '- $wallguard_mode;',
        ])
      : block('map "" $wallguard_effective_mode', ['default $wallguard_mode;'])),
  ];
}

/** Without a module that says why: what wallguard did not refuse itself, the engine refused. */
function ownVerdictMaps(): string[] {
  return [
    ...block('map $wallguard_blocked $wallguard_action', ['default allowed;', '1 blocked;']),
    ...block('map $wallguard_refusal $wallguard_refusal_or_attack', [
      'default $wallguard_refusal;',
      '"" $wallguard_attack_reason;',
    ]),
    ...block('map $wallguard_blocked $wallguard_block_reason', ['default "";', '1 $wallguard_refusal_or_attack;']),
  ];
}

/**
 * The vendor's grammar (wallarm-node.md 3.3), read leniently: what is not known is an attack. A node too old to say why
 * it blocks names at least the types of an attack; a block without any is a list's.
 */
function wallarmVerdictMaps(hasReason: boolean): string[] {
  const engineReason = hasReason
    ? block('map $wallarm_block_reason $wallguard_engine_reason', [
        'default $wallguard_attack_reason;',
        '"" "";',
        '- "";',
        '"not blocked" "";',
        '~*^acl denylist;',
        '~*^antibot bot;',
      ])
    : block('map "$wallguard_blocked $wallarm_attack_type" $wallguard_engine_reason', [
        'default "";',
        `${quote('~^1 (?:0|-)?$')} denylist;`,
        '"~^1 " $wallguard_attack_reason;',
      ]);
  return [
    ...engineReason,
    ...block('map "$wallguard_blocked $wallguard_refusal $wallguard_engine_reason" $wallguard_block_reason', [
      'default "";',
      '"~^1 ([a-z_]+) " $1;',
      '"~ ([a-z]+)$" $1;',
      '~^1 $wallguard_attack_reason;',
    ]),
    ...block('map "$wallguard_block_reason $wallarm_attack_type" $wallguard_action', [
      'default detected;',
      `${quote('~^ (?:0|-)?$')} allowed;`,
      '~^[a-z] blocked;',
    ]),
  ];
}

/** IPv4 to /24, IPv6 to /48, as `truncateAddress` does it. NGINX writes `::` for two groups of zeros or more. */
function addressMaps(): string[] {
  const group = '[0-9a-f]+';
  return [
    ['$remote_addr', '$wallguard_client_address'],
    ['$realip_remote_addr', '$wallguard_peer_address'],
  ].flatMap(([address, truncated]) =>
    block(`map ${address} ${truncated}`, [
      `default ${address};`,
      `${quote('~^((?:::ffff:)?[0-9]+\\.[0-9]+\\.[0-9]+\\.)[0-9]+$')} "$10";`,
      `${quote(`~^(${group}:${group}:${group}):`)} "$1::";`,
      `${quote(`~^(${group}(?::${group})?|)::`)} "$1::";`,
    ]),
  );
}

function samplingMaps(settings: Settings): string[] {
  const { sample_clean: rate, redact } = settings.telemetry;
  const kept = ['default 1;', 'allowed $wallguard_sampled;'];
  return [
    ...(rate === 0
      ? block('map "" $wallguard_sampled', ['default "";'])
      : block('split_clients $request_id $wallguard_sampled', [`${percent(rate)}% 1;`, '* "";'])),
    ...block('map $wallguard_action $wallguard_sampled_count', ['default 1;', `allowed ${sampledCount(rate)};`]),
    ...(redact.address === 'hmac'
      ? block('map $wallguard_action $wallguard_kept', kept)
      : block('map $wallguard_unsafe$wallguard_action $wallguard_special', [
          'default "";',
          `${quote('~^.allowed$')} $wallguard_sampled;`,
          `${quote('~^.(?:detected|blocked)$')} 1;`,
        ])),
  ];
}

/** `split_clients` takes two decimals. */
function percent(rate: number): string {
  const text = (rate * 100).toFixed(2);
  if (Number(text) === 0) {
    throw new RangeError(`telemetry.sample_clean: ${rate} is finer than NGINX can sample; 0.0001 is the least`);
  }
  return text;
}

function sampledCount(rate: number): number {
  return rate === 0 ? 1 : Number((100 / Number(percent(rate))).toPrecision(6));
}

/**
 * `$wallguard_plain` and, as captures of the same expression, the parts of a plain line. A block that is plain otherwise
 * sets `$wallguard_refused` instead, anything else `$wallguard_special`.
 */
function plainMap(settings: Settings): string[] {
  const { telemetry } = settings;
  const body = plainPattern(settings);
  return block(`map "${plainSource(settings).join('\\n')}" $wallguard_plain`, [
    `${quote(`~^ ${body}`)} ${telemetry.sample_clean === 1 ? '1' : '$wallguard_sampled'};`,
    `${quote(`~^(?<wallguard_refused>1)(?:deny)? ${body}`)} "";`,
    `"~^(?<${telemetry.sample_clean === 1 ? 'wallguard_special' : 'wallguard_unsafe'}>.)" "";`,
  ]);
}

/** What a plain line depends on; no part can hold the newlines between them. */
function plainSource(settings: Settings): string[] {
  return [
    // A zero after each port: by it the expression finds a "0" for a port that is not known.
    '$wallguard_blocked$wallguard_listed $status ${remote_port}0 ${server_port}0 $request_method $request_uri',
    '$host',
    '$http_traceparent',
    '$http_referer',
    '$http_user_agent',
    '$ssl_server_name',
    '$upstream_addr',
    ...(settings.engine === 'wallarm' ? ['$wallarm_attack_type'] : []),
    ...(settings.engine === 'wallarm' && nodeHas(settings, 6, 4) ? ['$wallarm_block_reason'] : []),
  ];
}

/** Printable ASCII without space, `"` and `\`, as ranges inside of a character class. */
const visible = '!#-\\[\\]-~';

/** See {@link plainSource}. Groups that repeat are possessive: they leave nothing to go back to, however long the text. */
function plainPattern(settings: Settings): string {
  const port = (name: string): string => `(?<${name}>[0-9]+(?=0 )|0(?= ))0? `;
  const line = (maxLength: number): string => `[ ${visible}]{0,${maxLength}}`;
  // No "%", "+" and "[": whoever reads such a key decodes it first, and so must who compares it.
  const key = `${notSecret(settings.telemetry.redact.query_keys)}[!#$'-*,-:<>-Z\\]-~]*+`;
  const pair = `${key}(?:=[!#-%'-:<-\\[\\]-~]*+)?+`;
  return [
    '[1-5][0-9][0-9] ',
    port('wallguard_client_port'),
    port('wallguard_server_port'),
    '(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE) ',
    `(?<wallguard_path>/[!#->@-\\[\\]-~]{0,${limit('url.path') - 1}})`,
    `(?:\\?(?!.{${limit('url.query') + 1}})(?<wallguard_query>(?:${pair}&)*+${pair}))?+\\n`,
    `[${visible}]{0,${limit('server.address')}}\\n`,
    '(?:00-(?<wallguard_trace_id>(?!0{32})[0-9a-f]{32})-(?<wallguard_span_id>(?!0{16})[0-9a-f]{16})-[0-9a-f]{2})?\\n',
    `(?:(?<wallguard_referer>https?://[!#-.0->A-\\[\\]-~]{1,255})(?:[/?#]${line(8192)})?)?\\n`,
    `${line(limit('user_agent.original'))}\\n`,
    `${line(limit('tls.client.server_name'))}\\n`,
    line(limit('upstream.address')),
    ...(settings.engine === 'wallarm' ? ['\\n(?:0|-)?'] : []),
    ...(settings.engine === 'wallarm' && nodeHas(settings, 6, 4) ? ['\\n(?:not blocked|-)?'] : []),
    '\\z',
  ].join('');
}

function notSecret(keys: readonly string[]): string {
  const names = [...new Set(keys.map((key) => key.toLowerCase()))].map((key) => key.replace(/\./g, '\\.'));
  return names.length === 0 ? '' : `(?!(?i:${names.join('|')})=)`;
}

function limit(key: string): number {
  return (requestFields as readonly Field[]).find((field) => field.key === key)?.maxLength ?? 0;
}

/** JSON text of fields that differ from the table's, by key; an empty one is left to njs. */
type Values = Readonly<Record<string, string>>;

function plainValues(settings: Settings, isClean: boolean): Values {
  return {
    ...commonValues(settings),
    ...(isClean
      ? {
          'wallguard.action': '"allowed"',
          'wallguard.block.reason': '""',
          'wallguard.list': '""',
          'wallguard.sampled_count': String(sampledCount(settings.telemetry.sample_clean)),
        }
      : { 'wallguard.sampled_count': '1' }),
    'client.port': '$wallguard_client_port',
    'server.port': '$wallguard_server_port',
    'url.query': '"$wallguard_query"',
  };
}

function specialValues(settings: Settings): Values {
  const keyed = settings.telemetry.redact.address === 'hmac' ? ['client.address', 'network.peer.address'] : [];
  // Only the Wallarm module has something to say in wallguard's own fields of this kind.
  const byNjs = (requestFields as readonly Field[])
    .filter(({ key, fromClient }) => fromClient && (settings.engine === 'wallarm' || !key.startsWith('wallguard.')))
    .map(({ key }) => key);
  return {
    ...commonValues(settings),
    ...Object.fromEntries([...byNjs, ...keyed].map((key) => [key, ''])),
    'http.response.status_code': '$wallguard_status',
    ...(settings.engine === 'wallarm'
      ? { 'wallguard.attack.types': '$wallguard_attack_types', 'wallguard.payloads': '$wallguard_payloads' }
      : {}),
    ...(settings.telemetry.sample_clean === 1 ? { 'wallguard.sampled_count': '1' } : {}),
  };
}

/** What the settings alone decide is written as text: each variable costs time. */
function commonValues(settings: Settings): Values {
  const modes = [...modesInUse(settings)];
  const hasOwnMode = settings.engine === 'wallarm' && nodeHas(settings, 6, 6);
  return {
    ...(settings.applications.length === 0 ? { application: '"default"' } : {}),
    'wallguard.engine': `"${settings.engine}"`,
    ...(modes.length === 1 && !hasOwnMode ? { 'wallguard.mode': `"${modes[0]}"` } : {}),
    ...(settings.telemetry.redact.address === 'truncate'
      ? { 'client.address': '"$wallguard_client_address"', 'network.peer.address': '"$wallguard_peer_address"' }
      : {}),
  };
}

/** The whole line; what njs writes stands where the first of its fields would. */
function lineText(settings: Settings, values: Values): string {
  let noted = false;
  const parts = (requestFields as readonly Field[]).map(({ key, native }) => {
    const value = values[key] ?? native;
    if (value !== '') {
      return `,"${key}":${value}`;
    }
    const first = !noted;
    noted = true;
    return first ? '$wallguard_event' : '';
  });
  return `{${parts.join('').slice(1)}}`;
}

function headText(settings: Settings): string {
  const line = lineText(settings, specialValues(settings));
  return `${line.slice(0, line.indexOf(countedHeadEnd))}${countedHeadEnd}$msec}`;
}

/**
 * A `log_format` without escaping. It is broken after variables only: NGINX copies a text that was written in two
 * pieces in two steps, for each request.
 */
function logFormat(name: string, text: string): string[] {
  const pieces = text.match(/[^$]*(?:\$[a-z_]+)?/g) ?? [];
  const lines: string[] = [];
  for (const piece of pieces.filter((part) => part !== '')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + piece.length > 100) {
      lines.push(piece);
    } else {
      lines[lines.length - 1] = last + piece;
    }
  }
  return [`log_format ${name} escape=none`, ...lines.map((line) => `    '${line}'`)].map((line, index, all) =>
    index === all.length - 1 ? `${line};` : line,
  );
}

type Sink = Settings['telemetry']['sinks'][number];

function sinkTarget(sink: Sink, settings: Settings): { target: string; options: readonly string[] } {
  if ('file' in sink) {
    return { target: sink.file, options: fileOptions(settings) };
  }
  if ('stdout' in sink) {
    // A pipe takes up to 4096 bytes as a whole; of more, lines of two workers would get mixed (pipe(7), PIPE_BUF).
    return { target: '/dev/stdout', options: ['buffer=4k', `flush=${settings.telemetry.flush}`] };
  }
  // A local syslog daemon adds the host name itself.
  const local = sink.syslog.startsWith('unix:') ? ',nohostname' : '';
  return { target: `syslog:server=${sink.syslog},facility=${sink.facility},tag=${sink.tag}${local}`, options: [] };
}

function fileOptions({ telemetry }: Settings): string[] {
  return [`buffer=${telemetry.buffer}`, `flush=${telemetry.flush}`];
}

/** The monitor's own address: from there its requests come when it is no loopback address. */
function listenAddress({ monitor }: Settings): string[] {
  const host = monitor.listen.slice(0, monitor.listen.lastIndexOf(':')).replace(/[[\]]/g, '');
  return /^(?:127\.|::1$|0\.0\.0\.0$|::$)/.test(host) ? [] : [`allow ${host};`];
}

function nodeHas({ node }: Settings, major: number, minor: number): boolean {
  const [nodeMajor = 0, nodeMinor = 0] = node.version.split('.').map(Number);
  return nodeMajor > major || (nodeMajor === major && nodeMinor >= minor);
}
