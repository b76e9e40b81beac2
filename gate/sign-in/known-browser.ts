import { randomBytes } from 'node:crypto';
import * as z from 'zod/mini';
import type { Clock } from '#core/ports/clock.ts';
import { COOKIES, formatCookie, readCookieCandidates } from '#gate/session/cookies.ts';
import type { Sealing } from '#gate/session/seal.ts';

/** How long a browser is known after a sign-in, milliseconds: 30 days. */
export const KNOWN_BROWSER_MS = 30 * 24 * 60 * 60_000;

const contentSchema = z.object({ id: z.string() });

/**
 * Recognizes browsers that have entered the secret before, so that the wrong secrets of others, who may have the same address, do not
 * lock them out. The cookie admits to nothing.
 */
export class KnownBrowsers {
  readonly #seal: Sealing;
  readonly #clock: Clock;

  constructor(seal: Sealing, clock: Clock) {
    this.#seal = seal;
    this.#clock = clock;
  }

  /** Returns the random id of a browser; undefined if it is not known. @param cookies the Cookie header */
  async find(cookies: string | undefined): Promise<string | undefined> {
    for (const sealed of readCookieCandidates(cookies, COOKIES.knownBrowser)) {
      const { data } = z.safeParse(contentSchema, await this.#seal.unseal('known-browser', sealed));
      if (data !== undefined) return data.id;
    }
    return undefined;
  }

  /** Returns the Set-Cookie header of a browser that has entered the secret. */
  async format(id: string = randomBytes(16).toString('base64url')): Promise<string> {
    const expiresAt = this.#clock.now() + KNOWN_BROWSER_MS;
    const sealed = await this.#seal.seal('known-browser', { id }, expiresAt);
    return formatCookie(COOKIES.knownBrowser, sealed, KNOWN_BROWSER_MS);
  }
}
