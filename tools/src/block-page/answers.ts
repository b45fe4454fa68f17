/**
 * What a blocked client is told, in each form, as constant text with the few values that only the request knows.
 * The client is not told why: the log is. Sources: RFC 9457 (problem details), edge-peers-and-standards.md C1.
 */
import type { Settings } from '../../../schema/settings.ts';
import type { PageFormat } from '../../../njs/src/core/block-page/format.ts';
import type { Language, StringName } from './languages.ts';
import { readLogo } from './logo.ts';
import { shippedPage } from './page.ts';
import { readTemplate, type Context, type Placeholder, type RequestValue, type Template } from './template.ts';

/** Text, or a value that only the request has. */
export type Part = string | { readonly value: RequestValue | 'request_uuid' };
/** The same in every language, or not. */
export type Piece = Part | ((language: Language) => readonly Part[]);

const requestId: Part = { value: 'request_id' };

/** The page as HTML: the operator's template, or the shipped one. */
export function htmlTemplate(settings: Settings, own: string | undefined): Template {
  return readTemplate(own ?? shippedPage(settings));
}

/** Pieces of an answer in their order. */
export function answer(format: PageFormat, settings: Settings, template: Template): readonly Piece[] {
  switch (format) {
    case 'html':
      return htmlAnswer(settings, template);
    case 'json':
      return problemDetails(settings);
    case 'text':
      return textAnswer(settings);
    case 'markdown':
      return markdownAnswer(settings);
  }
}

/** `grpc-message`, percent-encoded. Source: gRPC over HTTP/2, "Responses". */
export function grpcMessage(fallback: Language): readonly Part[] {
  return [encodeURIComponent(`${fallback.strings.heading}. Request ID: `), requestId];
}

function htmlAnswer(settings: Settings, { tokens }: Template): Piece[] {
  return tokens.map((token) => ('text' in token ? token.text : htmlPiece(token.placeholder, token.context, settings)));
}

function htmlPiece(placeholder: Placeholder, context: Context, settings: Settings): Piece {
  const { brand, support_email, show_address } = settings.block_page;
  const escaped = (text: string): string => escapeHtml(context === 'url' ? encodeURIComponent(text) : text);
  switch (placeholder) {
    case 'client_ip':
      return show_address ? { value: placeholder } : '';
    case 'request_id':
    case 'timestamp':
      return { value: placeholder };
    case 'brand_name':
      return escaped(brand.name ?? '');
    case 'support_email':
      return escaped(support_email ?? '');
    case 'logo': {
      const logo = readLogo(brand.logo ?? '');
      return 'dataUri' in logo ? escapeHtml(logo.dataUri) : '';
    }
    case 'language':
      return ({ tag }) => [escaped(tag)];
    case 'direction':
      return ({ direction }) => [escaped(direction)];
    case 'mailto':
      return (language) =>
        mailto(settings, language).map((part) => (typeof part === 'string' ? escapeHtml(part) : part));
    default:
      return ({ strings }) => [escaped(strings[placeholder])];
  }
}

/** A mail to the support address with the details filled in. Source: RFC 6068. */
function mailto(settings: Settings, { strings }: Language): Part[] {
  const address = settings.block_page.support_email ?? '';
  const at = address.lastIndexOf('@');
  const to = `${encodeURIComponent(address.slice(0, at))}@${address.slice(at + 1)}`;
  const body = lines(detailLines(settings), { end: '\r\n' });
  return [
    `mailto:${to}?subject=${encodeURIComponent(`${strings.heading}: `)}`,
    requestId,
    `&body=${encodeURIComponent(`${strings.question}\r\n\r\n\r\n`)}`,
    ...body.map((part) => (typeof part === 'string' ? encodeURIComponent(part) : part)),
  ];
}

/** What support asks for. Tools parse these lines: keep the labels (wallarm-node.md 4.4). */
function detailLines({ block_page: { show_address } }: Settings): [string, Part][] {
  return [
    ...(show_address ? [['IP: ', { value: 'client_ip' }] satisfies [string, Part]] : []),
    ['Time: ', { value: 'timestamp' }],
    ['Request ID: ', requestId],
  ];
}

function lines(content: readonly [string, Part][], { start = '', end = '\n' }): Part[] {
  return content.flatMap(([label, value]) => [start + label, value, end]);
}

function problemDetails(settings: Settings): Piece[] {
  const { status, show_address, support_email } = settings.block_page;
  const text = (value: string): string => JSON.stringify(value).slice(1, -1);
  return [
    `{"type":"${problemType(status)}","title":"`,
    (language) => [text(language.strings.heading)],
    `","status":${status},"detail":"`,
    (language) => [text(sentences(language, 'message', 'advice'))],
    '","instance":"urn:uuid:',
    { value: 'request_uuid' },
    '","request_id":"',
    requestId,
    ...(show_address ? ['","client_ip":"', { value: 'client_ip' } as const] : []),
    '","timestamp":"',
    { value: 'timestamp' },
    ...(support_email === undefined ? [] : [`","contact":"${text(support_email)}`]),
    '"}\n',
  ];
}

/** The definition of the status: to a program the block means nothing more. `about:blank` says the same without a link. */
function problemType(status: number): string {
  switch (status) {
    case 403:
      return 'https://www.rfc-editor.org/rfc/rfc9110#section-15.5.4';
    case 429:
      return 'https://www.rfc-editor.org/rfc/rfc6585#section-4';
    default:
      return 'about:blank';
  }
}

function textAnswer(settings: Settings): Piece[] {
  const { support_email } = settings.block_page;
  return [
    (language) => [`${language.strings.heading}\n\n${sentences(language, 'message', 'advice')}\n\n`],
    ...lines(detailLines(settings), {}),
    ...(support_email === undefined ? [] : [`\n${support_email}\n`]),
  ];
}

function markdownAnswer(settings: Settings): Piece[] {
  const { support_email } = settings.block_page;
  return [
    ({ strings }) => [
      `# ${markdown(strings.heading)}\n\n${markdown(strings.message)}\n\n${markdown(strings.advice)}\n\n`,
    ],
    // As code, so that nothing in it is taken for markup and a parser of the details finds them bare.
    ...lines(detailLines(settings), { start: '    ' }),
    ...(support_email === undefined
      ? []
      : [
          (language: Language): Part[] => [
            `\n[${markdown(language.strings.contact)}](`,
            ...mailto(settings, language),
            ')\n',
          ],
        ]),
  ];
}

function sentences({ tag, strings }: Language, ...names: readonly StringName[]): string {
  // Chinese and Japanese put no space between sentences.
  return names.map((name) => strings[name]).join(/^(?:zh|ja)\b/.test(tag) ? '' : ' ');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function markdown(text: string): string {
  return text.replace(/[\\`*_[\]<>&]/g, '\\$&');
}
