/** `docs/telemetry.md`, made from the schema of the lines. */
import { attackTypeNames } from '../../../njs/src/core/telemetry/attack-types.ts';
import { typeOfRule } from '../../../njs/src/core/telemetry/audit-record.ts';
import {
  blockReasons,
  detectionFields,
  heartbeatFields,
  knownMethods,
  requestFields,
  telemetrySchema,
  type BlockReason,
  type Field,
} from '../../../schema/telemetry.ts';

const reasons: Readonly<Record<BlockReason, string>> = {
  '': 'it was not blocked',
  attack: 'the engine found an attack',
  denylist: 'the source is on the denylist',
  graylist: 'the source is on the graylist and the request is malicious',
  bot: "the vendor's API abuse prevention took the source for a bot",
  status_guard: 'an outsider asked a protected server for the statistics service',
  rate: 'too many requests',
};

/** Classes of CRS rules, by an id of each. */
const ruleClasses: readonly (readonly [string, string])[] = [
  ['913', 'scanner detection'],
  ['921', 'protocol attack: splitting, smuggling'],
  ['930', 'local file inclusion'],
  ['931', 'remote file inclusion: a URL that the application is made to fetch'],
  ['932', 'remote command execution'],
  ['933', 'PHP injection'],
  ['934', 'Node.js and generic injection'],
  ['941', 'cross-site scripting'],
  ['942', 'SQL injection'],
  ['943', 'session fixation'],
  ['944', 'Java attacks'],
  ['950', 'data leakage (950 to 954)'],
  ['955', 'web shells'],
];

/** The page, whole. */
export function telemetryDocument(): string {
  return `# Telemetry

<!-- Generated from schema/telemetry.ts by "npm run docs". -->

One line of JSON for each request, schema \`${telemetrySchema}\`: [\`schema/telemetry.schema.json\`](../schema/telemetry.schema.json).
Whatever a client sends, every line is valid UTF-8, valid JSON, and what the schema says. Names are those of
OpenTelemetry's semantic conventions where it has one (\`security_rule.*\` is still in development there); others start with
\`wallguard.\`. Text that is absent is empty, lists that are absent are empty, no field is ever missing. A reader ignores
keys that it does not know.

${fieldTable(requestFields)}

Upstream texts are NGINX's own: several servers are separated by \`, \`, several groups of servers by \` : \`. The start of
a request is \`timestamp\` less \`http.server.request.duration\`.

\`wallguard.block.reason\`:

| reason | meaning |
| --- | --- |
${blockReasons.map((reason) => `| ${reason === '' ? 'empty' : code(reason)} | ${reasons[reason]} |`).join('\n')}

## Detections

ModSecurity says what it found in its audit log only. NGINX reads that log itself, five times a second, and writes one line
per record, with the same \`http.request.id\` as the request:

${fieldTable(detectionFields)}

Types come from the rule's id; where a rule matched comes from the record:

| rules | find | type |
| --- | --- | --- |
${ruleClasses.map(([start, about]) => `| ${start}xxx | ${about} | ${typeOfRule(`${start}999`) === '' ? 'none' : code(typeOfRule(`${start}999`))} |`).join('\n')}
| 190010 | wallguard's own: a system file in the path | \`${typeOfRule('190010')}\` |

Exceptions: 921200 is \`ldapi\`, 934110 and 934120 are \`ssrf\`, 934180 is \`ssti\`, 942290 is \`nosqli\`; 921170, 921180, 921230,
921421 and 921422 have no type. Protocol enforcement (920) and scores (949, 980) are no attacks by themselves: a record
with nothing else is written with the action \`allowed\`.

libmodsecurity keeps its log open until NGINX is reloaded: rotate it with a reload, or with \`copytruncate\`.

## Attack types

The vendor's codes. A bit of the Wallarm module's mask that has no published name is \`bit<N>\`.

${attackTypeNames()
  .filter((name) => name !== '')
  .map(code)
  .join(', ')}.

## Heartbeats

When NGINX serves requests but no line arrives, one line tells whether the sinks still work:

${fieldTable(heartbeatFields)}

A quiet NGINX writes none, and neither does one whose requests all have lines.

## Who writes a line

NGINX writes *plain* lines itself, without JavaScript: every value that the client chose is printable ASCII without \`"\` and
\`\\\`, within the limits above, the method is one of ${knownMethods.map(code).join(', ')}, no secret stands in the query, and the
Wallarm module named no attack. Any other line is finished by njs, which costs about 25 µs. Both write the same; a test
holds them to it.

In a location with an \`access_log\` of its own, NGINX does not use the server's: such requests have no line. Subrequests have
none either.

## Sinks

\`telemetry.sinks\` takes several at once. Files and standard output are buffered (\`buffer\`, \`flush\`), syslog gets one message
per line.

\`\`\`yaml
telemetry:
  sinks:
    - file: /var/log/nginx/wallguard.jsonl
    - syslog: unix:/dev/log
      tag: wallguard
      facility: local7
    - stdout: true
\`\`\`

The worker user must be able to read the first file: counters are made from it. Rotate it as any log of NGINX:

\`\`\`
/var/log/nginx/wallguard.jsonl {
    daily
    rotate 14
    missingok
    compress
    delaycompress
    create 0640 www-data adm
    sharedscripts
    postrotate
        [ ! -f /run/nginx.pid ] || kill -USR1 "$(cat /run/nginx.pid)"
    endscript
}
\`\`\`

\`delaycompress\` matters: what was not counted yet is read from \`wallguard.jsonl.1\`.

## Sampling

\`telemetry.sample_clean: 0.1\` writes a tenth of the clean requests, each with \`wallguard.sampled_count\` 10; blocks and
detected attacks are always written. Counters stay exact: with sampling, or without a file among the sinks, one short line
per request goes to \`telemetry.heads_file\`, which is to be rotated like the others.

## Redaction

On by default: values of secret query keys (\`telemetry.redact.query_keys\`) are written as \`REDACTED\`. A key is compared as
an application reads it: percent-decoded, without spaces around it, in any case, and \`user[token]\` by its parts. Of the
Referer only scheme and host are kept; of header values only those in the table above are written at all.

\`telemetry.redact.address\` is \`keep\`, \`truncate\` (IPv4 to /24, IPv6 to /48) or \`hmac\` (HMAC-SHA-256 with
\`telemetry.redact.hmac_key\`, 64 hex digits). Keyed hashes are made by njs for every request; the other two cost next to
nothing.

## Counters

Metrics and statistics come from the lines: every 200 ms one worker reads the new ones and adds up their first fields. A
request is counted by the line that it wrote and in no other place, so counters lag behind by \`flush\`. The reader takes
a few percent of one core at most: over about 17 000 requests a second, day and night, it falls behind.

Every second NGINX's own count of requests is compared with the lines that were read back.

| metric | counts |
| --- | --- |
| \`wallguard_events_dropped_total{stage="file"}\` | requests whose line cannot be read back: disk full, file moved away, worker killed while no line arrived |
| \`wallguard_events_dropped_total{stage="outbox"}\` | lines that njs made and that found no room |
| \`wallguard_events_dropped_total{stage="audit"}\` | records of the audit log that could not be understood |
| \`wallguard_requests_without_event_total\` | all requests without a line: lost ones, those of servers without wallguard, of locations with a log of their own |

A missing line is called lost only when no line arrives at all and a heartbeat does not either. Where every server of an NGINX
includes wallguard, \`wallguard_requests_without_event_total\` itself counts what is missing. What was sent to syslog is
not counted.

## Finding a request

\`wallguard find ID\` looks the request up in the file, rotated ones included, and prints request and detection together. It
takes the id (32 hex digits or a UUID), or whatever a user sent: the text or the source of the blocking page, or the output
of \`curl -i\`.
`;
}

function fieldTable(fields: readonly Field[]): string {
  return [
    '| field | type | limit | NGINX | |',
    '| --- | --- | --- | --- | --- |',
    ...fields.map(
      (field) =>
        `| ${code(field.key)} | ${typeText(field)} | ${limitText(field)} | ${variablesOf(field)} | ${cell(field.about)} |`,
    ),
  ].join('\n');
}

function typeText({ type, unit }: Field): string {
  const text = type === 'strings' ? 'list of strings' : type;
  return unit === undefined ? text : `${text}, ${unit === 's' ? 'seconds' : 'bytes'}`;
}

function limitText({ values, pattern, maxLength, maxItems }: Field): string {
  const of = (text: string): string =>
    maxItems === undefined ? text : `${maxItems}${text === '' ? '' : ` × ${text}`}`;
  if (values !== undefined) {
    return values.length > 6 ? '' : of(values.map((value) => (value === '' ? 'empty' : code(value))).join(', '));
  }
  if (pattern !== undefined) {
    return of(code(cell(pattern)));
  }
  return of(maxLength === undefined ? '' : `${maxLength} characters`);
}

/** The variables of NGINX that a value comes from; wallguard's own say nothing to a reader. */
function variablesOf({ native }: Field): string {
  return (native.match(/\$(?!wallguard_)[a-z_]+/g) ?? []).map(code).join(' ');
}

function code(text: string): string {
  return `\`${text}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
