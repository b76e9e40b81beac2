import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { html } from '#gate/pages/gate-page.ts';

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

/**
 * Whether the policies of a document let it run a script of its own origin, and let that send requests to its origin. A policy that
 * would report the script is read like one that refuses it. What is not certain counts as refused.
 */
export function allowsOwnScripts(headers: IncomingHttpHeaders): boolean {
  const lists = [headers['content-security-policy'], headers['content-security-policy-report-only']];
  return lists.every((list) =>
    String(list ?? '')
      .split(',')
      .every(allowsOwn),
  );
}

function allowsOwn(policy: string): boolean {
  const directives = new Map<string, readonly string[]>();
  for (const directive of policy.split(';')) {
    const [name = '', ...sources] = directive.trim().toLowerCase().split(/\s+/);
    // Browsers ignore a repeated directive.
    if (name !== '' && !directives.has(name)) directives.set(name, sources);
  }
  // In a sandbox, the document may have no origin.
  if (directives.has('sandbox')) return false;
  const fallback = directives.get('default-src');
  const scripts = directives.get('script-src-elem') ?? directives.get('script-src') ?? fallback;
  const requests = directives.get('connect-src') ?? fallback;
  return includesOwn(scripts) && includesOwn(requests);
}

function includesOwn(sources: readonly string[] | undefined): boolean {
  if (sources === undefined) return true;
  // With `'strict-dynamic'` browsers ignore `'self'`.
  if (sources.includes("'strict-dynamic'")) return false;
  return sources.includes("'self'") || sources.includes('*');
}
