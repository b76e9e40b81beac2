import type { IncomingMessage } from 'node:http';
import { html } from '#gate/pages/markup.ts';
import { allowsOwnScripts } from './own-scripts.ts';

/** The script of the notice, and what it asks for, below the path of the workbench. */
export const NOTICE_SCRIPT_PATH = '/.wb/stop-notice.js';
export const NOTICE_PATH = '/.wb/stop-notice';

/** Responses that promise or sign their bytes, or that no intermediary may change (RFC 9111, section 5.2.2.6). */
const FIXED_BYTES = ['content-md5', 'digest', 'repr-digest', 'content-digest', 'signature', 'content-range'];

/** Whether the response to a request is a document that a browser shows in a tab. The response must then come without compression. */
export function isForTab({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): boolean {
  return (
    method === 'GET' &&
    headers['sec-fetch-dest'] === 'document' &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers.range === undefined
  );
}

/** Whether the response is an HTML document into which the script of the notice may be put. */
export function mayHaveNotice({
  statusCode,
  headers,
}: Pick<IncomingMessage, 'statusCode' | 'headers'>): boolean {
  if (statusCode !== 200 || !/^text\/html(?:\s*;|\s*$)/i.test(headers['content-type'] ?? '')) return false;
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') return false;
  if (/^\s*attachment\b/i.test(headers['content-disposition'] ?? '')) return false;
  if (/\bno-transform\b/i.test(headers['cache-control'] ?? '')) return false;
  return FIXED_BYTES.every((name) => headers[name] === undefined) && allowsOwnScripts(headers);
}

/** @param prefix the path of the workbench in its public URL */
export function noticeTagOf(prefix: string): Buffer {
  return Buffer.from(html`<script async src="${prefix}${NOTICE_SCRIPT_PATH}"></script>`.text);
}
