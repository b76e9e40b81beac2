import { createHmac, randomBytes } from 'node:crypto';
import type { Timers } from '#adapters/local/timers.ts';

/** What an authorizer of the simple response format answers. */
export interface Authorization {
  readonly isAuthorized: boolean;
  readonly context: Readonly<Record<string, unknown>>;
}

export interface AuthorizerCacheOptions {
  readonly timers: Timers;
  /** How long an answer is kept, in seconds: 0 (each request asks) to 3,600. */
  readonly ttlSeconds: number;
  /** The most answers kept; the oldest goes. @default 1,000 */
  readonly capacity?: number;
}

/** The longest that API Gateway waits for an authorizer, in milliseconds. */
export const AUTHORIZER_TIMEOUT_MS = 10_000;

interface CacheEntry {
  readonly until: number;
  readonly authorization: Authorization;
}

/**
 * Keeps the authorizer's answers by identity source, as API Gateway does: by nothing else, whatever route the
 * request is for. Denials are kept, failures are not. Requests that ask at once share one call. Identity
 * sources themselves, which are secrets, are not kept.
 */
export class AuthorizerCache {
  readonly #options: Required<AuthorizerCacheOptions>;
  readonly #kept = new Map<string, CacheEntry>();
  readonly #asked = new Map<string, Promise<Authorization>>();
  readonly #salt = randomBytes(32);

  constructor(options: AuthorizerCacheOptions) {
    this.#options = { capacity: 1000, ...options };
  }

  /**
   * @param ask calls the authorizer
   * @throws what the authorizer throws, and when its answer is none or late
   */
  async authorize(identitySource: string, ask: () => Promise<unknown>): Promise<Authorization> {
    const { timers, ttlSeconds } = this.#options;
    if (ttlSeconds <= 0) return this.#ask(ask);
    const id = createHmac('sha256', this.#salt).update(identitySource).digest('base64');
    const kept = this.#kept.get(id);
    if (kept !== undefined && kept.until > timers.now()) return kept.authorization;
    const asked = this.#asked.get(id);
    if (asked !== undefined) return asked;
    const answer = this.#ask(ask)
      .then((authorization) => {
        this.#keep(id, authorization);
        return authorization;
      })
      .finally(() => this.#asked.delete(id));
    this.#asked.set(id, answer);
    return answer;
  }

  #keep(id: string, authorization: Authorization): void {
    const { timers, ttlSeconds, capacity } = this.#options;
    this.#kept.delete(id);
    this.#kept.set(id, { until: timers.now() + ttlSeconds * 1000, authorization });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= capacity) return;
      this.#kept.delete(oldest);
    }
  }

  async #ask(ask: () => Promise<unknown>): Promise<Authorization> {
    const { timers } = this.#options;
    return new Promise((resolve, reject) => {
      const cancel = timers.after(AUTHORIZER_TIMEOUT_MS, () =>
        reject(new Error('the authorizer took too long')),
      );
      const answer = async () => parseAuthorization(await ask());
      answer().then(resolve, reject).finally(cancel);
    });
  }
}

function parseAuthorization(answer: unknown): Authorization {
  if (typeof answer !== 'object' || answer === null || !('isAuthorized' in answer)) {
    throw new TypeError('the authorizer gave no simple response');
  }
  const { isAuthorized } = answer;
  if (typeof isAuthorized !== 'boolean') throw new TypeError('the authorizer gave no simple response');
  const context =
    'context' in answer && typeof answer.context === 'object' && answer.context !== null
      ? answer.context
      : {};
  // Through JSON, as between two functions: what cannot go that way would not arrive on AWS either.
  return { isAuthorized, context: JSON.parse(JSON.stringify(context)) as Record<string, unknown> };
}
