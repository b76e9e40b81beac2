import {
  AuthorizationResponseError,
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientError,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  initiateDeviceAuthorization,
  None,
  pollDeviceAuthorizationGrant,
  ResponseBodyError,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  refreshTokenGrant,
  type TokenEndpointResponse,
  type TokenEndpointResponseHelpers,
  tokenRevocation,
} from 'openid-client';
import { WorkbenchConnectionError } from 'workbench-client';
import { CommandError, EXIT_CODES } from './exit-codes.ts';
import type { LoopbackServer } from './loopback-server.ts';
import type { SignIn } from './sign-in-store.ts';

/** How long a response of the issuer may take, seconds. */
const TIMEOUT_S = 10;
/** Plain http only on this computer: the address leads to tokens. */
const ISSUER = /^(https:\/\/[^\s/?#@]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?)(\/[^\s?#]*)?$/;

export interface IssuerOptions {
  readonly issuer: string;
  /** A public client: it has no secret. */
  readonly clientId: string;
  readonly scopes: readonly string[];
}

/** What an issuer has sent for a user. */
export type Tokens = Pick<SignIn, 'accessToken' | 'refreshToken' | 'expiresAt'>;

/** What the user needs to sign in on another device. */
export interface DeviceSignIn {
  readonly url: string;
  readonly code: string;
}

/** The issuer no longer accepts the refresh token: the user must sign in again. */
export class SignInEnded extends Error {}

/**
 * An OpenID Connect issuer, at which the user signs in with a public client and PKCE. All methods throw CommandError, or
 * WorkbenchConnectionError if the issuer does not respond.
 */
export class Issuer {
  readonly #configuration: Configuration;
  readonly #scope: string;

  private constructor(configuration: Configuration, scopes: readonly string[]) {
    this.#configuration = configuration;
    this.#scope = scopes.join(' ');
  }

  static async discover({ issuer, clientId, scopes }: IssuerOptions): Promise<Issuer> {
    if (!ISSUER.test(issuer)) {
      throw new CommandError(
        EXIT_CODES.failed,
        `The issuer must have an https address (http on this computer only): ${issuer}`,
      );
    }
    const execute = issuer.startsWith('http://') ? [allowInsecureRequests] : [];
    const options = { execute, timeout: TIMEOUT_S };
    const configuration = await request(issuer, () =>
      discovery(new URL(issuer), clientId, undefined, None(), options),
    );
    return new Issuer(configuration, scopes);
  }

  /**
   * Signs in with a browser of this computer.
   * @param show gets the address at which the user signs in
   */
  async signInWithBrowser(
    server: LoopbackServer,
    show: (url: string) => void,
    signal: AbortSignal,
  ): Promise<Tokens> {
    const [state, nonce, verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()];
    const parameters = {
      redirect_uri: server.redirectUri,
      scope: this.#scope,
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    };
    return await this.#request(async () => {
      show(buildAuthorizationUrl(this.#configuration, parameters).href);
      return await server.receive(state, signal, async (callback) => {
        const checks = {
          ...{ pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce },
          idTokenExpected: true,
        };
        return toTokens(await authorizationCodeGrant(this.#configuration, callback, checks));
      });
    });
  }

  /**
   * Signs in with a browser anywhere (RFC 8628).
   * @param show gets what the user enters there
   */
  async signInWithDevice(show: (device: DeviceSignIn) => void, signal: AbortSignal): Promise<Tokens> {
    if (this.#configuration.serverMetadata().device_authorization_endpoint === undefined) {
      throw new CommandError(
        EXIT_CODES.failed,
        'The issuer offers no sign-in with a device code. Use wb login without --device.',
      );
    }
    // RFC 8628 has no PKCE. Keycloak asks for it where the client requires it; other issuers ignore the fields.
    const verifier = randomPKCECodeVerifier();
    const parameters = {
      scope: this.#scope,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    };
    return await this.#request(async () => {
      const device = await initiateDeviceAuthorization(this.#configuration, parameters);
      show({ url: device.verification_uri_complete ?? device.verification_uri, code: device.user_code });
      const sent = { code_verifier: verifier };
      return toTokens(
        await pollDeviceAuthorizationGrant(this.#configuration, device, sent, { signal }).catch(
          (error: unknown) => {
            throw signal.aborted ? signal.reason : error;
          },
        ),
      );
    });
  }

  /** @throws SignInEnded, CommandError */
  async renew(refreshToken: string): Promise<Tokens> {
    return await this.#request(async () => {
      try {
        const tokens = toTokens(await refreshTokenGrant(this.#configuration, refreshToken));
        return { refreshToken, ...tokens };
      } catch (error) {
        if (error instanceof ResponseBodyError && error.error === 'invalid_grant') throw new SignInEnded();
        throw error;
      }
    });
  }

  /** Ends the sign-in at the issuer. @returns whether the issuer can do that */
  async revoke(refreshToken: string): Promise<boolean> {
    if (this.#configuration.serverMetadata().revocation_endpoint === undefined) return false;
    await this.#request(() =>
      tokenRevocation(this.#configuration, refreshToken, { token_type_hint: 'refresh_token' }),
    );
    return true;
  }

  async #request<T>(action: () => Promise<T>): Promise<T> {
    return await request(this.#configuration.serverMetadata().issuer, action);
  }
}

function toTokens(response: TokenEndpointResponse & TokenEndpointResponseHelpers): Tokens {
  const { access_token: accessToken, refresh_token: refreshToken } = response;
  const seconds = response.expiresIn();
  return {
    accessToken,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(seconds === undefined ? {} : { expiresAt: Date.now() + seconds * 1000 }),
  };
}

async function request<T>(issuer: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof CommandError || error instanceof SignInEnded) throw error;
    throw toError(issuer, error);
  }
}

/** The texts of errors contain what the issuer has sent as an error, and no token. */
function toError(issuer: string, error: unknown): Error {
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    const text = error.error_description ?? error.error;
    if (error instanceof ResponseBodyError && error.status >= 500)
      return new WorkbenchConnectionError(issuer, new Error(text));
    return new CommandError(EXIT_CODES.not_authorized, `${issuer} refused the sign-in: ${text}`);
  }
  if (error instanceof ClientError) {
    const isDown =
      error.code === 'OAUTH_TIMEOUT' || (error.cause instanceof Response && error.cause.status >= 500);
    if (isDown) return new WorkbenchConnectionError(issuer, error);
    return new CommandError(EXIT_CODES.failed, `The sign-in at ${issuer} has failed: ${error.message}`);
  }
  return new WorkbenchConnectionError(issuer, error);
}
