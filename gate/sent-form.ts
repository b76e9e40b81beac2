import type { IncomingMessage } from 'node:http';
import { FRAME_DESTINATIONS } from '#core/gate/request-origin.ts';

/**
 * Whether a form of a page of this host was sent as a navigation of a whole tab: not a request of a script, a poll or a program, and
 * no form in a hidden frame. The scripts of a workbench have the origin of the pages of the gate, but cannot set these headers. The
 * caller has checked that the origin is not foreign.
 *
 * `Sec-Fetch-User` says that a person has clicked. Chromium sends it, and is recognized by `Sec-CH-UA`; Safari sends none.
 * Browsers without `Sec-Fetch-Site` send `Origin` with every form.
 * @param mayBeFramed whether frontends show pages in frames. Then a form in a frame counts if `Sec-Fetch-User` is present
 */
export function isSentForm(
  { method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
  mayBeFramed: boolean,
): boolean {
  if (method !== 'POST') return false;
  const {
    origin,
    'sec-fetch-site': site,
    'sec-fetch-mode': mode,
    'sec-fetch-dest': dest = 'document',
  } = headers;
  if (site === undefined) return origin !== undefined && origin !== 'null' && mode === undefined;
  if (site !== 'same-origin' || mode !== 'navigate') return false;
  const isClicked = headers['sec-fetch-user'] === '?1';
  if (dest !== 'document') return mayBeFramed && FRAME_DESTINATIONS.has(dest) && isClicked;
  return isClicked || headers['sec-ch-ua'] === undefined;
}
