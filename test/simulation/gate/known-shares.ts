import { formatGrantee, type Grantee } from '#core/access/grantee.ts';
import type { Share } from '#core/ports/share-store.ts';
import type { SimulatedSession } from './gate-checks.ts';

interface KnownShare {
  readonly workbenchId: string;
  readonly grantee: string;
  readonly from: number;
  /** Milliseconds since 1970. Gates whose clocks are behind use it longer. */
  readonly expiresAt: number;
  /** When it was taken back. */
  until?: number;
}

/** The shares of the simulated workbenches as they were stored, never as a gate has read them. */
export class KnownShares {
  readonly #now: () => number;
  readonly #clockBehindMaxMs: number;
  readonly #shares: KnownShare[] = [];

  /** @param clockBehindMaxMs how far the clock of a gate may be behind the actual time */
  constructor(now: () => number, clockBehindMaxMs: number) {
    this.#now = now;
    this.#clockBehindMaxMs = clockBehindMaxMs;
  }

  /** Called when a share has been stored. */
  notePut({ workbenchId, grantee, expiresAt = Number.POSITIVE_INFINITY }: Share): void {
    this.#shares.push({
      workbenchId,
      grantee: formatGrantee(grantee),
      from: this.#now(),
      expiresAt,
    });
  }

  /** Called when a share has been taken back. */
  noteDelete(workbenchId: string, grantee: Grantee): void {
    const name = formatGrantee(grantee);
    for (const share of this.#shares) {
      if (share.workbenchId === workbenchId && share.grantee === name) share.until ??= this.#now();
    }
  }

  /** Whether a share gives a right by the clock of some gate. */
  mayGiveRight(session: SimulatedSession): boolean {
    return this.#of(session).some((share) => this.#endOf(share) > this.#now());
  }

  /** Returns since when a share gives a right by the clock of every gate; undefined if none does. */
  givesRightSince(session: SimulatedSession): number | undefined {
    const now = this.#now();
    return this.#of(session).find(({ until, expiresAt }) => until === undefined && expiresAt > now)?.from;
  }

  /** Returns when the last share stopped to give a right; negative infinity if none ever did. */
  lostAt(session: SimulatedSession): number {
    return Math.max(Number.NEGATIVE_INFINITY, ...this.#of(session).map((share) => this.#endOf(share)));
  }

  #of({ workbenchId, userId, groups = [] }: SimulatedSession): readonly KnownShare[] {
    const names = [`user:${userId}`, ...groups.map((group) => `group:${group}`)];
    return this.#shares.filter((share) => share.workbenchId === workbenchId && names.includes(share.grantee));
  }

  /** When the last gate stops to use it. */
  #endOf({ until = Number.POSITIVE_INFINITY, expiresAt }: KnownShare): number {
    return Math.min(until, expiresAt + this.#clockBehindMaxMs);
  }
}
