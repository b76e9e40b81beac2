import { SESSION_LIFETIME_MS } from '#core/ports/session-cutoff-store.ts';
import { ACCOUNT_PATH, type OwnRequest, type OwnRoute } from '#gate/own-route.ts';
import type { GatePage } from '#gate/pages/gate-page.ts';
import { accountPage, noAccountPage } from '#gate/pages/sign-in-pages.ts';

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
