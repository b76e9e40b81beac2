import * as oauth from 'oauth4webapi';
import type { ConsoleIssuer } from '#contract/console-config.ts';
import type { TextStorage } from './session.ts';
import { SignInError } from './sign-in-error.ts';

/** In the sessionStorage of the tab from the way to the issuer until the way back. None of it gives access by itself. */
const PENDING = 'workbench-console-sign-in';
/** A token is renewed this long before it expires, milliseconds: requests take time, and clocks differ. */
const RENEW_AHEAD_MS = 30_000;

interface Pending {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE. */
  readonly verifier: string;
  /** The screen to which the sign-in returns. */
  readonly fragment: string;
}

/** What the issuer has sent. Only in memory: a page that is loaded again signs in again, usually without a question. */
interface Tokens {
  readonly access: string;
  readonly refresh: string | undefined;
  readonly id: string | undefined;
  /** Milliseconds since 1970. Infinity: unknown. */
  readonly expiresAt: number;
}

/** Where the page is, and how it goes to another one. */
export interface PageLocation {
  readonly origin: string;
  readonly search: string;
  readonly hash: string;
}

/** The sign-in at an OpenID Connect issuer: authorization code with PKCE, as a public client. */
export class Issuer {
  readonly #issuer: ConsoleIssuer;
  readonly #storage: TextStorage;
  readonly #client: oauth.Client;
  readonly #http: { [oauth.allowInsecureRequests]?: boolean };
  #server: Promise<oauth.AuthorizationServer> | undefined;
  #tokens: Tokens | undefined;
  #renewal: Promise<Tokens> | undefined;

  /** @param storage the sessionStorage of the tab */
  constructor(issuer: ConsoleIssuer, storage: TextStorage) {
    this.#issuer = issuer;
    this.#storage = storage;
    this.#client = { client_id: issuer.clientId };
    // The settings allow http for the loopback interface only.
    this.#http = issuer.url.startsWith('http://') ? { [oauth.allowInsecureRequests]: true } : {};
  }

  /**
   * Returns the address of the issuer at which the user signs in.
   * @throws SignInError `unreachable`, `failed`
   */
  async begin({ origin, hash }: PageLocation): Promise<string> {
    const server = await this.#discover();
    if (server.authorization_endpoint === undefined)
      throw new SignInError('failed', 'no authorization_endpoint');
    const pending: Pending = {
      state: oauth.generateRandomState(),
      nonce: oauth.generateRandomNonce(),
      verifier: oauth.generateRandomCodeVerifier(),
      fragment: hash,
    };
    this.#storage.setItem(PENDING, JSON.stringify(pending));
    const url = new URL(server.authorization_endpoint);
    for (const [name, value] of Object.entries({
      response_type: 'code',
      client_id: this.#issuer.clientId,
      redirect_uri: redirectUri(origin),
      scope: this.#issuer.scopes.join(' '),
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
      code_challenge_method: 'S256',
    }))
      url.searchParams.set(name, value);
    return url.href;
  }

  /**
   * Takes what the issuer has added to the address of this page.
   * @returns the screen that the user has asked for before the sign-in
   * @throws SignInError `unreachable`, `failed`
   */
  async finish({ origin, search }: PageLocation): Promise<string> {
    const pending = this.#takePending();
    if (pending === undefined) throw new SignInError('failed', 'this tab has not begun a sign-in');
    const server = await this.#discover();
    await this.#request(async () => {
      const parameters = oauth.validateAuthResponse(
        server,
        this.#client,
        new URLSearchParams(search),
        pending.state,
      );
      const response = await oauth.authorizationCodeGrantRequest(
        server,
        this.#client,
        oauth.None(),
        parameters,
        redirectUri(origin),
        pending.verifier,
        this.#http,
      );
      const options = { expectedNonce: pending.nonce, requireIdToken: true };
      this.#keep(await oauth.processAuthorizationCodeResponse(server, this.#client, response, options));
    });
    return pending.fragment;
  }

  /**
   * Returns the current access token, and renews it before it expires.
   * @throws SignInError `ended` if the user must sign in again; `unreachable`
   */
  async accessToken(): Promise<string> {
    const tokens = this.#tokens;
    if (tokens === undefined) throw new SignInError('ended');
    const now = Date.now();
    if (now < tokens.expiresAt - RENEW_AHEAD_MS) return tokens.access;
    try {
      this.#renewal ??= this.#renew(tokens).finally(() => {
        this.#renewal = undefined;
      });
      return (await this.#renewal).access;
    } catch (error) {
      // Not for an end of the session: the token would be valid for some seconds more.
      const isValid = error instanceof SignInError && error.kind === 'unreachable' && now < tokens.expiresAt;
      if (isValid) return tokens.access;
      throw error;
    }
  }

  /** Forgets the tokens. @returns the address at which the issuer ends its session; undefined if it has none */
  async signOut({ origin }: PageLocation): Promise<string | undefined> {
    const id = this.#tokens?.id;
    this.#tokens = undefined;
    const server = await this.#discover().catch(() => undefined);
    if (server?.end_session_endpoint === undefined) return undefined;
    const url = new URL(server.end_session_endpoint);
    url.searchParams.set('client_id', this.#issuer.clientId);
    url.searchParams.set('post_logout_redirect_uri', redirectUri(origin));
    if (id !== undefined) url.searchParams.set('id_token_hint', id);
    return url.href;
  }

  async #renew({ refresh, id }: Tokens): Promise<Tokens> {
    if (refresh === undefined) throw new SignInError('ended');
    const server = await this.#discover();
    return await this.#request(async () => {
      const none = oauth.None();
      const response = await oauth.refreshTokenGrantRequest(server, this.#client, none, refresh, this.#http);
      return this.#keep(await oauth.processRefreshTokenResponse(server, this.#client, response), {
        refresh,
        id,
      });
    });
  }

  /** @param former what stays if the response does not replace it */
  #keep(
    {
      access_token: access,
      refresh_token: refresh,
      id_token: id,
      expires_in: seconds,
    }: oauth.TokenEndpointResponse,
    former: Partial<Tokens> = {},
  ): Tokens {
    this.#tokens = {
      access,
      refresh: refresh ?? former.refresh,
      id: id ?? former.id,
      expiresAt: seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + seconds * 1000,
    };
    return this.#tokens;
  }

  #takePending(): Pending | undefined {
    const text = this.#storage.getItem(PENDING);
    this.#storage.removeItem(PENDING);
    // Only this class writes it.
    return text === null ? undefined : (JSON.parse(text) as Pending);
  }

  /** Reads the discovery document once. After a failure the next call reads it again. */
  async #discover(): Promise<oauth.AuthorizationServer> {
    this.#server ??= this.#request(async () => {
      const url = new URL(this.#issuer.url);
      return await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, this.#http));
    });
    this.#server.catch(() => {
      this.#server = undefined;
    });
    return await this.#server;
  }

  async #request<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw toSignInError(error);
    }
  }
}

/** The page itself, on the origin from which it was loaded. The issuer must list it. */
function redirectUri(origin: string): string {
  return `${origin}/`;
}

function toSignInError(error: unknown): SignInError {
  if (error instanceof oauth.ResponseBodyError) {
    const { status, error: code } = error;
    if (code === 'invalid_grant') return new SignInError('ended', code);
    return new SignInError(status >= 500 ? 'unreachable' : 'failed', code);
  }
  if (error instanceof oauth.AuthorizationResponseError)
    return new SignInError('failed', error.error_description ?? error.error);
  const { cause } = error as { readonly cause?: unknown };
  if (cause instanceof Response && cause.status >= 500) return new SignInError('unreachable');
  // `fetch` throws a TypeError without a code if there is no response, or if the issuer does not allow this origin.
  const code = (error as { readonly code?: unknown }).code;
  if (error instanceof TypeError && code === undefined) return new SignInError('unreachable');
  return new SignInError('failed', error instanceof Error ? error.message : String(error));
}
