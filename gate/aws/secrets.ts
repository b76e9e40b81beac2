import * as z from 'zod/mini';
import { cacheFromSecret } from '#adapters/auth-secret.ts';
import { StartError } from '#adapters/http-server/listen.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
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

/**
 * How long after they were read keys are used, although Secrets Manager does not respond or the secret has become invalid.
 * Milliseconds. Without keys the gate refuses every session; a key that an operator wants to revoke is not used for longer.
 */
export const KEYS_MAX_AGE_MS = 60 * 60 * 1000;
/** The time between two attempts to read the secret again, milliseconds. */
export const KEYS_RETRY_MS = 30_000;

export interface KeptSecretOptions<T> {
  /** The setting that names the secret, for the log. */
  readonly setting: string;
  readonly read: () => Promise<string>;
  /** Throws an error whose message does not contain the secret. */
  readonly parse: (text: string) => T;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Reads keys from a secret, and returns a function that returns them and reads them again from time to time. While that
 * fails, it returns the last ones for KEYS_MAX_AGE_MS.
 * @throws StartError if the secret cannot be read, or is invalid: a gate without keys must not start
 */
export async function keepSecret<T>({
  setting,
  read,
  parse,
  clock,
  telemetry,
}: KeptSecretOptions<T>): Promise<() => Promise<T>> {
  const keys = cacheFromSecret(clock, read, parse, {
    maxAgeMs: KEYS_MAX_AGE_MS,
    retryMs: KEYS_RETRY_MS,
    onFailure: (error) => {
      telemetry.count('gate_keys_unreadable', 1);
      telemetry.error('a secret of the gate cannot be read', { setting }, error);
    },
  });
  try {
    await keys();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`The secret of ${setting} cannot be used: ${reason}`, error);
  }
  return keys;
}
