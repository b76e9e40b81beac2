import * as z from 'zod/mini';
import { createSealKeys, type SealKeys } from '#gate/session/seal.ts';

const keysSchema = z.strictObject({ current: z.string(), previous: z.optional(z.string()) });
const clientSchema = z.object({ client_secret: z.string().check(z.minLength(1), z.maxLength(1024)) });

/**
 * Parses the secret with the keys of sessions: `{"current":"…","previous":"…"}`, the second one optional.
 * @throws Error whose message does not contain any of its content
 */
export function parseSealKeys(text: string): SealKeys {
  const keys = z.safeParse(keysSchema, parseJson(text));
  if (!keys.success) {
    throw new Error(
      'the secret must be a JSON object with the string `current`, and `previous` during a rotation',
    );
  }
  return createSealKeys(keys.data.current, keys.data.previous);
}

/**
 * Parses the secret of the client at the issuer: `{"client_secret":"…"}`.
 * @throws Error whose message does not contain any of its content
 */
export function parseClientSecret(text: string): string {
  const client = z.safeParse(clientSchema, parseJson(text));
  if (!client.success) throw new Error('the secret must be a JSON object with the string `client_secret`');
  return client.data.client_secret;
}

/** Undefined for malformed JSON. The error of JSON.parse would contain a part of the secret. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
