import { hash } from 'node:crypto';
import type { UserVisitor } from '#core/gate/visitor.ts';
import { ageOf, type Clock, type Moment, momentOf } from '#core/ports/clock.ts';
import type { Sessions } from './sessions.ts';

/** How long a verified cookie is used, milliseconds. A key that is removed may admit for this long. */
export const VERIFIED_MAX_AGE_MS = 5_000;
/** The most verified cookies. The one that was verified first is dropped. */
const CAPACITY = 10_000;

interface VerifiedSession {
  readonly verifiedAt: Moment;
  readonly visitor: UserVisitor;
}

/**
 * Remembers which cookies have been verified: a page loads hundreds of files, and to verify a cookie takes as much processor
 * time as to forward a request. Only the seal is remembered. The caller must compare the expiry and the cutoffs for each request.
 */
export class VerifiedSessions {
  readonly #sessions: Pick<Sessions, 'parse'>;
  readonly #clock: Clock;
  /** By the hash of cookie and workbench: a lookup by the cookie itself would take longer the more of it is right. */
  readonly #verified = new Map<string, VerifiedSession>();

  constructor(sessions: Pick<Sessions, 'parse'>, clock: Clock) {
    this.#sessions = sessions;
    this.#clock = clock;
  }

  /**
   * Returns the session in a cookie, which may have expired within VERIFIED_MAX_AGE_MS; undefined if it is none.
   * @param workbenchId the workbench whose host was asked; undefined on the sign-in host
   * @throws the errors of reading the keys
   */
  async parse(sealed: string, workbenchId: string | undefined): Promise<UserVisitor | undefined> {
    const key = hash('sha256', `${workbenchId ?? ''} ${sealed}`, 'base64url');
    const known = this.#verified.get(key);
    if (known !== undefined && ageOf(known.verifiedAt, this.#clock) < VERIFIED_MAX_AGE_MS)
      return known.visitor;
    const verifiedAt = momentOf(this.#clock);
    const visitor = await this.#sessions.parse(sealed, workbenchId);
    this.#verified.delete(key);
    if (visitor !== undefined) this.#remember(key, { verifiedAt, visitor });
    return visitor;
  }

  #remember(key: string, session: VerifiedSession): void {
    this.#verified.set(key, session);
    for (const oldest of this.#verified.keys()) {
      if (this.#verified.size <= CAPACITY) break;
      this.#verified.delete(oldest);
    }
  }
}
