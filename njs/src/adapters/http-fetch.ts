import type { Answer } from '../core/status/answer.ts';

/**
 * Asks a URL with GET. Never throws: what goes wrong is an answer too.
 *
 * The time limit and the largest body are `js_fetch_timeout` and `js_fetch_max_response_buffer_size` of the location.
 * No header is set: njs 1.0.2 sends a `User-Agent` given here twice. Words of errors are those of njs 0.8.9 to 1.0.2.
 *
 * @param url  with an IP address: names would need a resolver
 */
export async function fetchAnswer(url: string): Promise<Answer> {
  return ask(url, {});
}

/** Sends a text with POST, otherwise like {@link fetchAnswer}; a host name needs the location's `resolver`. */
export async function postAnswer(
  url: string,
  body: string,
  headers: { readonly [name: string]: string },
): Promise<Answer> {
  return ask(url, { method: 'POST', body: body, headers: headers });
}

async function ask(url: string, options: object): Promise<Answer> {
  try {
    const response = await ngx.fetch(url, options);
    const body = await response.text();
    return {
      outcome: 'answered',
      status: response.status,
      contentType: response.headers.get('Content-Type') || '',
      body: body,
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { outcome: outcomeOf(message), message: message };
  }
}

function outcomeOf(message: string): 'refused' | 'timeout' | 'cut' | 'failed' {
  if (/timed out/.test(message)) {
    return 'timeout';
  }
  if (/connect failed/.test(message)) {
    return 'refused';
  }
  return /prematurely closed|chunked/.test(message) ? 'cut' : 'failed';
}
