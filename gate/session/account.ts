import type { Clock } from '#core/ports/clock.ts';
import { cutoffOf, SESSION_LIFETIME_MS, type SessionCutoffStore } from '#core/ports/session-cutoff-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { ACCOUNT_PATH, type OwnRequest, type OwnRoute } from '#gate/own-route.ts';
import { noFormPage } from '#gate/pages/command-pages.ts';
import type { GatePage } from '#gate/pages/gate-page.ts';
import { accountPage, noAccountPage, signedOutPage } from '#gate/pages/sign-in-pages.ts';
import { redirect } from '#gate/sign-in/redirect.ts';
import { isSentForm } from '../form-body.ts';
import { COOKIES, formatDeletedCookie } from './cookies.ts';

export interface AccountRouteOptions {
  /** Whether users sign in at the gate itself. Otherwise only tickets admit. */
  readonly hasSignIn: boolean;
  /** Returns to where the response to the sign-out redirects, as sources of a Content-Security-Policy. */
  readonly signOutTargets: () => readonly string[];
  readonly show: (asked: OwnRequest, page: GatePage) => void;
}

/** `GET /.wb/account`: says who is signed in, and offers to sign out. */
export class AccountRoute {
  readonly #options: AccountRouteOptions;

  constructor(options: AccountRouteOptions) {
    this.#options = options;
  }

  get routes(): readonly OwnRoute[] {
    return [
      {
        method: 'GET',
        path: ACCOUNT_PATH,
        on: 'any',
        from: 'own',
        handle: async (asked) => this.#options.show(asked, this.#present(asked)),
      },
    ];
  }

  #present({ visitor, workbenchId, prefix }: OwnRequest): GatePage {
    const { hasSignIn, signOutTargets } = this.#options;
    if (visitor.kind !== 'user') {
      // A navigation to the workbench leads to the sign-in, and back to the workbench. The sign-in host alone has no page to open.
      return noAccountPage(hasSignIn && workbenchId !== undefined ? `${prefix}/` : undefined);
    }
    const { userId, signedInAt, expiresAt, workbenchId: boundTo } = visitor;
    return accountPage({
      userId,
      signedInAt,
      // The session of the sign-in host is renewed while it is used.
      endsAt: boundTo === undefined ? signedInAt + SESSION_LIFETIME_MS : expiresAt,
      endsUnused: boundTo === undefined,
      workbenchId,
      prefix,
      formTargets: signOutTargets(),
    });
  }
}

export interface SignOutOptions {
  readonly cutoffs: Pick<SessionCutoffStore, 'raise'>;
  /** Drops what this process has cached of the cutoffs of a user. */
  readonly forgetCutoffs: (userId: string) => void;
  /** Returns where the session at the issuer ends; undefined without an issuer, or if it offers no such page. */
  readonly signOutAtIssuer: (asked: OwnRequest) => Promise<string | undefined>;
  /** Whether frontends show pages of the gate in frames. */
  readonly mayBeFramed: boolean;
  readonly show: (asked: OwnRequest, page: GatePage) => void;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * `POST /.wb/logout`: ends all sessions of the user, in every browser and on every host. The hosts of the other workbenches
 * have cookies that this one cannot delete, so that only a cutoff ends their sessions.
 */
export class SignOut {
  readonly #options: SignOutOptions;

  constructor(options: SignOutOptions) {
    this.#options = options;
  }

  get routes(): readonly OwnRoute[] {
    return [
      {
        method: 'POST',
        path: '/.wb/logout',
        on: 'any',
        from: 'own',
        handle: (asked) => this.#signOut(asked),
      },
    ];
  }

  async #signOut(asked: OwnRequest): Promise<void> {
    const { cutoffs, forgetCutoffs, signOutAtIssuer, mayBeFramed, show, clock, telemetry } = this.#options;
    const { visitor, response, request } = asked;
    // A script of a workbench has the origin of this path. By a fetch it must not end the sessions on all hosts.
    if (!isSentForm(request, mayBeFramed)) return show(asked, noFormPage());
    if (visitor.kind === 'user') {
      // Before the cookies: if it fails, the user is still signed in and can repeat the request.
      await cutoffs.raise(visitor.userId, Math.max(cutoffOf(clock.now()), visitor.signedInAt));
      forgetCutoffs(visitor.userId);
      telemetry.info('all sessions of a user have ended', { userId: visitor.userId });
    }
    for (const name of [COOKIES.signIn, COOKIES.workbench, COOKIES.signInState, COOKIES.entry])
      response.appendHeader('set-cookie', formatDeletedCookie(name));
    const location = await signOutAtIssuer(asked);
    if (location === undefined) show(asked, signedOutPage());
    else redirect(asked, location);
  }
}
