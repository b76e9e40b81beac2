import type { IncomingMessage } from 'node:http';
import { cookiesTooLargePage, tooLargePage, tooLongUrlPage } from './pages/fault-pages.ts';
import type { GatePage } from './pages/gate-page.ts';

/** Most bytes of the request target and all headers together. Browsers send the cookies of all ports of a host. */
const HEAD_MAX_BYTES = 65_536;
const TARGET_MAX_BYTES = 32_768;
/** Headers that are too large are so because of the cookies if these take half of the limit. */
const COOKIES_MIN_BYTES = HEAD_MAX_BYTES / 2;
/** A colon, a space, and the end of the line. */
const BYTES_AROUND_VALUE = 4;

/** More than the gate accepts, so that it sees why a head is too large. Node.js refuses larger ones before. */
export const PARSED_HEAD_MAX_BYTES = 98_304;

/**
 * Returns the response to a head that is too large; undefined if it is accepted.
 *
 * Only the size of the headers lets the gate delete cookies, never that of the URL: a page of any other site can make the
 * browser request a long URL, and would sign out the user.
 */
export function checkHead({
  url = '',
  rawHeaders,
}: Pick<IncomingMessage, 'url' | 'rawHeaders'>): GatePage | undefined {
  if (url.length > TARGET_MAX_BYTES) return tooLongUrlPage();
  let headers = 0;
  let cookies = 0;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = [rawHeaders[index], rawHeaders[index + 1]];
    const size = name.length + value.length + BYTES_AROUND_VALUE;
    headers += size;
    if (name.toLowerCase() === 'cookie') cookies += size;
  }
  if (headers > HEAD_MAX_BYTES && cookies > COOKIES_MIN_BYTES) return cookiesTooLargePage();
  return url.length + headers > HEAD_MAX_BYTES ? tooLargePage() : undefined;
}
