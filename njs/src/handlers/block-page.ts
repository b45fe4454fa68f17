import { failed } from '../adapters/failures.ts';
import { chooseFormat, isPageView } from '../core/block-page/format.ts';
import { chooseLanguage } from '../core/block-page/language.ts';

/** Prepended to the bundle by the generator: offered languages, as `chooseLanguage` takes them. */
declare function wallguardLanguages(): string;

/**
 * `js_set $wallguard_negotiated`: form and language of the blocking page for this client, such as `html de`.
 *
 * NGINX holds the answers and sends them (docs/decisions/0006-block-page-rendering.md). Empty after a failure, which
 * selects the static answer: a blocked request stays blocked.
 */
export function blockPage(r: NginxHTTPRequest): string {
  try {
    const headers = r.headersIn;
    const accept = headers['Accept'] ?? '';
    const format = isPageView(accept) ? 'html' : chooseFormat(accept, isFromProgram(headers));
    return format + ' ' + chooseLanguage(headers['Accept-Language'] ?? '', wallguardLanguages());
  } catch (error) {
    failed('blockPage', error);
    return '';
  }
}

/** Signs that the answer goes to a script or a client library and nobody sees it as a page. */
function isFromProgram(headers: NginxHeadersIn): boolean {
  const destination = headers['Sec-Fetch-Dest'];
  if (destination !== undefined) {
    return destination !== 'document' && destination !== 'iframe' && destination !== 'frame';
  }
  return (
    headers['X-Requested-With'] === 'XMLHttpRequest' ||
    headers['Upgrade'] !== undefined ||
    (headers['Content-Type'] ?? '').startsWith('application/json')
  );
}
