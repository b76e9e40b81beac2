/**
 * The sender of a request to the gate.
 * - `open`: local mode without sign-in; visitors are not authenticated.
 * - `user`: the holder of a valid session.
 * - `none`: no session, or one that is invalid, expired or ended.
 */
export type Visitor = { readonly kind: 'open' } | { readonly kind: 'none' } | UserVisitor;

export interface UserVisitor {
  readonly kind: 'user';
  /** The same claim as the user of the API (RESTAPI_USER_CLAIM). */
  readonly userId: string;
  /** Whether the user may open every workbench. */
  readonly admin: boolean;
  /** The ids of the user's groups at the sign-in (adapters/group-id.ts). Absent without any. */
  readonly groups?: readonly string[];
  /** From when on the groups do not count, milliseconds since 1970. Present with groups. */
  readonly groupsExpireAt?: number;
  /** The workbench of the session's cookie. The session of the sign-in host has none: it opens every workbench of its user. */
  readonly workbenchId?: string;
  /** The session at the issuer, if it named one. A back-channel sign-out may end it alone. */
  readonly issuerSession?: string;
  /** The user's `sub` at the issuer, if the user_id is another claim. A back-channel sign-out names this one. */
  readonly issuerSubject?: string;
  /** Whether the cookie comes from a version that stored the cutoffs of user ids and of `sub` under the same names. */
  readonly hasSharedNames?: true;
  /** When the user signed in, milliseconds since 1970. A cutoff after it ends the session. */
  readonly signedInAt: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}
