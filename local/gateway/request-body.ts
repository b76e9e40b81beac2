import type { IncomingMessage, ServerResponse } from 'node:http';

/** The largest body that API Gateway accepts, bytes. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** Further bytes of a too large body that are read and discarded, so that the client receives the 413. */
const MAX_DISCARDED_BYTES = 32 * 1024 * 1024;

export type RequestBody =
  | { readonly kind: 'read'; readonly bytes: Buffer }
  | { readonly kind: 'too_large' }
  /** The client disconnected. */
  | { readonly kind: 'aborted' };

/** Reads the body, at most MAX_BODY_BYTES. Sends "100 Continue" first if the client expects it. */
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
  try {
    // An early exit from the loop must not close the connection, because the response must still be sent.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
      else chunks.length = 0;
      if (size > MAX_BODY_BYTES + MAX_DISCARDED_BYTES) return { kind: 'too_large' };
    }
  } catch {
    return { kind: 'aborted' };
  }
  return size > MAX_BODY_BYTES ? { kind: 'too_large' } : { kind: 'read', bytes: Buffer.concat(chunks) };
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
