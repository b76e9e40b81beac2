import { formatGrantee, type Grantee } from '#core/access/grantee.ts';
import type { Share } from '#core/ports/share-store.ts';

/** Who makes a request, as far as shares depend on it. */
export interface GuestName {
  readonly userId: string;
  readonly groups: readonly string[];
}

interface Grant {
  readonly workbenchId: string;
  readonly grantee: string;
  readonly role: Share['role'];
  readonly from: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** When it was taken back or replaced. */
  until: number;
}

/** The roles that shares give to guests, as the shares were stored, never as a function has read them. */
export class GrantedRoles {
  readonly #clockSkewMaxMs: number;
  readonly #grants: Grant[] = [];

  /** @param clockSkewMaxMs how far the clock of a function may differ from the actual time */
  constructor(clockSkewMaxMs: number) {
    this.#clockSkewMaxMs = clockSkewMaxMs;
  }

  /** Called when a share has been stored. */
  notePut(share: Share, now: number): void {
    const { workbenchId, grantee, role, expiresAt = Number.POSITIVE_INFINITY } = share;
    this.noteDelete(workbenchId, grantee, now);
    const until = Number.POSITIVE_INFINITY;
    this.#grants.push({ workbenchId, grantee: formatGrantee(grantee), role, from: now, expiresAt, until });
  }

  /** Called when a share has been deleted. */
  noteDelete(workbenchId: string, grantee: Grantee, now: number): void {
    const name = formatGrantee(grantee);
    this.#end((grant) => grant.workbenchId === workbenchId && grant.grantee === name, now);
  }

  /** Called when all shares of a workbench have been deleted. */
  noteDeleteAll(workbenchId: string, now: number): void {
    this.#end((grant) => grant.workbenchId === workbenchId, now);
  }

  /** Returns the roles that a guest may have had at some time from `from` to `to`, by the clock of some function. */
  possible(guest: GuestName, workbenchId: string, from: number, to: number): readonly Share['role'][] {
    return this.#of(guest, workbenchId)
      .filter(
        (grant) => grant.from <= to && Math.min(grant.until, grant.expiresAt + this.#clockSkewMaxMs) >= from,
      )
      .map(({ role }) => role);
  }

  /** Returns the roles that a guest had all the time from `from` to `to`, by the clock of every function. */
  certain(guest: GuestName, workbenchId: string, from: number, to: number): readonly Share['role'][] {
    return this.#of(guest, workbenchId)
      .filter(
        (grant) => grant.from < from && Math.min(grant.until, grant.expiresAt - this.#clockSkewMaxMs) > to,
      )
      .map(({ role }) => role);
  }

  #of({ userId, groups }: GuestName, workbenchId: string): readonly Grant[] {
    const names = [`user:${userId}`, ...groups.map((group) => `group:${group}`)];
    return this.#grants.filter((grant) => grant.workbenchId === workbenchId && names.includes(grant.grantee));
  }

  #end(isMeant: (grant: Grant) => boolean, now: number): void {
    for (const grant of this.#grants) if (isMeant(grant)) grant.until = Math.min(grant.until, now);
  }
}
