import { createRemoteJWKSet, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  None,
} from 'openid-client';
import { ageOf, type Clock, type Moment, momentOf } from '#core/ports/clock.ts';
import { readFailure, SignInFailure } from './sign-in-failure.ts';

/** How long a browser waits for the issuer at most, seconds. */
const TIMEOUT_SECONDS = 5;
/** The discovery document is read again at the first use after this time, milliseconds. */
const DISCOVERY_MAX_AGE_MS = 3_600_000;
/** After a failure the discovery document is not read again before this time, milliseconds. */
const DISCOVERY_RETRY_MS = 2_000;
/** A logout token that was issued longer ago is refused (OpenID Connect Back-Channel Logout 1.0, section 2.6). */
const LOGOUT_TOKEN_MAX_AGE_SECONDS = 300;
/**
 * Minimum time between two reads of the keys, milliseconds. A token with an unknown key causes a read, because the issuer
 * may have a new one. The tokens of strangers therefore cause at most one request a second.
 */
const KEYS_INTERVAL_MS = 1_000;
/** How far the clocks of the issuer and of this computer may differ, seconds. openid-client has the same default. */
const CLOCK_TOLERANCE_SECONDS = 30;
/** They are asymmetric: the client's secret cannot be used to forge a token. */
const LOGOUT_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'];

export interface IssuerOptions {
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined for a public client. */
  readonly clientSecret: string | undefined;
  readonly scopes: readonly string[];
  /** Where the issuer sends browsers back to: it must know this URL. */
  readonly callbackUrl: string;
  readonly clock: Clock;
}

/** What binds the response of the issuer to the browser that began the sign-in. */
export interface SignInSecrets {
  readonly state: string;
  readonly nonce: string;
  /** The verifier of PKCE. */
  readonly verifier: string;
}

export interface SignedIn {
  readonly claims: JWTPayload;
  /** The ID token itself, by which the issuer knows what to end at the sign-out. */
  readonly idToken: string;
}

interface Discovered {
  readonly configuration: Configuration;
  readonly keys: JWTVerifyGetKey | undefined;
  readonly at: Moment;
}

/**
 * An OpenID Connect issuer: the code flow with PKCE (S256), state and nonce. All methods throw SignInFailure.
 *
 * The signature of an ID token is not compared: it comes from the token endpoint itself, over TLS (OpenID Connect Core 1.0,
 * section 3.1.3.7). A sign-in therefore also works just after the issuer has changed its keys.
 */
export class OidcIssuer {
  readonly #options: IssuerOptions;
  #discovered: Discovered | undefined;
  #pending: Promise<Discovered> | undefined;
  #failure: { readonly error: SignInFailure; readonly at: Moment } | undefined;

  constructor(options: IssuerOptions) {
    this.#options = options;
  }

  /** The URL of the issuer, for the log. The settings refuse one with a password. */
  get url(): string {
    return this.#options.issuer;
  }

  /** Returns the address at the issuer where the browser's user signs in. */
  async authorizationUrl({ state, nonce, verifier }: SignInSecrets): Promise<string> {
    const { configuration } = await this.#discover();
    return buildAuthorizationUrl(configuration, {
      redirect_uri: this.#options.callbackUrl,
      scope: this.#options.scopes.join(' '),
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).href;
  }

  /** Exchanges the code for the claims of the user. @param search the query with which the issuer sent the browser back */
  async signIn(search: string, { state, nonce, verifier }: SignInSecrets): Promise<SignedIn> {
    const { configuration } = await this.#discover();
    const url = new URL(this.#options.callbackUrl);
    url.search = search;
    try {
      const tokens = await authorizationCodeGrant(configuration, url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined || tokens.id_token === undefined)
        throw new SignInFailure('invalid', 'no_id_token');
      return { claims: { ...claims }, idToken: tokens.id_token };
    } catch (error) {
      throw readFailure(error);
    }
  }

  /**
   * Returns the URL of the issuer's end-session endpoint; undefined if the issuer has none.
   * @param returnTo where the issuer sends the browser afterwards. The client must be registered with this URL.
   * @param idToken without it the issuer asks the user whether to sign out
   */
  async endSessionUrl(returnTo: string, idToken: string | undefined): Promise<string | undefined> {
    const { configuration } = await this.#discover();
    if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
    return buildEndSessionUrl(configuration, {
      post_logout_redirect_uri: returnTo,
      ...(idToken === undefined ? {} : { id_token_hint: idToken }),
    }).href;
  }

  /** Returns the claims of a logout token whose signature, issuer, audience and times are valid. */
  async verifyLogoutToken(token: string): Promise<JWTPayload> {
    const { configuration, keys } = await this.#discover();
    if (keys === undefined) throw new SignInFailure('misconfigured', 'no_jwks_uri');
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: configuration.serverMetadata().issuer,
        audience: this.#options.clientId,
        algorithms: LOGOUT_ALGORITHMS,
        requiredClaims: ['iat', 'exp', 'jti', 'events'],
        maxTokenAge: LOGOUT_TOKEN_MAX_AGE_SECONDS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(this.#options.clock.now()),
      });
      return payload;
    } catch (error) {
      throw readFailure(error);
    }
  }

  /** While the issuer is down, its last discovery document is used. */
  async #discover(): Promise<Discovered> {
    const { clock } = this.#options;
    const known = this.#discovered;
    if (known !== undefined && ageOf(known.at, clock) < DISCOVERY_MAX_AGE_MS) return known;
    const failure = this.#failure;
    try {
      if (failure !== undefined && ageOf(failure.at, clock) < DISCOVERY_RETRY_MS) throw failure.error;
      this.#pending ??= this.#readDiscovery().finally(() => {
        this.#pending = undefined;
      });
      return await this.#pending;
    } catch (error) {
      if (known !== undefined) return known;
      throw error;
    }
  }

  async #readDiscovery(): Promise<Discovered> {
    const { issuer, clientId, clientSecret, clock } = this.#options;
    const at = momentOf(clock);
    const server = new URL(issuer);
    try {
      const configuration = await discovery(
        server,
        clientId,
        undefined,
        // The discovery document is known only when the first request with the secret is made.
        (as, client, body, headers) => {
          if (clientSecret === undefined) return None()(as, client, body, headers);
          const takesPost = as.token_endpoint_auth_methods_supported?.includes('client_secret_post');
          const authenticate = takesPost ? ClientSecretPost(clientSecret) : ClientSecretBasic(clientSecret);
          return authenticate(as, client, body, headers);
        },
        {
          timeout: TIMEOUT_SECONDS,
          execute: server.protocol === 'http:' ? [allowInsecureRequests] : [],
        },
      );
      const { jwks_uri: jwksUri } = configuration.serverMetadata();
      this.#discovered = { configuration, keys: jwksUri === undefined ? undefined : keysAt(jwksUri), at };
      this.#failure = undefined;
      return this.#discovered;
    } catch (error) {
      const failure = readFailure(error);
      this.#failure = { error: failure, at };
      throw failure;
    }
  }
}

function keysAt(jwksUri: string): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(jwksUri), {
    timeoutDuration: TIMEOUT_SECONDS * 1000,
    cooldownDuration: KEYS_INTERVAL_MS,
  });
}
