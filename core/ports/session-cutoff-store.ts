/** Ends the sessions of a user that began before a time: sign-out everywhere, and back-channel sign-out. */
export interface SessionCutoffStore {
  /**
   * Ends all sessions of the user, or those of one session at the issuer, that began at or before `at` (milliseconds since
   * 1970). Never moves a cutoff back. The store may forget a cutoff after the longest session (`SESSION_LIFETIME_MS`).
   * @param userId the user_id, or the `sub` of the user at the issuer
   * @throws PortError
   */
  raise(userId: string, at: number, issuerSession?: string): Promise<void>;
  /** Returns the cutoffs of a user. @throws PortError */
  read(userId: string): Promise<SessionCutoffs>;
}

export interface SessionCutoffs {
  /** Milliseconds since 1970; absent if no session was ended. */
  readonly all?: number;
  /** Session at the issuer → milliseconds since 1970. */
  readonly byIssuerSession: Readonly<Record<string, number>>;
}

/** A session ends this long after its sign-in, milliseconds: 8 hours. */
export const SESSION_LIFETIME_MS = 8 * 60 * 60 * 1000;
