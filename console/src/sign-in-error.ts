/**
 * `unreachable`: the issuer does not respond to this page. `ended`: its session has ended, and the user must sign in again. `failed`:
 * it has refused the sign-in, or its response cannot be used.
 */
export type SignInProblem = 'unreachable' | 'ended' | 'failed';

export class SignInError extends Error {
  readonly kind: SignInProblem;
  /** What the issuer says, for an operator. */
  readonly detail: string | undefined;

  constructor(kind: SignInProblem, detail?: string) {
    super(`the sign-in at the issuer: ${kind}${detail === undefined ? '' : ` (${detail})`}`);
    this.name = 'SignInError';
    this.kind = kind;
    this.detail = detail;
  }
}
