import type { IncomingMessage, ServerResponse } from 'node:http';

/** The largest body that API Gateway passes on, in bytes. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** So much more is read and thrown away, so that the client gets to see the 413, in bytes. */
const MAX_DISCARDED_BYTES = 32 * 1024 * 1024;

export type RequestBody =
  | { readonly kind: 'read'; readonly bytes: Buffer }
  | { readonly kind: 'too_large' }
  /** The client went away. */
  | { readonly kind: 'aborted' };

/** Reads the whole body, at most MAX_BODY_BYTES of it. Says "continue" first to a client that asks. */
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
    // Leaving the loop early must not end the connection: it still has to carry the answer.
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

/** The body as an event carries it: text as it is, everything else, forms included, in base64. */
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
