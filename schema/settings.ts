/**
 * What an operator may write in `wallguard.yaml`: the one definition. The JSON Schema, the settings reference in
 * `docs/settings.md` and the types below are all made from it.
 *
 * Durations are text with a unit (`200ms`, `5s`, `1h`), sizes are text with NGINX's suffixes (`64k`, `500M`).
 */
import { z } from 'zod';

const duration = z
  .string()
  .regex(/^\d+(?:ms|s|m|h|d)$/, 'a duration such as 200ms, 5s, 10m, 1h')
  .describe('duration');
const size = z
  .string()
  .regex(/^\d+[kKmMgG]?$/, 'a size such as 64k, 500M, 1g')
  .describe('size');
const absolutePath = z
  .string()
  .regex(/^\/[^\u0000-\u0020\u007f;{}"'$\\]*$/, 'an absolute path without spaces, quotes, semicolons, braces or $')
  .describe('absolute path');
const modulePath = z
  .string()
  .regex(/^[^\u0000-\u0020\u007f;{}"'$\\]+$/, 'a path without spaces, quotes, semicolons, braces or $');
const listenAddress = z
  .string()
  .regex(
    /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/,
    'an address and port such as 127.0.0.1:9913 or [::1]:9913',
  )
  .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65535, 'a port up to 65535');
const cidr = z
  .union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], 'an IP address, or a network such as 10.0.0.0/8')
  .describe('IP address or CIDR');
const colour = z.string().regex(/^#[0-9a-fA-F]{6}$/, 'a colour such as #1a4fd6');

/** Filtration modes from mildest to strictest. Source: wallarm-node.md 2.1. */
export const modes = ['off', 'monitoring', 'safe_blocking', 'block'] as const;
export const engines = ['wallarm', 'modsecurity', 'none'] as const;
const flavours = ['aio', 'image', 'docker', 'ingress'] as const;
const mode = z.enum(modes);

const application = z.strictObject({
  id: z
    .number()
    .int()
    .min(1)
    .max(2147483647)
    .describe('the number handed to `wallarm_application` and shown in counters'),
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dot, dash, underscore; at most 64 characters')
    .describe('name in telemetry and metrics'),
  hosts: z
    .array(z.string().regex(/^(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/, 'a lower-case host name, or *.name'))
    .default([])
    .describe('Host values that belong to it; empty means every host'),
  paths: z
    .array(z.string().regex(/^\/[A-Za-z0-9._~!&'()*+,=:@%/-]*$/, 'a path prefix that starts with /'))
    .default([])
    .describe('normalised path prefixes that belong to it; empty means every path'),
  mode: mode.optional().describe('filtration mode of this application; without it the top-level one'),
});

const sink = z.union([
  z.strictObject({ file: absolutePath.describe('one JSON line per request is appended here') }),
  z.strictObject({
    syslog: z
      .string()
      .regex(
        /^(?:unix:\/[^\s;,"'$]+|(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?)$/,
        'unix:/path, host or host:port',
      )
      .describe('NGINX syslog server'),
    tag: z
      .string()
      .regex(/^[a-z0-9_]{1,32}$/, 'lower-case letters, digits, underscore; at most 32 characters')
      .default('wallguard')
      .describe('syslog tag'),
    facility: z
      .enum(['daemon', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'])
      .default('local7')
      .describe('syslog facility'),
  }),
  z.strictObject({ stdout: z.literal(true).describe('lines go to standard output, for containers') }),
]);

const text = z
  .string()
  .max(500)
  .refine((value) => !/[\u0000-\u001f\u007f]/.test(value), 'text without control characters');

const payloadTrigger = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'lower-case letters, digits and dashes; at most 32 characters')
    .describe('name in events, lists and metrics'),
  enabled: z.boolean().default(true).describe('false keeps the trigger without letting it count'),
  threshold: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe('fires when one source shows more different malicious payloads than this within the window'),
  window: duration.default('1h').describe('time in which payloads count together'),
  filters: z
    .strictObject({
      types: z
        .array(z.string().regex(/^[a-z_]+$/))
        .default([])
        .describe('attack types that count'),
      applications: z
        .array(z.number().int())
        .default([])
        .describe('ids of applications that count; -1 is the default one'),
      addresses: z.array(cidr).default([]).describe('sources that count'),
      domains: z
        .array(z.string().regex(/^(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/, 'a lower-case host name, or *.name'))
        .default([])
        .describe('Host values that count'),
      statuses: z
        .array(z.string().regex(/^[1-5](?:\d\d|xx)$/, 'a status such as 404, or a class such as 4xx'))
        .default([])
        .describe('response statuses that count'),
      targets: z
        .array(z.enum(['server', 'client', 'database']))
        .default([])
        .describe('what the attack aims at'),
    })
    .prefault({})
    .describe('what a payload must be to count; every filter must agree, an empty one asks nothing'),
  excluded_types: z
    .array(z.string().regex(/^[a-z_]+$/))
    .default(['experimental', 'brute', 'dirbust', 'overlimit_res', 'data_bomb', 'vpatch'])
    .describe('attack types that never count'),
  reaction: z
    .strictObject({
      list: z
        .enum(['deny', 'gray', 'observe'])
        .default('gray')
        .describe('list the source is put on; `observe` only records'),
      period: duration.default('1h').describe('how long it stays there; `0s` for ever'),
      escalation: z.number().min(1).max(10).default(1).describe('factor for each further listing; 1 switches it off'),
      longest_period: duration.default('30d').describe('no escalation beyond this'),
    })
    .prefault({})
    .describe('what happens when it fires'),
  webhook: z
    .strictObject({
      url: z.url({ protocol: /^https?$/ }).describe('receives a POST for each firing'),
      secret: z
        .string()
        .regex(/^[\u0021-\u007e]{16,128}$/, '16 to 128 printable ASCII characters without spaces')
        .describe('signs the body: HMAC-SHA256 in `X-Wallguard-Signature`'),
      resolver: z
        .array(z.union([z.ipv4(), z.ipv6()]))
        .default([])
        .describe('name servers, where `url` has a host name: NGINX does not use those of the system'),
    })
    .optional()
    .describe('tell another system'),
});

export const settingsSchema = z.strictObject({
  engine: z.enum(engines).default('none').describe('the filtering engine inside this NGINX'),
  mode: mode.default('monitoring').describe('filtration mode; an application may have its own'),
  node: z
    .strictObject({
      version: z
        .string()
        .regex(/^[5-7]\.\d+(?:\.\d+)?$/, 'a node version such as 5.3, 6.13.0 or 7.1')
        .default('6.13.0')
        .describe('no variable or directive newer than this node is written'),
      flavour: z.enum(flavours).default('aio').describe('how the node was installed; decides where its files lie'),
    })
    .prefault({})
    .describe('the Wallarm node (engine `wallarm` only)'),
  njs: z
    .strictObject({
      version: z
        .string()
        .regex(/^\d+\.\d+\.\d+$/, 'a version such as 0.8.9')
        .default('0.8.9')
        .describe('the njs that will load the bundles; at least 0.8.9'),
      engine: z.enum(['njs', 'qjs']).default('njs').describe('`qjs` needs an njs built with QuickJS'),
    })
    .prefault({})
    .describe('the NGINX JavaScript module of the machine'),
  config_prefix: absolutePath
    .default('/etc/nginx')
    .describe('directory of nginx.conf; ModSecurity wants absolute paths'),
  applications: z
    .array(application)
    .max(60)
    .default([])
    .describe('applications told apart in telemetry, metrics and modes; the first that matches wins'),
  trusted_proxies: z
    .strictObject({
      from: z.array(cidr).default([]).describe('balancers whose header is believed; empty switches realip off'),
      header: z
        .string()
        .regex(/^(?:proxy_protocol|[A-Za-z][A-Za-z0-9-]*)$/, 'a header name or proxy_protocol')
        .default('X-Forwarded-For')
        .describe('header that carries the client address'),
      recursive: z
        .boolean()
        .default(true)
        .describe('pass over every trusted address from the right, not only the last one'),
    })
    .prefault({})
    .describe('where the real client address comes from'),
  block_page: z
    .strictObject({
      status: z
        .number()
        .int()
        .min(400)
        .max(599)
        .default(403)
        .describe('status of a blocked request; 403 is what clients and scanners expect'),
      retry_after: duration
        .default('1m')
        .describe('with status 429: when a client that exceeded a rate may come back; no other answer says so'),
      show_address: z.boolean().default(true).describe('show the client its own IP address'),
      support_email: z.email().optional().describe('adds a mail link with the details filled in'),
      languages: z
        .array(z.string().regex(/^[a-z]{2,3}(?:-[A-Z][a-z]{3})?$/, 'a language such as en, pt or zh-Hans'))
        .min(1)
        .optional()
        .describe('languages to offer, first is the fallback; without it all that ship, English first'),
      strings: z
        .record(z.string(), z.record(z.string(), text))
        .default({})
        .describe('overrides by language and string name'),
      template: absolutePath
        .optional()
        .describe('a page of your own instead of the shipped one; placeholders are escaped'),
      native_for_lists: z
        .boolean()
        .default(false)
        .describe('answer listed sources by NGINX alone, without njs: for floods'),
      brand: z
        .strictObject({
          name: text.max(80).optional().describe('name shown on the page'),
          logo: z.string().max(4096).optional().describe('inline SVG, or a data: URI of SVG, PNG, JPEG, GIF or WebP'),
          accent: colour.default('#1a4fd6').describe('colour of button and links'),
          background: colour.default('#ffffff').describe('colour behind the text'),
          text: colour.default('#1c2430').describe('colour of the text'),
        })
        .prefault({})
        .describe('the look of the page; contrast is checked'),
    })
    .prefault({})
    .describe('what a blocked visitor gets'),
  status_service: z
    .strictObject({
      listen: listenAddress.default('127.0.0.8:80').describe('address of the statistics service'),
      poll_timeout: duration.default('1s').describe('how long the monitor waits for the statistics service'),
      cache: duration.default('1s').describe('how long one answer of the statistics service is reused'),
      expose_to: z
        .array(cidr)
        .default([])
        .describe('networks that may ask protected servers for /wallarm-status; others are refused'),
    })
    .prefault({})
    .describe("the statistics service: the node's own, or with another engine the one that wallguard provides"),
  monitor: z
    .strictObject({
      listen: listenAddress.default('127.0.0.1:9913').describe('address of /status, /metrics and /health'),
      allow: z.array(cidr).default(['127.0.0.0/8', '::1']).describe('networks that may read them'),
    })
    .prefault({})
    .describe('where people and collectors see how the node does'),
  telemetry: z
    .strictObject({
      sinks: z
        .array(sink)
        .min(1)
        .default([{ file: '/var/log/nginx/wallguard.jsonl' }])
        .describe('where the lines go; several at once'),
      buffer: size.default('64k').describe('how much is gathered before a file is written'),
      flush: duration.default('1s').describe('how long a line may stay in that buffer'),
      sample_clean: z
        .number()
        .min(0)
        .max(1)
        .default(1)
        .describe('share of clean requests written; counters stay exact, blocks are always written'),
      heads_file: absolutePath
        .default('/var/lib/wallguard/run/heads.jsonl')
        .describe(
          'with sampling, or without a file among the sinks: where one short line per request is written for the counters; to be rotated like a log',
        ),
      redact: z
        .strictObject({
          query_keys: z
            .array(
              z
                .string()
                .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'letters, digits, dot, dash, underscore; at most 64 characters'),
            )
            .default([
              'password',
              'passwd',
              'pwd',
              'secret',
              'token',
              'access_token',
              'refresh_token',
              'api_key',
              'apikey',
              'authorization',
              'auth',
              'session',
              'sig',
              'signature',
              'X-Amz-Signature',
              'X-Amz-Credential',
              'X-Amz-Security-Token',
              'AWSAccessKeyId',
              'X-Goog-Signature',
            ])
            .describe('query keys whose values are written as REDACTED; upper and lower case are the same'),
          address: z
            .enum(['keep', 'truncate', 'hmac'])
            .default('keep')
            .describe('client addresses: as they are, last part zeroed (/24, /48), or keyed hash'),
          hmac_key: z.string().min(16).optional().describe('key for `hmac`'),
        })
        .prefault({})
        .describe('what is kept out of the lines'),
    })
    .prefault({})
    .describe('one line of JSON per request'),
  access_log: z
    .union([
      z.literal('off'),
      z.strictObject({
        path: absolutePath.describe('file'),
        format: z
          .string()
          .regex(/^[A-Za-z0-9_]+$/, 'the name of a log_format')
          .default('combined')
          .describe('log_format of the lines'),
      }),
    ])
    .prefault({ path: '/var/log/nginx/access.log' })
    .describe(
      'the access log of your own: a server that includes wallguard no longer inherits the one of the http block',
    ),
  proxy_timeouts: z
    .strictObject({
      connect: duration.default('10s').describe('`proxy_connect_timeout`'),
      read: duration.default('60s').describe('`proxy_read_timeout`'),
      send: duration.default('60s').describe('`proxy_send_timeout`'),
    })
    .prefault({})
    .describe('timeouts of servers that include `wallguard/proxy.conf`'),
  core_dumps: z
    .union([
      z.literal('off'),
      z.strictObject({
        directory: absolutePath.default('/var/lib/wallguard/cores').describe('must exist and be writable for workers'),
        size: size.default('500M').describe('largest core file'),
      }),
    ])
    .prefault({})
    .describe("core files of crashed workers, which the vendor's support asks for"),
  modsecurity: z
    .strictObject({
      audit_log: absolutePath
        .default('/var/log/nginx/modsec_audit.json')
        .describe('JSON audit log; wallguard reads it too'),
      crs_setup: absolutePath
        .default('/etc/modsecurity/crs/crs-setup.conf')
        .describe('set-up file of the Core Rule Set'),
      crs_rules: absolutePath.default('/usr/share/modsecurity-crs/rules/*.conf').describe('its rules'),
      request_body_limit: size.default('13107200').describe('largest request body that is inspected'),
      request_body_no_files_limit: size
        .default('131072')
        .describe(
          'largest request body without files; a larger one is refused, since ModSecurity may log it many times over',
        ),
    })
    .prefault({})
    .describe('engine `modsecurity` only'),
  check: z
    .strictObject({
      severity: z
        .record(
          z.string().regex(/^[a-z0-9-]+$/, 'the id of a check, as in `wallguard check --list`'),
          z.enum(['error', 'warning', 'info', 'off']),
        )
        .default({})
        .describe('other severities, by the id of the check; `off`: the check is skipped'),
      thresholds: z
        .strictObject({
          connect_timeout_min: duration
            .default('1s')
            .describe('shorter proxy_connect_timeout is reported: one lost SYN is repeated after a second'),
          connect_timeout_max: duration
            .default('75s')
            .describe('longer is reported: NGINX documents that it usually cannot exceed 75 seconds'),
          read_timeout_min: duration
            .default('5s')
            .describe('shorter proxy_read_timeout is reported: slow answers fail'),
          read_timeout_max: duration
            .default('1h')
            .describe('longer is reported: a hanging application holds connections of the worker that long'),
          send_timeout_min: duration
            .default('5s')
            .describe('shorter proxy_send_timeout is reported: slow uploads fail'),
          send_timeout_max: duration
            .default('1h')
            .describe('longer is reported: an application that stops reading holds a connection that long'),
          streaming_read_timeout_min: duration
            .default('60s')
            .describe('shorter is reported where WebSocket or event streams pass: they are cut when nothing is said'),
          core_dump_size_min: size
            .default('100M')
            .describe('smaller worker_rlimit_core is reported: core files of workers with rulesets are cut off'),
        })
        .prefault({})
        .describe('what counts as too little or too much'),
    })
    .prefault({})
    .describe('`wallguard check`'),
  lists: z
    .strictObject({
      directory: absolutePath
        .default('/var/lib/wallguard')
        .describe(
          'entries and history lie in `lists` in this directory, which the workers must be able to write; a disk file system, since on tmpfs each request would pay 4 to 5 µs to learn that its client is on no list',
        ),
      access_phase: z
        .boolean()
        .default(true)
        .describe('false: the denylist blocks nothing in mode monitoring, as with `wallarm_acl_access_phase off`'),
      allow: z.array(cidr).default([]).describe('addresses and networks that are never blocked nor counted'),
      deny: z.array(cidr).default([]).describe('addresses and networks that are always refused'),
      gray: z
        .array(cidr)
        .default([])
        .describe('addresses and networks whose malicious requests are blocked in safe_blocking'),
      protected: z.array(cidr).default([]).describe('operators and health checks: triggers never list them'),
      ipv6_prefix: z
        .number()
        .int()
        .min(32)
        .max(64)
        .default(64)
        .describe('IPv6 sources count and are listed by this prefix'),
    })
    .prefault({})
    .describe('allowlist, denylist, graylist'),
  triggers: z
    .array(payloadTrigger)
    .max(8)
    .optional()
    .describe(
      'without this key the pre-configured one, `default`: more than 3 payloads in 1 hour put a source on the graylist for 1 hour; `[]` for none',
    ),
  trigger_zone: size.default('16m').describe('shared memory for payloads, 128 bytes each while they live'),
  hits_zone: size
    .default('4m')
    .describe('shared memory for the recent hits of each source, for `wallguard explain ip`'),
  control: z
    .strictObject({
      socket: absolutePath
        .max(100, 'at most 100 characters, which is what the name of a unix socket may have')
        .optional()
        .describe(
          'unix socket of the control API, such as /run/wallguard/control.sock; without it there is none. Its directory decides who may connect, and must exist or NGINX does not start',
        ),
    })
    .prefault({})
    .describe('how lists and triggers are administered while NGINX runs'),
  modules: z
    .strictObject({
      js: modulePath.default('modules/ngx_http_js_module.so').describe('njs'),
      modsecurity: modulePath
        .default('modules/ngx_http_modsecurity_module.so')
        .describe('ModSecurity, with that engine'),
      wallarm: modulePath.default('modules/ngx_http_wallarm_module.so').describe('the Wallarm node, with that engine'),
    })
    .prefault({})
    .describe('module files named by load_module'),
});

/** Settings after defaults were filled in. */
export type Settings = z.output<typeof settingsSchema>;
export type Mode = (typeof modes)[number];
export type Engine = (typeof engines)[number];
export type Application = z.output<typeof application>;
export type PayloadTrigger = z.output<typeof payloadTrigger>;
