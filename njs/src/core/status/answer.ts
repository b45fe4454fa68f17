/** What came back when the statistics service was asked. */
export type Answer =
  | {
      readonly outcome: 'answered';
      readonly status: number;
      /** Empty when the header is missing. */
      readonly contentType: string;
      readonly body: string;
    }
  | {
      /** `cut`: the connection ended before the answer did. `failed`: anything else, such as a peer that speaks no HTTP. */
      readonly outcome: 'refused' | 'timeout' | 'cut' | 'failed';
      readonly message: string;
    };

/** The numbers of a status body by path (`rate_limit.entries`), as text: `startid` does not fit into a double. */
export interface StatusValues {
  readonly [path: string]: string;
}

/** What a body with status 200 is. */
export type StatusBody =
  | { readonly form: 'status'; readonly values: StatusValues }
  | { readonly form: 'prometheus' | 'html' | 'truncated' | 'invalid' };

/**
 * Reads a body of `/wallarm-status`. Numbers nested deeper than one object, or in arrays, are left out.
 *
 * @see wallarm-node.md 1.4
 */
export function readStatusBody(body: string): StatusBody {
  const text = body.trim();
  if (text.charAt(0) === '<') {
    return { form: 'html' };
  }
  if (looksLikePrometheus(text)) {
    return { form: 'prometheus' };
  }
  let value: unknown;
  try {
    // The first match is the key itself: inside a string its quotes would be escaped.
    value = JSON.parse(text.replace(/("startid"\s*:\s*)(\d+)/, '$1"$2"'));
  } catch (_error) {
    return { form: isTruncated(text) ? 'truncated' : 'invalid' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { form: 'invalid' };
  }
  const values: Record<string, string> = {};
  collectNumbers(value as Record<string, unknown>, '', values);
  return { form: 'status', values: values };
}

function collectNumbers(object: Record<string, unknown>, prefix: string, into: Record<string, string>): void {
  const keys = Object.keys(object);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const value = object[key];
    if (typeof value === 'number') {
      into[prefix + key] = String(value);
    } else if (prefix === '' && key === 'startid' && typeof value === 'string' && /^\d+$/.test(value)) {
      into[key] = value;
    } else if (prefix === '' && typeof value === 'object' && value !== null && !Array.isArray(value)) {
      collectNumbers(value as Record<string, unknown>, key + '.', into);
    }
  }
}

/** Judged by the first line: a comment of the format, or a metric with its value. */
function looksLikePrometheus(text: string): boolean {
  const end = text.indexOf('\n');
  const line = (end < 0 ? text : text.slice(0, end)).slice(0, 500);
  return /^# (?:HELP|TYPE|UNIT) /.test(line) || /^[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{[^}]*\})? +[-+0-9.eEINaf]+$/.test(line);
}

function isTruncated(text: string): boolean {
  const opened = text.split('{').length;
  const closed = text.split('}').length;
  return text === '' || (text.charAt(0) === '{' && (opened > closed || text.charAt(text.length - 1) !== '}'));
}

/** At most 200 characters of printable ASCII: what is neither is written as `\xHH` or `\uHHHH`. */
export function excerpt(text: string): string {
  const escaped = text.slice(0, 200).replace(/[^\x20-\x7e]/g, escapeCharacter);
  return escaped.length > 200 || text.length > 200 ? escaped.slice(0, 197) + '...' : escaped;
}

function escapeCharacter(character: string): string {
  if (character === '\n') {
    return '\\n';
  }
  const hex = character.charCodeAt(0).toString(16);
  return hex.length <= 2 ? '\\x' + hex.padStart(2, '0') : '\\u' + hex.padStart(4, '0');
}
