import { hash, randomBytes } from 'node:crypto';
import type { Timers } from '#adapters/local/timers.ts';
import { ageOf, type Moment, momentOf } from '#core/ports/clock.ts';

/** The response of an authorizer in the simple response format. */
export interface Authorization {
  readonly isAuthorized: boolean;
  readonly context: Readonly<Record<string, unknown>>;
}

export interface AuthorizerCacheOptions {
  readonly timers: Timers;
  /** How long a response is cached, seconds: 0 (no cache) to 3,600. */
  readonly ttlSeconds: number;
  /** The latest time at which a response may be used again, milliseconds since 1970. A time in the past: it is not cached. @default no limit */
  readonly validUntil?: (authorization: Authorization) => number;
  /** Cached responses. The oldest is evicted. @default 1,000 */
  readonly capacity?: number;
}

/** How long API Gateway waits for an authorizer, milliseconds. */
export const AUTHORIZER_TIMEOUT_MS = 10_000;

interface CacheEntry {
  readonly stored: Moment;
  /** The response is valid until this time, by the clock. */
  readonly until: number;
  readonly authorization: Authorization;
}

/**
 * Caches the authorizer's responses by identity source alone, for all routes, as API Gateway does. Denials are
 * cached, failures are not. Unlike API Gateway it keeps no response beyond `validUntil`. Concurrent requests share one
 * call. The cache stores a hash of the identity source with a random salt, because the identity source is a secret.
 */
export class AuthorizerCache {
  readonly #options: Required<AuthorizerCacheOptions>;
  readonly #cache = new Map<string, CacheEntry>();
  readonly #pending = new Map<string, Promise<Authorization>>();
  /** Of constant length, so that no two pairs of salt and identity source form the same text. */
  readonly #salt = randomBytes(32).toString('base64');

  constructor(options: AuthorizerCacheOptions) {
    this.#options = { capacity: 1000, validUntil: () => Number.POSITIVE_INFINITY, ...options };
  }

  /**
   * @param callAuthorizer calls the authorizer
   * @throws the error of the authorizer, TypeError for an invalid response, Error after AUTHORIZER_TIMEOUT_MS
   */
  async authorize(identitySource: string, callAuthorizer: () => Promise<unknown>): Promise<Authorization> {
    const { ttlSeconds } = this.#options;
    if (ttlSeconds <= 0) return this.#call(callAuthorizer);
    const id = hash('sha256', `${this.#salt}${identitySource}`, 'base64');
    const cached = this.#cache.get(id);
    if (cached !== undefined && this.#isCurrent(cached)) return cached.authorization;
    const pending = this.#pending.get(id);
    if (pending !== undefined) return pending;
    const call = this.#call(callAuthorizer)
      .then((authorization) => {
        this.#store(id, authorization);
        return authorization;
      })
      .finally(() => this.#pending.delete(id));
    this.#pending.set(id, call);
    return call;
  }

  #isCurrent({ stored, until }: CacheEntry): boolean {
    const { timers, ttlSeconds } = this.#options;
    return ageOf(stored, timers) < ttlSeconds * 1000 && timers.now() < until;
  }

  #store(id: string, authorization: Authorization): void {
    const { timers, validUntil, capacity } = this.#options;
    const stored = momentOf(timers);
    const until = validUntil(authorization);
    this.#cache.delete(id);
    if (until <= stored.now) return;
    this.#cache.set(id, { stored, until, authorization });
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= capacity) return;
      this.#cache.delete(oldest);
    }
  }

  async #call(callAuthorizer: () => Promise<unknown>): Promise<Authorization> {
    const { timers } = this.#options;
    return new Promise((resolve, reject) => {
      const cancel = timers.after(AUTHORIZER_TIMEOUT_MS, () => reject(new Error('the authorizer timed out')));
      const call = async () => parseAuthorization(await callAuthorizer());
      call().then(resolve, reject).finally(cancel);
    });
  }
}

function parseAuthorization(response: unknown): Authorization {
  if (typeof response !== 'object' || response === null || !('isAuthorized' in response)) {
    throw new TypeError('the authorizer returned no simple response');
  }
  const { isAuthorized } = response;
  if (typeof isAuthorized !== 'boolean') throw new TypeError('the authorizer returned no simple response');
  const context =
    'context' in response && typeof response.context === 'object' && response.context !== null
      ? response.context
      : {};
  // On AWS the context is serialized as JSON between the two functions.
  return { isAuthorized, context: JSON.parse(JSON.stringify(context)) as Record<string, unknown> };
}
