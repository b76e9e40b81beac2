import type { IdempotencyClaim, IdempotencyStore } from '#core/ports/workbench-store.ts';

interface StoredClaim {
  readonly claim: IdempotencyClaim;
  readonly settler?: string;
}

/** Idempotency claims in memory; expired ones stay until they are claimed anew. */
export class MemoryIdempotencyStore implements IdempotencyStore {
  /** user id → key → claim */
  readonly #users = new Map<string, Map<string, StoredClaim>>();

  async claim(
    claim: Omit<IdempotencyClaim, 'state'>,
    now: number,
  ): Promise<{ readonly claim: IdempotencyClaim; readonly ours: boolean }> {
    const claims = this.#users.get(claim.userId) ?? new Map<string, StoredClaim>();
    this.#users.set(claim.userId, claims);
    const standing = claims.get(claim.key)?.claim;
    if (standing !== undefined && standing.expiresAt > now) {
      return { claim: { ...standing }, ours: standing.workbenchId === claim.workbenchId };
    }
    const { userId, key, workbenchId, bodyHash, expiresAt } = claim;
    const ours: IdempotencyClaim = { userId, key, workbenchId, bodyHash, state: 'open', expiresAt };
    claims.set(key, { claim: ours });
    return { claim: { ...ours }, ours: true };
  }

  async complete(
    userId: string,
    key: string,
    workbenchId: string,
    settler: string,
  ): Promise<'settled' | 'already' | 'gone'> {
    const claims = this.#users.get(userId);
    const standing = claims?.get(key);
    if (claims === undefined || standing?.claim.workbenchId !== workbenchId) return 'gone';
    if (standing.claim.state === 'done') return standing.settler === settler ? 'settled' : 'already';
    claims.set(key, { claim: { ...standing.claim, state: 'done' }, settler });
    return 'settled';
  }
}
