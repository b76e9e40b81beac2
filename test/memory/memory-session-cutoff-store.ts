import {
  NO_CUTOFFS,
  raiseCutoff,
  type SessionCutoffStore,
  type SessionCutoffs,
} from '#core/ports/session-cutoff-store.ts';

/** A SessionCutoffStore in memory. It keeps the cutoffs of every user. */
export class MemorySessionCutoffStore implements SessionCutoffStore {
  /** User id → cutoffs. */
  readonly #users = new Map<string, SessionCutoffs>();

  async raise(userId: string, at: number, issuerSession?: string): Promise<void> {
    this.#users.set(userId, raiseCutoff(this.#users.get(userId) ?? NO_CUTOFFS, at, issuerSession));
  }

  async read(userId: string): Promise<SessionCutoffs> {
    return this.#users.get(userId) ?? NO_CUTOFFS;
  }
}
