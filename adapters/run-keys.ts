import * as z from 'zod/mini';
import type { Clock } from '#core/ports/clock.ts';
import { PortError } from '#core/ports/port-error.ts';
import { cacheFromSecret, type StaleUse } from './auth-secret.ts';

const keySchema = z.string().check(z.minLength(32), z.maxLength(512));
const keysSchema = z.strictObject({ current: keySchema, previous: z.optional(keySchema) });

/** How long the keys are used although the secret cannot be fetched, milliseconds: a start must not wait for them. */
const STALE_MAX_MS = 24 * 60 * 60 * 1000;
const RETRY_MS = 30_000;

/**
 * Returns the keys of the tokens of runs from a secret `{"current":"…","previous":"…"}`, the current one first. The
 * previous one verifies the tokens of runs that began before a rotation.
 * @throws PortError whose message does not contain any of its content
 */
export function parseRunKeys(text: string): readonly [string, ...string[]] {
  const parsed = z.safeParse(keysSchema, parseJson(text));
  if (!parsed.success)
    throw new PortError(
      'unavailable',
      'the secret of run tokens must be a JSON object with the string `current` of 32 to 512 characters',
    );
  const { current, previous } = parsed.data;
  return previous === undefined ? [current] : [current, previous];
}

/** Reads the keys when they are needed, and again every five minutes. @param onFailure is called for each failure */
export function cacheRunKeys(
  clock: Clock,
  fetch: () => Promise<string>,
  onFailure: StaleUse['onFailure'],
): () => Promise<readonly [string, ...string[]]> {
  return cacheFromSecret(clock, fetch, parseRunKeys, {
    maxAgeMs: STALE_MAX_MS,
    retryMs: RETRY_MS,
    onFailure,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
