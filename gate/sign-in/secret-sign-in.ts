import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';
import type { Timers } from '#adapters/local/timers.ts';
import { moveAfterCutoffs } from '#core/gate/cutoffs.ts';
import {
  type GateAddress,
  originOfWorkbench,
  parseReturnUrl,
  type ReturnUrl,
  readBrowserBinding,
  SIGN_IN_PATH,
} from '#core/gate/gate-host.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { SessionCutoffStore } from '#core/ports/session-cutoff-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { GateAudit } from '#gate/audit/gate-audit.ts';
import { clientNetworkOf } from '#gate/client-address.ts';
import type { OwnRequest, OwnRoute } from '#gate/own-route.ts';
import type { GatePage } from '#gate/pages/gate-page.ts';
import { invalidReturnUrlPage, secretPage, tooManySecretsPage } from '#gate/pages/sign-in-pages.ts';
import { COOKIES, formatCookie, readCookieCandidates } from '#gate/session/cookies.ts';
import type { Sealing } from '#gate/session/seal.ts';
import type { Sessions, SignIn } from '#gate/session/sessions.ts';
import { readField, readForm } from '../form-body.ts';
import { redirect } from './redirect.ts';
import { SECRET_WINDOW_MS, SecretAttempts, type SecretClient } from './secret-attempts.ts';
import type { WayBack } from './way-back.ts';

/** The user of everybody who knows the secret. They may open every workbench, as with the static key of the API. */
export const SECRET_USER = 'local';

/** A secret and a return URL. */
const FORM_MAX_BYTES = 16_384;

export interface SecretSignInOptions {
  readonly secret: string;
  readonly sessions: Sessions;
  readonly wayBack: WayBack;
  readonly cutoffs: Pick<SessionCutoffStore, 'read'>;
  readonly address: () => GateAddress;
  readonly audit: Pick<GateAudit, 'noteSignInFailure'>;
  readonly show: (asked: OwnRequest, page: GatePage) => void;
  readonly seal: Sealing;
  /** Proxies in front of the gate, each of which appends an address to `X-Forwarded-For`. */
  readonly trustedHops: number;
  readonly clock: Timers;
  readonly telemetry: Telemetry;
}

/** Sign-in with the secret of local mode (WB_LOCAL_TOKEN). It is sent in a form, never in a URL. */
export class SecretSignIn {
  readonly #options: SecretSignInOptions;
  readonly #expected: Buffer;
  readonly #attempts: SecretAttempts;
  readonly #knownBrowsers: KnownBrowsers;

  constructor(options: SecretSignInOptions) {
    this.#options = options;
    this.#attempts = new SecretAttempts(options.clock);
    this.#knownBrowsers = new KnownBrowsers(options.seal, options.clock);
    this.#expected = sha256(options.secret);
  }

  get routes(): readonly OwnRoute[] {
    const on = 'sign_in_host';
    return [
      { method: 'GET', path: SIGN_IN_PATH, on, from: 'own', handle: (asked) => this.#ask(asked) },
      { method: 'POST', path: SIGN_IN_PATH, on, from: 'own', handle: (asked) => this.#signIn(asked) },
    ];
  }

  async #ask(asked: OwnRequest): Promise<void> {
    const { show, wayBack, address } = this.#options;
    const text = readField(asked.url.searchParams, 'rd') ?? '';
    const returnUrl = parseReturnUrl(text, address());
    if (returnUrl === undefined) return show(asked, invalidReturnUrlPage());
    const browser = readBrowserBinding(asked.url.searchParams);
    if (asked.visitor.kind === 'user') {
      return redirect(asked, await wayBack.locate(asked.visitor, returnUrl, browser));
    }
    this.#showForm(asked, { rd: text, ...(browser === undefined ? {} : { b: browser }) }, returnUrl, false);
  }

  async #signIn(asked: OwnRequest): Promise<void> {
    const { show, wayBack, address, sessions, cutoffs, clock, telemetry, audit } = this.#options;
    const form = await readForm(asked.request, FORM_MAX_BYTES);
    const text = (form && readField(form, 'rd')) ?? '';
    const returnUrl = parseReturnUrl(text, address());
    if (form === undefined || returnUrl === undefined) return show(asked, invalidReturnUrlPage());
    const browser = readBrowserBinding(form);
    const known = await this.#knownBrowsers.find(asked.request.headers.cookie);
    const client = this.#clientOf(asked, known);
    if (!(await this.#attempts.admit(client)))
      return show(asked, tooManySecretsPage(SECRET_WINDOW_MS / 1000));
    // A secret has no white space; text that is copied from a terminal may have some around it.
    const secret = (readField(form, 'secret') ?? '').trim();
    if (!timingSafeEqual(sha256(secret), this.#expected)) {
      this.#attempts.noteWrong(client);
      audit.noteSignInFailure('wrong_secret');
      telemetry.warn('a wrong secret was entered on the sign-in page');
      return this.#showForm(
        asked,
        { rd: text, ...(browser === undefined ? {} : { b: browser }) },
        returnUrl,
        true,
      );
    }
    const signedIn: SignIn = { userId: SECRET_USER, admin: true, signedInAt: clock.now() };
    const signIn = await moveAfterCutoffs(signedIn, cutoffs);
    const location = await wayBack.locate(signIn, returnUrl, browser);
    asked.response.appendHeader('set-cookie', await sessions.formatSignIn(signIn));
    asked.response.appendHeader('set-cookie', await this.#knownBrowsers.format(known));
    redirect(asked, location);
  }

  #showForm(
    asked: OwnRequest,
    fields: Readonly<Record<string, string>>,
    { workbenchId }: ReturnUrl,
    failed: boolean,
  ): void {
    const { show, address } = this.#options;
    show(
      asked,
      secretPage({
        action: `${address().path}${SIGN_IN_PATH}`,
        fields,
        formTargets: workbenchId === undefined ? [] : [originOfWorkbench(address(), workbenchId)],
        failed,
      }),
    );
  }

  #clientOf({ request }: OwnRequest, known: string | undefined): SecretClient {
    if (known !== undefined) return { name: `browser ${known}`, isKnown: true };
    return { name: clientNetworkOf(request, this.#options.trustedHops), isKnown: false };
  }
}

/** Both are hashed first, because timingSafeEqual needs equal lengths. */
function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** How long a browser is known after a sign-in, milliseconds: 30 days. */
export const KNOWN_BROWSER_MS = 30 * 24 * 60 * 60_000;

const contentSchema = z.object({ id: z.string() });

/**
 * Recognizes browsers that have entered the secret before, so that the wrong secrets of others, who may have the same address, do not
 * lock them out. The cookie admits to nothing.
 */
class KnownBrowsers {
  readonly #seal: Sealing;
  readonly #clock: Clock;

  constructor(seal: Sealing, clock: Clock) {
    this.#seal = seal;
    this.#clock = clock;
  }

  /** Returns the random id of a browser; undefined if it is not known. @param cookies the Cookie header */
  async find(cookies: string | undefined): Promise<string | undefined> {
    for (const sealed of readCookieCandidates(cookies, COOKIES.knownBrowser)) {
      const { data } = z.safeParse(contentSchema, await this.#seal.unseal('known-browser', sealed));
      if (data !== undefined) return data.id;
    }
    return undefined;
  }

  /** Returns the Set-Cookie header of a browser that has entered the secret. */
  async format(id: string = randomBytes(16).toString('base64url')): Promise<string> {
    const expiresAt = this.#clock.now() + KNOWN_BROWSER_MS;
    const sealed = await this.#seal.seal('known-browser', { id }, expiresAt);
    return formatCookie(COOKIES.knownBrowser, sealed, KNOWN_BROWSER_MS);
  }
}
