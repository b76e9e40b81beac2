import type { IncomingMessage, ServerResponse } from 'node:http';
import { BODY_MAX_BYTES } from '#functions/middleware/json-body.ts';

/** The largest body that API Gateway accepts, bytes. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** Further bytes of a too large body that are read and discarded, so that the client receives the 413. */
const MAX_DISCARDED_BYTES = 32 * 1024 * 1024;
/** A function is passed at most this much: with one byte more than it accepts, it responds with its own 413. */
const MAX_PASSED_BYTES = BODY_MAX_BYTES + 1;

export type RequestBody =
  | { readonly kind: 'read'; readonly bytes: Buffer }
  | { readonly kind: 'too_large' }
  /** The client disconnected. */
  | { readonly kind: 'aborted' };

/**
 * Reads the body, at most MAX_BODY_BYTES, and keeps MAX_PASSED_BYTES of it. Sends "100 Continue" first if the client
 * expects it.
 */
export async function readBody(request: IncomingMessage, response: ServerResponse): Promise<RequestBody> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES + MAX_DISCARDED_BYTES) {
    return { kind: 'too_large' };
  }
  if (request.headers.expect?.toLowerCase() === '100-continue') {
    if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return { kind: 'too_large' };
    response.writeContinue();
  }
  const chunks: Buffer[] = [];
  let size = 0;
  let kept = 0;
  try {
    // An early exit from the loop must not close the connection, because the response must still be sent.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (kept < MAX_PASSED_BYTES) {
        chunks.push(chunk);
        kept += chunk.length;
      }
      if (size > MAX_BODY_BYTES + MAX_DISCARDED_BYTES) return { kind: 'too_large' };
    }
  } catch {
    return { kind: 'aborted' };
  }
  if (size > MAX_BODY_BYTES) return { kind: 'too_large' };
  return { kind: 'read', bytes: Buffer.concat(chunks).subarray(0, MAX_PASSED_BYTES) };
}

/** An unread body up to this size is read and discarded after the response, so that the connection can be reused. */
const MAX_UNREAD_BYTES = 65_536;

/** Whether the connection can be reused although the body has not been read: all of it will arrive, and it is small. */
export function isReusable({ complete, headers }: IncomingMessage): boolean {
  if (complete) return true;
  if (headers['transfer-encoding'] !== undefined || headers.expect !== undefined) return false;
  return Number(headers['content-length'] ?? 0) <= MAX_UNREAD_BYTES;
}

const TEXT = /^(text\/|application\/([a-z0-9.+-]*\+)?(json|xml|javascript)\s*(;|$))/i;

/** Encodes a body for an event: text unchanged, all other types, forms included, in base64. */
export function encodeBody(
  bytes: Buffer,
  contentType: string | undefined,
): { readonly body?: string; readonly isBase64Encoded: boolean } {
  if (bytes.length === 0) return { isBase64Encoded: false };
  if (contentType !== undefined && TEXT.test(contentType)) {
    const text = bytes.toString('utf8');
    if (Buffer.from(text, 'utf8').equals(bytes)) return { body: text, isBase64Encoded: false };
  }
  return { body: bytes.toString('base64'), isBase64Encoded: true };
}
