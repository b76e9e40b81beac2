import * as z from 'zod/mini';
import { SETTINGS, type SettingsFor } from '#contract/settings/function-settings.ts';
import { parseSettings } from '#contract/settings/setting.ts';
import { ageOf, type Clock, type Moment, momentOf } from '#core/ports/clock.ts';

/** How long a fetched secret is used, in milliseconds. A rotated key takes effect, and the old one is refused, within this time. */
export const SECRET_CACHE_TTL_MS = 5 * 60 * 1000;

const secretSchema = z.strictObject({
  static_key: z.optional(z.string()),
  jwt_key: z.optional(z.string()),
});

export type AuthKeys = SettingsFor<'RESTAPI_AUTH_STATIC_KEY' | 'RESTAPI_AUTH_JWT_KEY'>;

/**
 * Parses a secret: `{"static_key":"…","jwt_key":"…"}` with one or both keys. The bounds are those of the settings
 * RESTAPI_AUTH_STATIC_KEY and RESTAPI_AUTH_JWT_KEY.
 * @throws Error whose message does not contain any of its content
 */
export function parseSecretKeys(text: string): AuthKeys {
  const secret = z.safeParse(secretSchema, parseJson(text));
  if (!secret.success) {
    throw new Error('the secret must be a JSON object with the strings `static_key`, `jwt_key` or both');
  }
  const { static_key, jwt_key } = secret.data;
  const { RESTAPI_AUTH_STATIC_KEY, RESTAPI_AUTH_JWT_KEY } = SETTINGS;
  const keys = parseSettings({ RESTAPI_AUTH_STATIC_KEY, RESTAPI_AUTH_JWT_KEY }, [], {
    RESTAPI_AUTH_STATIC_KEY: static_key,
    RESTAPI_AUTH_JWT_KEY: jwt_key,
  });
  if (keys.RESTAPI_AUTH_STATIC_KEY === undefined && keys.RESTAPI_AUTH_JWT_KEY === undefined) {
    throw new Error('the secret contains neither `static_key` nor `jwt_key`');
  }
  return keys;
}

/** The use of a value although the secret cannot be fetched, or has become invalid. */
export interface StaleUse {
  /** How long after it was fetched the value is used at most, milliseconds. */
  readonly maxAgeMs: number;
  /** The shortest time between two failures while the value is used, milliseconds. */
  readonly retryMs: number;
  /** Is called for each failure, also for those that the caller gets. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Caches a value that is created from a secret. The secret is fetched on the first call, and again SECRET_CACHE_TTL_MS
 * later. The value is created again only if the secret has changed.
 * @param stale without it, a stale value is never returned
 * @throws the errors of `fetch` and `create`
 */
export function cacheFromSecret<T>(
  clock: Clock,
  fetch: () => Promise<string>,
  create: (text: string) => T,
  stale?: StaleUse,
): () => Promise<T> {
  let cached: { readonly text: string; readonly value: T; readonly fetchedAt: Moment } | undefined;
  /** When the last call failed; undefined after a success. */
  let failedAt: Moment | undefined;
  let pending: Promise<T> | undefined;
  const refresh = async (): Promise<T> => {
    const fetchedAt = momentOf(clock);
    const text = await fetch();
    const value = cached?.text === text ? cached.value : create(text);
    cached = { text, value, fetchedAt };
    failedAt = undefined;
    return value;
  };
  const refreshOnce = (): Promise<T> => {
    pending ??= refresh()
      .catch((error: unknown) => {
        failedAt = momentOf(clock);
        stale?.onFailure(error);
        throw error;
      })
      .finally(() => {
        pending = undefined;
      });
    return pending;
  };
  return async () => {
    const last = cached;
    const age = last === undefined ? Number.POSITIVE_INFINITY : ageOf(last.fetchedAt, clock);
    if (last !== undefined && age < SECRET_CACHE_TTL_MS) return last.value;
    if (last === undefined || stale === undefined || age >= stale.maxAgeMs) return refreshOnce();
    if (failedAt === undefined) return refreshOnce().catch(() => last.value);
    // After a failure no caller waits for the next attempt. `onFailure` reports its error.
    if (ageOf(failedAt, clock) >= stale.retryMs) refreshOnce().catch(() => {});
    return last.value;
  };
}

/** Undefined for malformed JSON. The error of JSON.parse would contain a part of the secret. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
