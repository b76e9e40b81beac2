import * as z from 'zod/mini';
import { SETTINGS, type SettingsFor } from '#contract/settings/function-settings.ts';
import { parseSettings } from '#contract/settings/setting.ts';
import type { Clock } from '#core/ports/clock.ts';

/** What was fetched counts this long, in milliseconds: a rotated key is taken up within it, an old one forgotten. */
export const SECRET_CACHE_TTL_MS = 5 * 60 * 1000;

const secretSchema = z.strictObject({
  static_key: z.optional(z.string()),
  jwt_key: z.optional(z.string()),
});

export type AuthKeys = SettingsFor<'RESTAPI_AUTH_STATIC_KEY' | 'RESTAPI_AUTH_JWT_KEY'>;

/**
 * The keys in the text of a secret, `{"static_key":"…","jwt_key":"…"}` with one of them or both, within the
 * bounds of the settings for which they stand.
 * @throws an error that tells nothing of what is in it
 */
export function parseSecretKeys(text: string): AuthKeys {
  const secret = z.safeParse(secretSchema, parseJson(text));
  if (!secret.success) {
    throw new Error('the secret is no JSON object with `static_key`, `jwt_key` or both as text');
  }
  const { static_key, jwt_key } = secret.data;
  const { RESTAPI_AUTH_STATIC_KEY, RESTAPI_AUTH_JWT_KEY } = SETTINGS;
  const keys = parseSettings({ RESTAPI_AUTH_STATIC_KEY, RESTAPI_AUTH_JWT_KEY }, [], {
    RESTAPI_AUTH_STATIC_KEY: static_key,
    RESTAPI_AUTH_JWT_KEY: jwt_key,
  });
  if (keys.RESTAPI_AUTH_STATIC_KEY === undefined && keys.RESTAPI_AUTH_JWT_KEY === undefined) {
    throw new Error('the secret holds neither `static_key` nor `jwt_key`');
  }
  return keys;
}

/**
 * Something made of a secret: fetched when it is first needed, and again when that was SECRET_CACHE_TTL_MS ago. It is
 * made anew only when the secret is another one.
 * @throws what `fetch` and `make` throw; nothing stale is used instead
 */
export function cacheFromSecret<T>(
  clock: Clock,
  fetch: () => Promise<string>,
  make: (text: string) => T,
): () => Promise<T> {
  let kept: { readonly text: string; readonly made: T; readonly fetchedAt: number } | undefined;
  let fetching: Promise<T> | undefined;
  const renew = async (): Promise<T> => {
    const fetchedAt = clock.now();
    const text = await fetch();
    const made = kept?.text === text ? kept.made : make(text);
    kept = { text, made, fetchedAt };
    return made;
  };
  return async () => {
    const age = kept === undefined ? Number.NaN : clock.now() - kept.fetchedAt;
    // Not used either when the clock has stepped back.
    if (kept !== undefined && age >= 0 && age < SECRET_CACHE_TTL_MS) return kept.made;
    fetching ??= renew().finally(() => {
      fetching = undefined;
    });
    return fetching;
  };
}

/** A parser's own error would quote what it could not read. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
