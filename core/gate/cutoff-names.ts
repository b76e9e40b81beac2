import { subjectCutoffName } from '#core/ports/session-cutoff-store.ts';

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
