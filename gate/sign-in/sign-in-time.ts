import type { SessionCutoffStore } from '#core/ports/session-cutoff-store.ts';
import type { SignIn } from '#gate/session/sessions.ts';

/**
 * Returns the sign-in with a time after the cutoffs of its user. A process whose clock was ahead may have stored a cutoff in the
 * future: it would end each new session at once, and the browser would be sent to sign in again and again.
 * @throws PortError
 */
export async function moveAfterCutoffs(
  signIn: SignIn,
  cutoffs: Pick<SessionCutoffStore, 'read'>,
): Promise<SignIn> {
  const { userId, issuerSubject, signedInAt } = signIn;
  const names = [userId, ...(issuerSubject === undefined ? [] : [issuerSubject])];
  const found = await Promise.all(names.map((name) => cutoffs.read(name)));
  return { ...signIn, signedInAt: Math.max(signedInAt, ...found.map(({ all = 0 }) => all + 1)) };
}
