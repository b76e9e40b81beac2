import type { APIGatewaySimpleAuthorizerWithContextResult } from 'aws-lambda';
import { secretsClient } from '#adapters/aws/clients.ts';
import { readSecretText } from '#adapters/aws/secrets-manager/secret-text.ts';
import { systemClock } from '#adapters/system-clock.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import type { Principal } from '#core/access/principal.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { type AuthKeys, cacheFromSecret, parseSecretKeys } from './auth-secret.ts';
import { parseBearerToken, staticKeyMatcher, TokenRefused } from './credentials.ts';
import { hs256Verifier, isPublicKeyAlgorithm, issuerVerifier, readAlgorithm } from './jwt-verifiers.ts';
import { type AuthorizerContext, toAuthorizerContext, toPrincipal } from './principal.ts';

export interface AuthorizerPorts {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export type AuthorizerSettings = SettingsFor<
  | 'RESTAPI_AUTH'
  | 'RESTAPI_AUTH_STATIC_KEY'
  | 'RESTAPI_AUTH_JWT_KEY'
  | 'RESTAPI_OIDC_ISSUER'
  | 'RESTAPI_OIDC_AUDIENCE'
  | 'RESTAPI_OIDC_JWKS_URL'
  | 'RESTAPI_OIDC_SERVICE_CLIENTS'
  | 'RESTAPI_USER_CLAIM'
>;

/** What is read of an HTTP API's authorizer event (payload 2.0). */
export interface AuthorizerEvent {
  /** The values that the answer is cached under: the Authorization header, alone. */
  readonly identitySource?: readonly string[] | null;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

export interface AuthorizerOptions {
  /** An issuer that does not give its keys by then is down, in milliseconds; the authorizer itself has 10 s. @default 3,000 */
  readonly jwksTimeoutMs?: number;
}

export type Authorize = (event: AuthorizerEvent) => Promise<AuthorizerResponse>;

export type AuthorizerResponse = APIGatewaySimpleAuthorizerWithContextResult<AuthorizerContext>;

/**
 * The authorizer of the HTTP API. Decides who is asking, from the bearer token alone, because its answer is
 * kept for that token whatever is asked next; whether they may is decided on each request, in the functions.
 *
 * Static key, HS256 and OIDC may be configured together: the token itself says which it is. A token that
 * cannot be decided about (the issuer's keys cannot be fetched) is an error and not a refusal, so that no
 * gateway remembers it as one.
 */
export function build(
  ports: AuthorizerPorts,
  settings: AuthorizerSettings,
  { jwksTimeoutMs = 3000 }: AuthorizerOptions = {},
): Authorize {
  const identify = buildIdentify(settings, jwksTimeoutMs);
  return async (event) => {
    try {
      const header = event.identitySource?.[0] ?? event.headers?.authorization;
      const principal = await identify(header, new Date(ports.clock.now()));
      return { isAuthorized: true, context: toAuthorizerContext(principal) };
    } catch (error) {
      if (error instanceof TokenRefused) {
        ports.telemetry.count('authorizer_refused', 1, { reason: error.reason });
        return { isAuthorized: false, context: { reason: error.reason } };
      }
      ports.telemetry.error('the token could not be verified', { code: readErrorCode(error) });
      ports.telemetry.count('authorizer_failed', 1);
      throw new Error('the token could not be verified');
    }
  };
}

type Identify = (header: string | undefined, now: Date) => Promise<Principal>;

function buildIdentify(settings: AuthorizerSettings, jwksTimeoutMs: number): Identify {
  if (settings.RESTAPI_AUTH === 'none') return async () => ({ kind: 'open' });
  const { RESTAPI_AUTH_STATIC_KEY, RESTAPI_AUTH_JWT_KEY, RESTAPI_USER_CLAIM: userClaim } = settings;
  const isStaticKey =
    RESTAPI_AUTH_STATIC_KEY === undefined ? undefined : staticKeyMatcher(RESTAPI_AUTH_STATIC_KEY);
  const ours = RESTAPI_AUTH_JWT_KEY === undefined ? undefined : hs256Verifier(RESTAPI_AUTH_JWT_KEY);
  const issued = buildIssuerVerifier(settings, jwksTimeoutMs);
  const services = new Set(settings.RESTAPI_OIDC_SERVICE_CLIENTS);
  if (!isStaticKey && !ours && !issued) {
    return async () => {
      throw new TokenRefused('no_key_configured');
    };
  }
  return async (header, now) => {
    const token = parseBearerToken(header);
    if (isStaticKey?.(token)) return { kind: 'static_key' };
    if (!ours && !issued) throw new TokenRefused('invalid_static_key');
    const algorithm = readAlgorithm(token);
    if (ours && algorithm === 'HS256') return toPrincipal(await ours(token, now), userClaim, () => true);
    if (issued && isPublicKeyAlgorithm(algorithm)) {
      const claims = await issued(token, now);
      return toPrincipal(claims, userClaim, (clientId) => clientId !== undefined && services.has(clientId));
    }
    throw new TokenRefused('unsupported_algorithm');
  };
}

function buildIssuerVerifier(settings: AuthorizerSettings, timeoutMs: number) {
  const {
    RESTAPI_OIDC_ISSUER: issuer,
    RESTAPI_OIDC_AUDIENCE: audience,
    RESTAPI_OIDC_JWKS_URL: jwksUrl,
  } = settings;
  if (issuer === undefined || audience === undefined || jwksUrl === undefined) return undefined;
  return issuerVerifier({ issuer, audience, jwksUrl, timeoutMs });
}

/** A machine word for the log. Not the error itself: some of jose's carry the claims. */
function readErrorCode(error: unknown): string {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  return typeof code === 'string' ? code : String(name);
}

/** A secret that cannot be had is an error, like an issuer's keys. */
export const handler = createHandler('authorizer', ({ settings, telemetry }) => {
  const ports = { clock: systemClock, telemetry };
  const arn = settings.WB_AUTH_SECRET_ARN;
  const withKeys = (keys: AuthKeys) => build(ports, { ...settings, RESTAPI_AUTH: undefined, ...keys });
  if (arn === undefined) {
    return withKeys({ RESTAPI_AUTH_STATIC_KEY: undefined, RESTAPI_AUTH_JWT_KEY: undefined });
  }
  const client = secretsClient();
  const current = cacheFromSecret(
    systemClock,
    () => readSecretText(client, arn),
    (text) => withKeys(parseSecretKeys(text)),
  );
  return async (event: AuthorizerEvent) => (await current())(event);
});
