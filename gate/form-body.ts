import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Timers } from '#adapters/local/timers.ts';
import { FRAME_DESTINATIONS } from '#core/gate/request-origin.ts';

/**
 * Reads the fields of a form.
 * @param maxBytes a longer body is not read to its end
 * @returns undefined if it is no form, or a longer one
 */
export async function readForm(
  request: IncomingMessage,
  maxBytes: number,
): Promise<URLSearchParams | undefined> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  // The request must not be destroyed after the first bytes too many: its connection also carries the response.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

/** Returns the value of a field that occurs once. */
export function readField(form: URLSearchParams, name: string): string | undefined {
  const values = form.getAll(name);
  return values.length === 1 ? values[0] : undefined;
}

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

/** How long the body of a request to the gate itself may take, milliseconds. Such a body is a form of a few kilobytes. */
export const BODY_DEADLINE_MS = 10_000;

export interface BodyDeadline {
  /** Whether the request was ended because its body was late. */
  readonly hasPassed: () => boolean;
}

/**
 * Responds with 408 and closes the connection if the body of a request is not complete in time. The server itself has no
 * such limit, because uploads to a workbench may take any time.
 */
export function setBodyDeadline(
  request: IncomingMessage,
  response: ServerResponse,
  timers: Timers,
): BodyDeadline {
  let passed = false;
  const cancel = timers.after(BODY_DEADLINE_MS, () => {
    if (request.complete) return;
    passed = true;
    const { socket } = request;
    // A response without its socket waits for an earlier one on the same connection.
    if (response.headersSent || response.socket !== socket) {
      socket.destroy();
      return;
    }
    response.writeHead(408, { connection: 'close', 'content-length': 0 });
    response.end(() => socket.destroy());
  });
  request.once('end', cancel);
  request.once('close', cancel);
  return { hasPassed: () => passed };
}
