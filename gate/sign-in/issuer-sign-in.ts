import { moveAfterCutoffs } from '#core/gate/cutoffs.ts';
import {
  type GateAddress,
  parseReturnUrl,
  readBrowserBinding,
  SIGN_IN_PATH,
  signInUrlOf,
} from '#core/gate/gate-host.ts';
import type { SignInFailureReason } from '#core/gate/sign-in-failures.ts';
import { areGroupsExpired, type UserVisitor, type Visitor } from '#core/gate/visitor.ts';
import type { Clock } from '#core/ports/clock.ts';
import {
  cutoffOf,
  SESSION_LIFETIME_MS,
  type SessionCutoffStore,
  subjectCutoffName,
} from '#core/ports/session-cutoff-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { GateAudit } from '#gate/audit/gate-audit.ts';
import type { OwnRequest, OwnRoute } from '#gate/own-route.ts';
import type { GatePage } from '#gate/pages/gate-page.ts';
import {
  invalidReturnUrlPage,
  issuerUnavailablePage,
  signedOutPage,
  signInFailedPage,
  signInMisconfiguredPage,
  signInRefusedPage,
  signingInPage,
  userClaimMissingPage,
} from '#gate/pages/sign-in-pages.ts';
import { COOKIES, formatCookie, formatDeletedCookie, readCookie } from '#gate/session/cookies.ts';
import { SEALED_MAX_LENGTH } from '#gate/session/seal.ts';
import type { Sessions } from '#gate/session/sessions.ts';
import { readField, readForm } from '../form-body.ts';
import type { OidcIssuer } from './issuer.ts';
import { redirect, respondToIssuer } from './redirect.ts';
import type { Attempt, SignInAttempts } from './sign-in-attempts.ts';
import { readFailure, SignInFailure, type SignInFailureKind } from './sign-in-failure.ts';
import { readLogoutClaims, readSignIn, UserClaimMissing, type UserClaimSettings } from './user-claims.ts';
import type { WayBack } from './way-back.ts';

export interface IssuerSignInOptions {
  readonly issuer: OidcIssuer;
  readonly attempts: SignInAttempts;
  readonly sessions: Sessions;
  readonly wayBack: WayBack;
  readonly cutoffs: Pick<SessionCutoffStore, 'raise' | 'read'>;
  /** Drops what this process has cached of the cutoffs of a user. */
  readonly forgetCutoffs: (userId: string) => void;
  readonly claims: UserClaimSettings;
  readonly address: () => GateAddress;
  readonly audit: Pick<GateAudit, 'noteSignInFailure'>;
  readonly show: (asked: OwnRequest, page: GatePage) => void;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** A logout token has about 1 KiB. */
const LOGOUT_BODY_MAX_BYTES = 16_384;

/** Sign-in at an OpenID Connect issuer, on the sign-in host. */
export class IssuerSignIn {
  readonly #options: IssuerSignInOptions;

  constructor(options: IssuerSignInOptions) {
    this.#options = options;
  }

  get routes(): readonly OwnRoute[] {
    const on = 'sign_in_host';
    return [
      { method: 'GET', path: SIGN_IN_PATH, on, from: 'own', handle: (asked) => this.#begin(asked) },
      { method: 'GET', path: '/.wb/callback', on, from: 'own', handle: (asked) => this.#complete(asked) },
      {
        method: 'POST',
        path: '/.wb/backchannel-logout',
        on,
        from: 'any',
        handle: (asked) => this.#endSessions(asked),
      },
      {
        method: 'GET',
        path: SIGNED_OUT_PATH,
        on,
        from: 'any',
        handle: async (asked) => this.#options.show(asked, signedOutPage()),
      },
    ];
  }

  /**
   * Returns where the browser goes to end the session at the issuer as well; undefined if the issuer offers no such page
   * or does not respond. Deletes the cookie with the ID token.
   */
  async signOut({ request, response }: OwnRequest): Promise<string | undefined> {
    const { issuer, address, telemetry } = this.#options;
    const idToken = readCookie(request.headers.cookie, COOKIES.idToken);
    response.appendHeader('set-cookie', formatDeletedCookie(COOKIES.idToken));
    try {
      const { signInOrigin, path } = address();
      return await issuer.endSessionUrl(`${signInOrigin}${path}${SIGNED_OUT_PATH}`, idToken);
    } catch (error) {
      const { kind, code } = readFailure(error);
      telemetry.warn('the session at the issuer was not ended', { kind, code });
      return undefined;
    }
  }

  /** `GET /.wb/login?rd=`: to the issuer, or on to the workbench if the browser has a session. */
  async #begin(asked: OwnRequest): Promise<void> {
    const { request, response, url, visitor } = asked;
    const { show, address, attempts, issuer, wayBack } = this.#options;
    const text = readField(url.searchParams, 'rd') ?? '';
    const returnUrl = parseReturnUrl(text, address());
    if (returnUrl === undefined) return show(asked, invalidReturnUrlPage());
    const browser = readBrowserBinding(url.searchParams);
    if (this.#isCurrent(visitor)) return redirect(asked, await wayBack.locate(visitor, returnUrl, browser));
    const { attempt, cookie } = await attempts.begin(request.headers.cookie, text, browser);
    try {
      const location = await issuer.authorizationUrl(attempt);
      response.appendHeader('set-cookie', cookie);
      show(asked, signingInPage(location));
    } catch (error) {
      this.#showFailure(asked, readFailure(error), attempt);
    }
  }

  /** Whether a visitor needs no sign-in: one whose groups have expired must name them again. */
  #isCurrent(visitor: Visitor): visitor is UserVisitor {
    return visitor.kind === 'user' && !areGroupsExpired(visitor, this.#options.clock.now());
  }

  /** `GET /.wb/callback`: the issuer has sent the browser back. */
  async #complete(asked: OwnRequest): Promise<void> {
    const { request, response, url, visitor } = asked;
    const {
      show,
      address,
      attempts,
      issuer,
      sessions,
      wayBack,
      clock,
      cutoffs,
      telemetry,
      claims: settings,
    } = this.#options;
    const state = readField(url.searchParams, 'state');
    const attempt = await attempts.find(request.headers.cookie, state);
    const returnUrl = attempt && parseReturnUrl(attempt.returnUrl, address());
    if (attempt === undefined || returnUrl === undefined) {
      this.#count('invalid');
      return show(asked, signInFailedPage());
    }
    // The user has reloaded the page, or gone back to it. The code was used.
    const { browser } = attempt;
    if (this.#isCurrent(visitor)) return redirect(asked, await wayBack.locate(visitor, returnUrl, browser));
    try {
      const { claims, idToken } = await issuer.signIn(url.search, attempt);
      const read = readSignIn(claims, settings, clock.now());
      const { ignoredGroups } = read;
      if (ignoredGroups > 0) telemetry.warn('some groups of a user do not count', { ignoredGroups });
      const signIn = await moveAfterCutoffs(read.signIn, cutoffs);
      const location = await wayBack.locate(signIn, returnUrl, browser);
      response.appendHeader('set-cookie', await sessions.formatSignIn(signIn));
      for (const cookie of idTokenCookies(idToken)) response.appendHeader('set-cookie', cookie);
      redirect(asked, location);
    } catch (error) {
      if (error instanceof SignInFailure) return this.#showFailure(asked, error, attempt);
      if (!(error instanceof UserClaimMissing)) throw error;
      this.#count('claim_missing');
      this.#options.telemetry.warn('the ID token has no user_id', { claim: error.claim });
      show(asked, userClaimMissingPage(error.claim));
    }
  }

  /**
   * `POST /.wb/backchannel-logout`: the issuer has ended the session of a user. No browser sends it, so that only the
   * token counts. A token that is sent again ends the same sessions again, and those that began since: within
   * five minutes, and only by a sender who read it from the issuer's connection.
   */
  async #endSessions(asked: OwnRequest): Promise<void> {
    const { issuer, cutoffs, forgetCutoffs, claims, clock, telemetry } = this.#options;
    const form = await readForm(asked.request, LOGOUT_BODY_MAX_BYTES);
    const token = form && readField(form, 'logout_token');
    try {
      if (token === undefined) throw new SignInFailure('invalid', 'no_logout_token');
      const { subject, issuerSession } = readLogoutClaims(await issuer.verifyLogoutToken(token));
      const name = claims.userClaim === 'sub' ? subject : subjectCutoffName(subject);
      await cutoffs.raise(name, cutoffOf(clock.now()), issuerSession);
      forgetCutoffs(name);
      respondToIssuer(asked, 200);
    } catch (error) {
      if (!(error instanceof SignInFailure)) throw error;
      const { kind, code } = error;
      telemetry.warn('a logout token was refused', { kind, code });
      respondToIssuer(asked, kind === 'invalid' ? 400 : 503);
    }
  }

  #showFailure(asked: OwnRequest, failure: SignInFailure, { returnUrl, browser }: Attempt): void {
    const { show, telemetry, address, issuer } = this.#options;
    const { kind, code, problem } = failure;
    this.#count(kind);
    telemetry[LOG_LEVELS[kind]](LOG_MESSAGES[kind], { issuer: issuer.url, code, problem });
    show(asked, pageOf(failure, signInUrlOf(address(), returnUrl, browser)));
  }

  #count(reason: SignInFailureReason): void {
    this.#options.telemetry.count('sign_in_failed', 1, { reason });
    this.#options.audit.noteSignInFailure(reason);
  }
}

const LOG_LEVELS = {
  unavailable: 'warn',
  misconfigured: 'error',
  refused: 'info',
  invalid: 'warn',
} as const satisfies Readonly<Record<SignInFailureKind, keyof Telemetry>>;

const LOG_MESSAGES: Readonly<Record<SignInFailureKind, string>> = {
  unavailable: 'a user cannot sign in: the issuer cannot be used',
  misconfigured: 'a user cannot sign in: check the client of the gate at the issuer',
  refused: 'the issuer did not admit a user',
  invalid: 'a response of the issuer was refused',
};

/** @param again the URL of a new attempt */
function pageOf({ kind, code }: SignInFailure, again: string): GatePage {
  switch (kind) {
    case 'unavailable':
      return issuerUnavailablePage();
    case 'misconfigured':
      return signInMisconfiguredPage(code);
    case 'refused':
      return signInRefusedPage(again);
    case 'invalid':
      return signInFailedPage(again);
  }
}

export const SIGNED_OUT_PATH = '/.wb/signed-out';

/** A larger token is not kept. Then the issuer asks the user whether to sign out. */
function idTokenCookies(idToken: string): readonly string[] {
  if (idToken.length > SEALED_MAX_LENGTH) return [];
  return [formatCookie(COOKIES.idToken, idToken, SESSION_LIFETIME_MS)];
}
