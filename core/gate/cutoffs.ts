import { type SessionCutoffStore, subjectCutoffName } from '#core/ports/session-cutoff-store.ts';

interface DatedSignIn extends CutoffUser {
  readonly issuerSession?: string | undefined;
  /** Milliseconds since 1970. */
  readonly signedInAt: number;
}

/**
 * Returns a sign-in with a time after the cutoffs that were stored before it. A cutoff lies in the future, so that it also ends
 * the sessions that began by a clock that is ahead. Without this, each new session would end at once, and the browser would be
 * sent to sign in again and again.
 * @throws PortError
 */
export async function moveAfterCutoffs<S extends DatedSignIn>(
  signIn: S,
  cutoffs: Pick<SessionCutoffStore, 'read'>,
): Promise<S> {
  const { signedInAt, issuerSession } = signIn;
  const found = await Promise.all(cutoffNamesOf(signIn).map((name) => cutoffs.read(name)));
  const times = found.flatMap(({ all = 0, byIssuerSession }) => {
    const isNamed = issuerSession !== undefined && Object.hasOwn(byIssuerSession, issuerSession);
    return isNamed ? [all, byIssuerSession[issuerSession] ?? 0] : [all];
  });
  return { ...signIn, signedInAt: Math.max(signedInAt, ...times.map((time) => time + 1)) };
}

/** Whose sessions a cutoff ends. */
export interface CutoffUser {
  readonly userId: string;
  readonly issuerSubject?: string | undefined;
  readonly hasSharedNames?: true | undefined;
}

/** Returns the names whose cutoffs end a session: the user_id, and the `sub` of the user if it is another claim. */
export function cutoffNamesOf({ userId, issuerSubject, hasSharedNames }: CutoffUser): readonly string[] {
  if (!hasSharedNames)
    return issuerSubject === undefined ? [userId] : [userId, subjectCutoffName(issuerSubject)];
  // When its cookie was sealed, a `sub` was stored like a user_id, and left out of the cookie if it was the same text.
  const subject = issuerSubject ?? userId;
  return [...new Set([userId, subject, subjectCutoffName(subject)])];
}
