/**
 * Reads an HTML template: finds its placeholders, the context of each, and what the page's own security policy would
 * refuse. The shipped page goes the same way as a template of the operator's own.
 */
import { suggest } from '../suggest.ts';
import { stringNames, type StringName } from './languages.ts';

/** Values that NGINX knows only when it answers; hexadecimal digits, an address and a time: nothing to escape. */
export const requestValues = ['request_id', 'client_ip', 'timestamp'] as const;
/** Values that are known when the configuration is written. */
const settingValues = ['brand_name', 'logo', 'support_email', 'mailto', 'language', 'direction'] as const;

export type RequestValue = (typeof requestValues)[number];
export type Placeholder = RequestValue | (typeof settingValues)[number] | StringName;

export const placeholders: readonly Placeholder[] = [...requestValues, ...settingValues, ...stringNames];

/** Where a placeholder stands: what it must be escaped for. */
export type Context = 'text' | 'attribute' | 'url';

export type Token = { readonly text: string } | { readonly placeholder: Placeholder; readonly context: Context };

export interface TemplateProblem {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface Template {
  readonly tokens: readonly Token[];
  /** Contents of each `<style>` and `<script>`, for the policy's hashes. */
  readonly styles: readonly string[];
  readonly scripts: readonly string[];
  readonly problems: readonly TemplateProblem[];
}

const urlAttributes = new Set(['href', 'src', 'action', 'formaction', 'cite', 'data', 'poster', 'background', 'ping']);

/** Elements whose content is the policy's business, not markup. */
const rawTextElements = new Set(['style', 'script']);

/** Elements in which a browser reads no markup before their end tag, all or some of the time. */
const textElements = new Set(['title', 'textarea', 'noscript', 'xmp', 'noembed', 'noframes']);

/** A placeholder that is a whole address by itself. */
const wholeAddresses: readonly Placeholder[] = ['mailto', 'logo'];

/** Reads a template. Line ends become LF, as a browser sees them, so that hashes fit. */
export function readTemplate(source: string): Template {
  const html = source.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  const tokens: Token[] = [];
  const styles: string[] = [];
  const scripts: string[] = [];
  const problems: TemplateProblem[] = [];
  let literal = '';

  const problem = (at: number, message: string): void => {
    const before = html.slice(0, at).split('\n');
    problems.push({ line: before.length, column: (before.at(-1)?.length ?? 0) + 1, message });
  };
  const flush = (): void => {
    if (literal !== '') {
      tokens.push({ text: literal });
      literal = '';
    }
  };
  /** Copies html[start, end) and turns placeholders into tokens. */
  const copy = (start: number, end: number, context: Context | { readonly refused: string }): void => {
    const part = html.slice(start, end);
    let done = 0;
    for (const found of part.matchAll(/\{\{\s*([^{}]*?)\s*\}\}/g)) {
      const at = start + found.index;
      const name = found[1] ?? '';
      const isInCode = typeof context !== 'string';
      if (isInCode && !placeholders.some((known) => known === name)) {
        // Braces of the style or the script itself.
        continue;
      }
      literal += part.slice(done, found.index);
      done = found.index + found[0].length;
      const placeholder = placeholders.find((known) => known === name);
      if (placeholder === undefined) {
        const near = suggest(name, placeholders);
        problem(
          at,
          `unknown placeholder {{${name.slice(0, 40)}}}${near === undefined ? '' : `; did you mean {{${near}}}?`} There are: ${placeholders.join(', ')}`,
        );
      } else if (isInCode) {
        problem(at, `{{${name}}} cannot stand in ${context.refused}: nothing can be escaped safely there`);
      } else {
        const wrong = misplaced(placeholder, context, part, found.index, found[0].length);
        if (wrong !== undefined) {
          problem(at, wrong);
        }
        flush();
        tokens.push({ placeholder, context });
      }
    }
    literal += part.slice(done);
  };

  let position = 0;
  while (position < html.length) {
    const open = html.indexOf('<', position);
    const textEnd = open < 0 ? html.length : open;
    copy(position, textEnd, 'text');
    position = textEnd;
    if (open < 0) {
      break;
    }
    if (html.startsWith('<!--', open)) {
      const end = endOf(html, '-->', open + 4);
      copy(open, end, { refused: 'a comment' });
      position = end;
      continue;
    }
    const tag = /^<\/?([A-Za-z][^\s/>]*)/.exec(html.slice(open, open + 100));
    if (tag === null) {
      // `<!doctype …>`, or a bare `<` that is text.
      const end = html.startsWith('<!', open) ? endOf(html, '>', open) : open + 1;
      copy(open, end, { refused: 'a declaration' });
      position = end;
      continue;
    }
    const name = (tag[1] ?? '').toLowerCase();
    const isClosing = html[open + 1] === '/';
    if (tag[0].includes('{{')) {
      problem(open, 'a placeholder cannot be the name of an element');
    }
    literal += tag[0];
    position = readAttributes(open, open + tag[0].length, name);
    if (!isClosing && (rawTextElements.has(name) || textElements.has(name))) {
      const length = html.slice(position).search(new RegExp(`</${name}[\\s/>]`, 'i'));
      const end = length < 0 ? html.length : position + length;
      if (length < 0) {
        problem(open, `<${name}> is never closed`);
      }
      const content = html.slice(position, end);
      if (textElements.has(name)) {
        if (content.includes('<')) {
          problem(position + content.indexOf('<'), `markup inside <${name}> would be shown as text or misread`);
        }
        copy(position, end, 'text');
      } else {
        if (content.includes('<!--')) {
          problem(position + content.indexOf('<!--'), `"<!--" in <${name}> can hide its end from a browser; remove it`);
        }
        copy(position, end, { refused: `<${name}>` });
        (name === 'style' ? styles : scripts).push(content);
      }
      position = end;
    }
  }
  flush();
  return { tokens, styles, scripts, problems };

  /** @returns position after the tag's `>` */
  function readAttributes(open: number, start: number, element: string): number {
    let at = start;
    refuseElement(open, element);
    for (;;) {
      const space = /^[\s/]*/.exec(html.slice(at, at + 1000))?.[0] ?? '';
      literal += space;
      at += space.length;
      if (at >= html.length) {
        problem(open, `<${element}> is never closed with ">"`);
        return at;
      }
      if (html[at] === '>') {
        literal += '>';
        return at + 1;
      }
      const attribute = /^[^\s/>=]*=?/.exec(html.slice(at, at + 1000))?.[0] ?? '';
      const hasValue = attribute.endsWith('=');
      const name = (hasValue ? attribute.slice(0, -1) : attribute).toLowerCase();
      if (name.includes('{{')) {
        problem(at, 'a placeholder cannot be the name of an attribute; write it inside a quoted value');
      }
      const attributeAt = at;
      literal += attribute === '' ? (html[at] ?? '') : attribute;
      at += Math.max(1, attribute.length);
      if (!hasValue) {
        continue;
      }
      const quote = html[at];
      if (quote !== '"' && quote !== "'") {
        const value = /^[^\s>]*/.exec(html.slice(at))?.[0] ?? '';
        refuseAttribute(attributeAt, element, name, value);
        copy(at, at + value.length, { refused: 'a value without quotes' });
        at += value.length;
        continue;
      }
      const end = html.indexOf(quote, at + 1);
      if (end < 0) {
        problem(at, `the value of ${name} has no closing ${quote}`);
        literal += html.slice(at);
        return html.length;
      }
      refuseAttribute(attributeAt, element, name, html.slice(at + 1, end));
      literal += quote;
      copy(at + 1, end, attributeContext(name));
      literal += quote;
      at = end + 1;
    }
  }

  function refuseElement(at: number, element: string): void {
    if (
      ['base', 'form', 'iframe', 'frame', 'object', 'embed', 'applet', 'audio', 'video', 'plaintext'].includes(element)
    ) {
      problem(at, `<${element}> does nothing here: the page's Content-Security-Policy allows no form, frame or media`);
    }
  }

  function refuseAttribute(at: number, element: string, name: string, value: string): void {
    if (name === 'style' || name.startsWith('on')) {
      problem(
        at,
        `${name}= does nothing here: the page's Content-Security-Policy allows only ${name === 'style' ? '<style>' : '<script>'} with a hash; move it there`,
      );
    } else if (element === 'script' && name === 'src') {
      problem(at, 'a script is not loaded from elsewhere here; write it into the page');
    } else if (element === 'link' && name === 'href' && !value.startsWith('data:')) {
      problem(at, 'nothing is loaded from elsewhere here; write styles into the page, and the icon as a data: URI');
    } else if (
      element !== 'a' &&
      (name === 'src' || name === 'srcset') &&
      !/^(?:data:|\{\{\s*logo\s*\}\})/.test(value)
    ) {
      problem(at, `${name}= is not loaded from elsewhere here; write the image as a data: URI`);
    }
  }
}

function attributeContext(name: string): Context | { refused: string } {
  if (name === 'style' || name.startsWith('on')) {
    return { refused: `${name}=` };
  }
  if (name === 'srcdoc' || name === 'srcset') {
    return { refused: `${name}=` };
  }
  return urlAttributes.has(name) || name.endsWith(':href') ? 'url' : 'attribute';
}

function misplaced(
  placeholder: Placeholder,
  context: Context,
  value: string,
  at: number,
  length: number,
): string | undefined {
  if (wholeAddresses.includes(placeholder)) {
    return context === 'url' && value.slice(0, at).trim() === '' && value.slice(at + length).trim() === ''
      ? undefined
      : `{{${placeholder}}} is a whole address: write ${placeholder === 'logo' ? 'src' : 'href'}="{{${placeholder}}}"`;
  }
  if (context === 'url' && !/^(?:[a-z][a-z0-9+.-]*:|[/?#])/i.test(value.slice(0, at).trimStart())) {
    return `{{${placeholder}}} cannot begin an address, where it could choose the scheme; write the beginning out`;
  }
  return context === 'url' && /^\s*(?:javascript|vbscript|data):/i.test(value)
    ? `{{${placeholder}}} cannot stand in a ${/^\s*(\w+):/.exec(value)?.[1]}: address`
    : undefined;
}

/** Position after `what`, or the end. */
function endOf(html: string, what: string, from: number): number {
  const at = html.indexOf(what, from);
  return at < 0 ? html.length : at + what.length;
}
