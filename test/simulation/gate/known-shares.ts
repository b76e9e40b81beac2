import { formatGrantee, type Grantee } from '#core/access/grantee.ts';
import type { Share } from '#core/ports/share-store.ts';
import type { SimulatedSession } from './gate-checks.ts';

interface KnownShare {
  readonly workbenchId: string;
  readonly grantee: string;
  readonly from: number;
  /** When it expires by every clock of a gate, milliseconds since 1970. */
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
      expiresAt: expiresAt + this.#clockBehindMaxMs,
    });
  }

  /** Called when a share has been taken back. */
  noteDelete(workbenchId: string, grantee: Grantee): void {
    const name = formatGrantee(grantee);
    for (const share of this.#shares) {
      if (share.workbenchId === workbenchId && share.grantee === name) share.until ??= this.#now();
    }
  }

  /** Returns since when a share gives a right; undefined if none does at present. */
  givesRightSince(session: SimulatedSession): number | undefined {
    const now = this.#now();
    return this.#of(session).find((share) => endOf(share) > now)?.from;
  }

  /** Returns when the last share stopped to give a right; negative infinity if none ever did. */
  lostAt(session: SimulatedSession): number {
    return Math.max(Number.NEGATIVE_INFINITY, ...this.#of(session).map(endOf));
  }

  #of({ workbenchId, userId, groups = [] }: SimulatedSession): readonly KnownShare[] {
    const names = [`user:${userId}`, ...groups.map((group) => `group:${group}`)];
    return this.#shares.filter((share) => share.workbenchId === workbenchId && names.includes(share.grantee));
  }
}

function endOf({ until = Number.POSITIVE_INFINITY, expiresAt }: KnownShare): number {
  return Math.min(until, expiresAt);
}
