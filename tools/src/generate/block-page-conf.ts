/**
 * Configuration of the blocking page. njs only says which form and language a client gets; the answers themselves stand
 * in maps, and NGINX sends them in the rewrite phase: before the body is read, before access rules and limits
 * (docs/decisions/0006-block-page-rendering.md).
 */
import { createHash } from 'node:crypto';
import type { Settings } from '../../../schema/settings.ts';
import { answer, grpcMessage, htmlTemplate, type Part, type Piece } from '../block-page/answers.ts';
import { languagesFor, type Language } from '../block-page/languages.ts';
import type { Template } from '../block-page/template.ts';
import { block, literal, quote } from './text.ts';
import { durationMs } from './units.ts';

/** Text of `block_page.template`, where the settings name one. */
export interface OwnPage {
  readonly template?: string;
}

const formats = ['html', 'json', 'text', 'markdown'] as const;

/** NGINX's names of what only the request knows. */
const variables: Readonly<Record<Exclude<Part, string>['value'], string>> = {
  request_id: '${request_id}',
  request_uuid: '${wallguard_request_uuid}',
  client_ip: '${remote_addr}',
  timestamp: '${wallguard_time}',
};

/** NGINX takes at most 4095 bytes in one parameter. */
const maximumParameterBytes = 4000;

/** What a parameter keeps free for the names of maps that follow. */
const roomForNames = 500;

const dollar = '${wallguard_dollar}';

/** A shorter text between two that differ by language is repeated in each language: one map is read instead of two. */
const shortestOwnPiece = 400;

/** Tags of the languages that the page is offered in; the first is the fallback. */
export function offeredLanguages(settings: Settings): string[] {
  return languagesFor(settings).map(({ tag }) => tag);
}

/** Maps with every answer, and the choice among them. */
export function blockPageHttp(settings: Settings, page: OwnPage): string[] {
  const languages = languagesFor(settings);
  const all = answers(settings, page, languages);
  const lines = [
    ...choice(settings, languages),
    '',
    '# gRPC is told by its content type.',
    ...block('map $content_type $wallguard_grpc_type', [
      'default "";',
      '"" "";',
      '"~*^(application/grpc(?:-web(?:-text)?)?)(?:[+; ]|$)" $1;',
    ]),
    ...(needsContentPhase(settings)
      ? block('map $wallguard_refusal $wallguard_refused_grpc_type', ['default $wallguard_grpc_type;', '"" "";'])
      : []),
    ...block('map $wallguard_format $wallguard_content_type', [
      'default "text/plain; charset=utf-8";',
      'html "text/html; charset=utf-8";',
      'json application/problem+json;',
      'markdown "text/markdown; charset=utf-8";',
    ]),
    '# A valid traceparent is sent back, anything else is not. Version ff and zero ids are invalid (W3C Trace Context 3.2.2).',
    ...block('map $http_traceparent $wallguard_traceparent', [
      'default "";',
      '"" "";',
      '"~^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$" $http_traceparent;',
    ]),
    ...(settings.block_page.status === 429
      ? block('map $wallguard_refusal $wallguard_retry_after', [
          'default "";',
          `rate ${Math.ceil(durationMs(settings.block_page.retry_after) / 1000)};`,
        ])
      : []),
    '# The id in the form of a UUID.',
    ...block('map $request_id $wallguard_request_uuid', [
      'default "";',
      '"~^(.{8})(.{4})(.{4})(.{4})(.{12})$" "$1-$2-$3-$4-$5";',
    ]),
    ...timeMaps(),
    '',
    ...all.flatMap(({ maps }) => maps),
    '# Without a choice, which means that njs failed, the answer is the plain text in the first language.',
    ...block(
      'map $wallguard_format $wallguard_answer',
      all
        .filter(({ format }) => format !== 'html' || needsContentPhase(settings))
        .map(({ format, whole }) => `${format === 'text' ? 'default' : format} ${whole};`),
    ),
  ];
  const texts = [...lines, ...answers(settings, page, languages).map(({ whole }) => whole)];
  return texts.some((line) => line.includes(dollar))
    ? [
        '# NGINX has no other way to write a dollar sign.',
        ...block('geo $wallguard_dollar', ['default "$";']),
        ...lines,
      ]
    : lines;
}

/** `$wallguard_format` and `$wallguard_language`. */
function choice({ block_page }: Settings, languages: readonly Language[]): string[] {
  const fallback = languages[0]?.tag ?? 'en';
  const maps = (format: string, language: string): string[] => [
    '# njs answers with form and language, such as "html de".',
    ...block(`map $wallguard_negotiated ${format}`, ['default "";', '"~^([a-z]+) " $1;']),
    ...block(`map $wallguard_negotiated ${language}`, [`default ${fallback};`, '"~ ([A-Za-z-]+)$" $1;']),
  ];
  if (!block_page.native_for_lists) {
    return maps('$wallguard_format', '$wallguard_language');
  }
  return [
    ...maps('$wallguard_negotiated_format', '$wallguard_negotiated_language'),
    '# Listed sources: the first type and the first language that the client names, without njs.',
    ...block('map $http_accept $wallguard_native_format', [
      'default html;',
      '~*^text/html html;',
      '"~*^application/(?:[a-z0-9.-]+\\+)?json" json;',
      '~*^text/plain text;',
      '~*^text/markdown markdown;',
    ]),
    ...block('map $http_accept_language $wallguard_native_tag', [
      `default ${fallback};`,
      '"" "";',
      '"~*^([a-z]{2,3})(?:[,;]|-(?!hant|tw|hk|mo)|$)" $1;',
      '"~*^zh-" zh-Hant;',
      '"~*^([a-z]{2,3})-" $1;',
    ]),
    ...block('map $wallguard_native_tag $wallguard_native_language', [
      `default ${fallback};`,
      ...languages.map(({ tag }) => `${tag === 'zh-Hans' ? 'zh' : tag} ${tag};`),
    ]),
    ...block('map $wallguard_refusal $wallguard_format', [
      'default $wallguard_native_format;',
      '"" $wallguard_negotiated_format;',
    ]),
    ...block('map $wallguard_refusal $wallguard_language', [
      'default $wallguard_native_language;',
      '"" $wallguard_negotiated_language;',
    ]),
  ];
}

/**
 * The named location. Little of the server's reaches it: `return` is done before access rules, limits and the reading of
 * the body, its own `add_header` cancels the server's, and without a type of NGINX's own no filter (gzip, charset, ssi,
 * sub_filter) takes the answer for its business. ModSecurity stays on, or its older connector loses the audit record
 * (njs-capabilities.md section 7).
 */
export function blockPageServer(settings: Settings, page: OwnPage): string[] {
  const { status } = settings.block_page;
  const languages = languagesFor(settings);
  const header = (name: string, value: string): string => `add_header ${name} ${value} always;`;
  const everywhere = [
    header('X-Request-ID', '$request_id'),
    header('traceparent', '$wallguard_traceparent'),
    header('Cache-Control', 'no-store'),
  ];
  const html = answers(settings, page, languages).find(({ format }) => format === 'html');
  return block('location @wallguard_blocked', [
    'set $wallguard_blocked 1;',
    'js_import wallguard_cold from wallguard/cold.js;',
    'js_set $wallguard_negotiated wallguard_cold.blockPage;',
    '',
    '# The type depends on the client, so it is sent as a header of our own and NGINX gives none.',
    'types { }',
    'default_type "";',
    header('Content-Type', '$wallguard_content_type'),
    header('Content-Language', '$wallguard_language'),
    ...everywhere,
    header('Vary', '"Accept, Accept-Language"'),
    header('Content-Security-Policy', literal(contentSecurityPolicy(htmlTemplate(settings, page.template)))),
    header('X-Content-Type-Options', 'nosniff'),
    header('Referrer-Policy', 'no-referrer'),
    header('Cross-Origin-Resource-Policy', 'same-origin'),
    header('X-Robots-Tag', 'noindex'),
    ...(status === 429 ? [header('Retry-After', '$wallguard_retry_after')] : []),
    '',
    ...(needsContentPhase(settings)
      ? [
          '# Refused by wallguard itself: ModSecurity saw nothing and has nothing to log.',
          ...grpc('$wallguard_refused_grpc_type', 'return 200 "";'),
          ...block('if ($wallguard_refusal)', [`return ${status} $wallguard_answer;`]),
          '',
          ...grpc('$wallguard_grpc_type', 'js_content wallguard_cold.sendAnswer;'),
          '# Whatever the server asks of its visitors was asked before.',
          'satisfy any;',
          'allow all;',
          'js_content wallguard_cold.sendAnswer;',
        ]
      : [
          ...grpc('$wallguard_grpc_type', 'return 200 "";'),
          ...block('if ($wallguard_format = html)', [`return ${status} ${html?.whole};`]),
          `return ${status} $wallguard_answer;`,
        ]),
  ]);

  /** A gRPC client reads its own status, and takes any other HTTP status for a broken connection. */
  function grpc(condition: string, answer: string): string[] {
    return block(`if (${condition})`, [
      header('Content-Type', '$wallguard_grpc_type'),
      ...everywhere,
      header('grpc-status', '7'),
      header('grpc-message', quote(languages.slice(0, 1).flatMap(grpcMessage).map(text).join(''))),
      answer,
    ]);
  }
}

/**
 * ModSecurity-nginx 1.0.3 loses the audit record of a block whose answer has no content phase (njs-capabilities.md 7).
 * Its price, that `js_content` reads the body first, is paid already: ModSecurity read it to find the attack.
 */
function needsContentPhase({ engine }: Settings): boolean {
  return engine === 'modsecurity';
}

function answers(settings: Settings, page: OwnPage, languages: readonly Language[]): AnswerMaps[] {
  const template = htmlTemplate(settings, page.template);
  return formats.map((format) => answerMaps(format, answer(format, settings, template), languages));
}

/** JavaScript that goes before the bundle. */
export function blockPageRuntime(settings: Settings, _page: OwnPage): string {
  return `function wallguardLanguages() { return ${JSON.stringify(` ${offeredLanguages(settings).join(' ')} `)}; }\n`;
}

interface AnswerMaps {
  readonly format: (typeof formats)[number];
  readonly maps: readonly string[];
  /** The parameter that puts the parts together. */
  readonly whole: string;
}

/**
 * The maps of one answer. Texts that differ by language are joined to long ones, and what is the same in all of them
 * stands in the parameter itself while there is room: the fewer maps, the less a request costs.
 */
function answerMaps(
  format: (typeof formats)[number],
  pieces: readonly Piece[],
  languages: readonly Language[],
): AnswerMaps {
  const maps: string[] = [];
  let whole = '';
  const addMap = (source: string, values: readonly string[]): void => {
    const name = `wallguard_${format}_${maps.filter((line) => line.startsWith('map')).length + 1}`;
    whole += `\${${name}}`;
    maps.push(
      ...block(
        `map ${source} $${name}`,
        values.map((value, index) => `${index === 0 ? 'default' : languages[index]?.tag} ${quote(value)};`),
      ),
    );
  };
  for (const { pieces: run, isLocal } of runs(pieces)) {
    const texts = (isLocal ? languages : languages.slice(0, 1)).map((language) =>
      cut(run.flatMap((piece) => (typeof piece === 'function' ? piece(language) : [piece]))),
    );
    const longest = Math.max(...texts.map(({ length }) => length));
    for (let part = 0; part < longest; part++) {
      const values = texts.map((one) => one[part] ?? '');
      const [value = ''] = values;
      if (!isLocal && writtenBytes(whole + value) <= maximumParameterBytes - roomForNames) {
        whole += value;
      } else {
        addMap(isLocal ? '$wallguard_language' : '""', values);
      }
    }
  }
  return { format, maps, whole: quote(whole) };
}

/** Neighbours that differ by language together, with the short texts between them; and the long texts in between. */
function runs(pieces: readonly Piece[]): { pieces: Piece[]; isLocal: boolean }[] {
  const found: { pieces: Piece[]; isLocal: boolean }[] = [];
  let common: Piece[] = [];
  for (const piece of pieces) {
    if (typeof piece !== 'function') {
      common.push(piece);
      continue;
    }
    const isShort = lengthOf(common) < shortestOwnPiece;
    const last = found.at(-1);
    if (last !== undefined && isShort) {
      last.pieces.push(...common, piece);
    } else {
      found.push(...(isShort ? [] : [{ pieces: common, isLocal: false }]));
      found.push({ pieces: isShort ? [...common, piece] : [piece], isLocal: true });
    }
    common = [];
  }
  const last = found.at(-1);
  if (last !== undefined && lengthOf(common) < shortestOwnPiece) {
    last.pieces.push(...common);
  } else {
    found.push({ pieces: common, isLocal: false });
  }
  return found;
}

function lengthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((length, piece) => length + (typeof piece === 'string' ? piece.length : 0), 0);
}

/** Parts as texts that fit into one parameter each. */
function cut(parts: readonly Part[]): string[] {
  const texts = [''];
  let bytes = 0;
  for (const unit of parts.flatMap((part): Part[] => (typeof part === 'string' ? Array.from(part) : [part]))) {
    const added = text(unit);
    const addedBytes = writtenBytes(added);
    if (bytes + addedBytes > maximumParameterBytes) {
      texts.push('');
      bytes = 0;
    }
    texts[texts.length - 1] += added;
    bytes += addedBytes;
  }
  return texts;
}

/** NGINX counts a parameter as it is written, escapes included. */
function writtenBytes(value: string): number {
  return Buffer.byteLength(value.replace(/[\\"]/g, '\\$&'));
}

function text(part: Part): string {
  return typeof part === 'string' ? part.replaceAll('$', () => dollar) : variables[part.value];
}

/**
 * RFC 3339 time in UTC. `$time_iso8601` has the zone of the server; `$date_gmt` is UTC but has names for months, so each
 * month is one pattern. The names are English always: NGINX sets no locale.
 */
function timeMaps(): string[] {
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  return [
    '# Time of the answer in UTC: short where the server keeps UTC, by the name of the month elsewhere.',
    ...block('map $time_iso8601 $wallguard_time', ['default $wallguard_time_gmt;', '"~^(.{19})\\+00:00$" "$1Z";']),
    ...block('map $date_gmt $wallguard_time_gmt', [
      'default $time_iso8601;',
      ...months.map(
        (month, index) =>
          `"~^\\w+, (\\d\\d)-${month}-(\\d{4}) (\\d\\d:\\d\\d:\\d\\d)" "$2-${String(index + 1).padStart(2, '0')}-$1T$3Z";`,
      ),
    ]),
  ];
}

/** Everything is forbidden but the page's own styles and scripts, by their hashes, and images inside the page. */
function contentSecurityPolicy({ styles, scripts }: Template): string {
  const hashes = (sources: readonly string[]): string =>
    sources.length === 0
      ? "'none'"
      : sources.map((source) => `'sha256-${createHash('sha256').update(source).digest('base64')}'`).join(' ');
  return [
    "default-src 'none'",
    `style-src ${hashes(styles)}`,
    `script-src ${hashes(scripts)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
