import type { UserVisitor, Visitor } from '#core/gate/visitor.ts';
import { SESSION_LIFETIME_MS } from '#core/ports/session-cutoff-store.ts';
import { SIGN_IN_IDLE_MS } from './sessions.ts';

/**
 * When each session of the sign-in host was last used here. In prefix mode browsers get a renewed cookie while they use
 * workbenches, but a connection that stays open has the cookie with which it began: without this it would end with that one.
 */
export class SessionUse {
  /** Milliseconds since 1970, by session. The one that was used last is at the end. */
  readonly #lastUses = new Map<string, number>();

  /** Notes a request, or data on a WebSocket. A session that has ended stays ended. @param now milliseconds since 1970 */
  note(visitor: Visitor, now: number): void {
    if (!isRenewable(visitor) || this.#endOf(visitor) <= now) return;
    const key = keyOf(visitor);
    this.#lastUses.delete(key);
    this.#lastUses.set(key, now);
    for (const [unused, usedAt] of this.#lastUses) {
      if (now - usedAt < SIGN_IN_IDLE_MS) break;
      this.#lastUses.delete(unused);
    }
  }

  /** Returns a visitor with the end of the session as its last use has moved it: at most 8 hours after the sign-in. */
  extend(visitor: Visitor): Visitor {
    return isRenewable(visitor) ? { ...visitor, expiresAt: this.#endOf(visitor) } : visitor;
  }

  /** The number of sessions whose last use is remembered. */
  get size(): number {
    return this.#lastUses.size;
  }

  #endOf(visitor: UserVisitor): number {
    const usedAt = this.#lastUses.get(keyOf(visitor));
    if (usedAt === undefined) return visitor.expiresAt;
    const renewed = Math.min(usedAt + SIGN_IN_IDLE_MS, visitor.signedInAt + SESSION_LIFETIME_MS);
    return Math.max(visitor.expiresAt, renewed);
  }
}

/** A session on the host of a workbench ends at the same time whether or not it is used. */
function isRenewable(visitor: Visitor): visitor is UserVisitor {
  return visitor.kind === 'user' && visitor.workbenchId === undefined;
}

/** The renewed cookies of a session have the same time of the sign-in. */
function keyOf({ userId, signedInAt, issuerSession }: UserVisitor): string {
  return JSON.stringify([userId, signedInAt, issuerSession]);
}
