import type { APIGatewaySimpleAuthorizerWithContextResult } from 'aws-lambda';
import type { JWTPayload } from 'jose';
import { type AuthKeys, cacheFromSecret, parseSecretKeys } from '#adapters/auth-secret.ts';
import { type RunIdentity, verifyRunToken } from '#adapters/run-token.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import type { Principal } from '#core/access/principal.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { parseBearerToken, staticKeyMatcher, TokenRefused } from './credentials.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { hs256Verifier, isPublicKeyAlgorithm, issuerVerifier, readAlgorithm } from './jwt-verifiers.ts';
import { type AuthorizerContext, readClaimedGroups, toAuthorizerContext, toPrincipal } from './principal.ts';
import { findRunToken, toRunContext } from './run-context.ts';

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
  | 'WB_GROUPS_CLAIM'
>;

/** The used part of an HTTP API's authorizer event (payload 2.0). */
export interface AuthorizerEvent {
  /** The key under which API Gateway caches the response: the Authorization header only. */
  readonly identitySource?: readonly string[] | null;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** API Gateway waits 10 s for the authorizer. */
const JWKS_TIMEOUT_MS = 3000;

export interface AuthorizerOptions {
  /** Timeout for fetching the keys of the issuer, in milliseconds. @default 3,000 */
  readonly jwksTimeoutMs?: number;
  /** The keys of the issuer, if another authorizer has fetched them. @default fetched anew */
  readonly issuerKeys?: IssuerKeys | undefined;
  /**
   * Returns the keys of the tokens of runs. @throws Error if they cannot be fetched
   * @default there are none, and such tokens are refused
   */
  readonly runKeys?: (() => Promise<readonly string[]>) | undefined;
}

export type Authorize = (event: AuthorizerEvent) => Promise<AuthorizerResponse>;

export type AuthorizerResponse = APIGatewaySimpleAuthorizerWithContextResult<AuthorizerContext>;

/**
 * The authorizer of the HTTP API. It identifies the caller by the bearer token only, because API Gateway caches the
 * response for this token and reuses it for other requests. The functions decide for each request whether the caller
 * is allowed to make it.
 *
 * Static key, HS256 and OpenID Connect can be configured together; the form of the token selects one. If a token cannot
 * be verified (the issuer's keys cannot be fetched), the authorizer throws instead of refusing, so that API Gateway does
 * not cache a refusal.
 */
export function build(
  ports: AuthorizerPorts,
  settings: AuthorizerSettings,
  {
    jwksTimeoutMs = JWKS_TIMEOUT_MS,
    issuerKeys = createIssuerKeys(ports, settings, jwksTimeoutMs),
    runKeys = async () => [],
  }: AuthorizerOptions = {},
): Authorize {
  const identify = buildIdentify(settings, issuerKeys, ports.telemetry);
  return async (event) => {
    try {
      const header = event.identitySource?.[0] ?? event.headers?.authorization;
      const run = settings.RESTAPI_AUTH === 'none' ? undefined : await identifyRun(header, runKeys);
      if (run !== undefined) return { isAuthorized: true, context: toRunContext(run) };
      const principal = await identify(header, new Date(ports.clock.now()));
      return { isAuthorized: true, context: toAuthorizerContext(principal) };
    } catch (error) {
      if (error instanceof TokenRefused) {
        ports.telemetry.count('authorizer_refused', 1, { reason: error.reason });
        return { isAuthorized: false, context: { reason: error.reason } };
      }
      ports.telemetry.error('token could not be verified', { code: readErrorCode(error) });
      ports.telemetry.count('authorizer_failed', 1);
      throw new Error('the token could not be verified');
    }
  };
}

/**
 * The run whose token this is; undefined for any other token. The token of a run is verified as nothing else.
 * @throws TokenRefused
 */
async function identifyRun(
  header: string | undefined,
  runKeys: () => Promise<readonly string[]>,
): Promise<RunIdentity | undefined> {
  const token = findRunToken(header);
  if (token === undefined) return undefined;
  const run = verifyRunToken(await runKeys(), token);
  if (run === undefined) throw new TokenRefused('invalid_run_token');
  return run;
}

type Identify = (header: string | undefined, now: Date) => Promise<Principal>;

function buildIdentify(
  settings: AuthorizerSettings,
  issuerKeys: IssuerKeys | undefined,
  telemetry: Telemetry,
): Identify {
  if (settings.RESTAPI_AUTH === 'none') return async () => ({ kind: 'open' });
  const { RESTAPI_AUTH_STATIC_KEY, RESTAPI_AUTH_JWT_KEY, RESTAPI_USER_CLAIM: userClaim } = settings;
  const isStaticKey =
    RESTAPI_AUTH_STATIC_KEY === undefined ? undefined : staticKeyMatcher(RESTAPI_AUTH_STATIC_KEY);
  const verifyHs256 = RESTAPI_AUTH_JWT_KEY === undefined ? undefined : hs256Verifier(RESTAPI_AUTH_JWT_KEY);
  const verifyIssued = buildIssuerVerifier(settings, issuerKeys);
  const services = new Set(settings.RESTAPI_OIDC_SERVICE_CLIENTS);
  const countedGroups = (claims: JWTPayload): readonly string[] => {
    const { groups, ignored } = readClaimedGroups(claims, settings.WB_GROUPS_CLAIM);
    if (ignored > 0)
      telemetry.warn('some groups of a token do not count', { groups: groups.length, ignored });
    return groups;
  };
  if (!isStaticKey && !verifyHs256 && !verifyIssued) {
    return async () => {
      throw new TokenRefused('no_key_configured');
    };
  }
  return async (header, now) => {
    const token = parseBearerToken(header);
    if (isStaticKey?.(token)) return { kind: 'static_key' };
    if (!verifyHs256 && !verifyIssued) throw new TokenRefused('invalid_static_key');
    const algorithm = readAlgorithm(token);
    if (verifyHs256 && algorithm === 'HS256') {
      const claims = await verifyHs256(token, now);
      return toPrincipal(claims, userClaim, () => true, countedGroups(claims));
    }
    if (verifyIssued && isPublicKeyAlgorithm(algorithm)) {
      const claims = await verifyIssued(token, now);
      const isService = (clientId: string | undefined) => clientId !== undefined && services.has(clientId);
      return toPrincipal(claims, userClaim, isService, countedGroups(claims));
    }
    throw new TokenRefused('unsupported_algorithm');
  };
}

function buildIssuerVerifier(
  { RESTAPI_OIDC_ISSUER: issuer, RESTAPI_OIDC_AUDIENCE: audience }: AuthorizerSettings,
  keys: IssuerKeys | undefined,
) {
  if (issuer === undefined || audience === undefined || keys === undefined) return undefined;
  return issuerVerifier({ issuer, audience, keys });
}

function createIssuerKeys(
  ports: AuthorizerPorts,
  { RESTAPI_OIDC_JWKS_URL: jwksUrl }: Pick<AuthorizerSettings, 'RESTAPI_OIDC_JWKS_URL'>,
  timeoutMs: number,
): IssuerKeys | undefined {
  return jwksUrl === undefined ? undefined : new IssuerKeys({ ...ports, jwksUrl, timeoutMs });
}

/** The code of an error, for the log. The error itself is not logged, since some errors of jose contain the claims. */
function readErrorCode(error: unknown): string {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  return typeof code === 'string' ? code : String(name);
}

/**
 * The authorizer with the keys of a secret. After a rotation of the secret it is built again, but the keys of the issuer
 * stay: otherwise they would be fetched again, and would be missing while the issuer is down. If the secret cannot be
 * fetched, the authorizer throws, as for the keys of an issuer.
 */
export function buildWithSecret(
  ports: AuthorizerPorts,
  settings: Omit<AuthorizerSettings, 'RESTAPI_AUTH' | keyof AuthKeys>,
  readSecret: () => Promise<string>,
  runKeys?: AuthorizerOptions['runKeys'],
): Authorize {
  const issuerKeys = createIssuerKeys(ports, settings, JWKS_TIMEOUT_MS);
  const currentAuthorizer = cacheFromSecret(ports.clock, readSecret, (text) =>
    build(ports, { ...settings, RESTAPI_AUTH: undefined, ...parseSecretKeys(text) }, { issuerKeys, runKeys }),
  );
  return async (event) => (await currentAuthorizer())(event);
}
