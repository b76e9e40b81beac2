import { WorkbenchConnectionError } from 'workbench-client';
import { CommandError, EXIT_CODES } from './exit-codes.ts';
import { Issuer, SignInEnded } from './issuer.ts';
import type { SignIn, SignInStore } from './sign-in-store.ts';

/** A token is renewed this long before it expires, milliseconds: requests take time, and clocks differ. */
const RENEW_AHEAD_MS = 30_000;

/** The sign-in of `wb login`, whose access token is renewed before it expires. */
export class StoredSignIn {
  readonly #store: SignInStore;
  #signIn: SignIn;
  #renewal: Promise<SignIn> | undefined;

  constructor(store: SignInStore, signIn: SignIn) {
    this.#store = store;
    this.#signIn = signIn;
  }

  get current(): Omit<SignIn, 'accessToken' | 'refreshToken'> & { readonly isRenewable: boolean } {
    const { accessToken: _access, refreshToken, ...shown } = this.#signIn;
    return { ...shown, isRenewable: refreshToken !== undefined };
  }

  /** @throws CommandError if the user must sign in again; WorkbenchConnectionError if the issuer does not respond */
  async accessToken(): Promise<string> {
    if (!isFresh(this.#signIn)) {
      this.#renewal ??= this.#renew().finally(() => {
        this.#renewal = undefined;
      });
      this.#signIn = await this.#renewal;
    }
    return this.#signIn.accessToken;
  }

  async #renew(): Promise<SignIn> {
    return await this.#store.withLock(async () => {
      const signIn = this.#store.read();
      if (signIn === undefined) throw ended(this.#signIn);
      // Another process has renewed it in the meantime.
      if (isFresh(signIn)) return signIn;
      const { refreshToken, issuer, clientId } = signIn;
      const isValid = Date.now() < (signIn.expiresAt ?? 0);
      if (refreshToken === undefined) {
        if (isValid) return signIn;
        throw ended(signIn);
      }
      try {
        const server = await Issuer.discover({ issuer, clientId, scopes: [] });
        const renewed = { ...signIn, ...(await server.renew(refreshToken)) };
        this.#store.write(renewed);
        return renewed;
      } catch (error) {
        if (error instanceof SignInEnded) throw ended(signIn);
        if (error instanceof WorkbenchConnectionError && isValid) return signIn;
        throw error;
      }
    });
  }
}

function isFresh({ expiresAt }: SignIn): boolean {
  return expiresAt === undefined || Date.now() < expiresAt - RENEW_AHEAD_MS;
}

function ended({ api, issuer }: SignIn): CommandError {
  return new CommandError(
    EXIT_CODES.not_authorized,
    `Your sign-in for ${api} at ${issuer} has ended. Sign in again: wb login`,
  );
}
