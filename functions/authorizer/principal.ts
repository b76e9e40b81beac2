import type { JWTPayload } from 'jose';
import * as z from 'zod/mini';
import { isUserId } from '#contract/parameters.ts';
import type { Principal } from '#core/access/principal.ts';
import { TokenRefused } from './credentials.ts';

/** The latest expiry taken: the end of the year 9999, in seconds since 1970. */
const EXPIRY_MAX = 253_402_300_799;

/**
 * Who a verified token speaks for.
 * @param userClaim the claim that holds the user_id
 * @param isService whether the bearer is trusted to name users itself, given its client id
 * @throws Refused when the user claim is there and is no user_id, or the expiry is no time
 */
export function toPrincipal(
  payload: JWTPayload,
  userClaim: string,
  isService: (clientId: string | undefined) => boolean,
): Principal {
  const subject = Object.hasOwn(payload, userClaim) ? payload[userClaim] : undefined;
  if (subject !== undefined && !(typeof subject === 'string' && isUserId(subject))) {
    throw new TokenRefused('invalid_user_claim');
  }
  const expiresAt = Math.floor(payload.exp ?? 0);
  if (!(expiresAt > 0 && expiresAt <= EXPIRY_MAX)) throw new TokenRefused('invalid_claims');
  const clientId = readClientId(payload);
  return {
    kind: 'token',
    scopes: readScopes(payload),
    service: isService(clientId),
    expiresAt,
    ...(subject === undefined ? {} : { subject }),
    ...(clientId === undefined ? {} : { clientId }),
  };
}

/** `azp` as OpenID Connect has it, `client_id` as RFC 9068 does. */
function readClientId(payload: JWTPayload): string | undefined {
  const clientId = payload.azp ?? payload.client_id;
  return typeof clientId === 'string' && clientId !== '' ? clientId : undefined;
}

/** `scope` as a list with spaces (RFC 8693), `scp` as some issuers have it, as a list or an array. */
function readScopes(payload: JWTPayload): string[] {
  const scope = payload.scope ?? payload.scp;
  const words = Array.isArray(scope) ? scope : typeof scope === 'string' ? scope.split(' ') : [];
  return words.filter((word): word is string => typeof word === 'string' && /^[\x21-\x7e]+$/.test(word));
}

/**
 * A principal on its way from the authorizer to the functions: API Gateway carries a flat object of strings,
 * and may keep it for as long as its cache lives.
 */
export type AuthorizerContext = Readonly<Record<string, string>>;

export function toAuthorizerContext(principal: Principal): AuthorizerContext {
  if (principal.kind !== 'token') return { kind: principal.kind };
  return {
    kind: 'token',
    scopes: principal.scopes.join(' '),
    service: String(principal.service),
    expires_at: String(principal.expiresAt),
    ...(principal.subject === undefined ? {} : { subject: principal.subject }),
    ...(principal.clientId === undefined ? {} : { client_id: principal.clientId }),
  };
}

const contextSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('open') }),
  z.object({ kind: z.literal('static_key') }),
  z.object({
    kind: z.literal('token'),
    scopes: z.string(),
    service: z.enum(['true', 'false']),
    expires_at: z.string().check(z.regex(/^\d{1,12}$/)),
    subject: z.optional(z.string()),
    client_id: z.optional(z.string()),
  }),
]);

/** The principal again; undefined when this is not what the authorizer writes. */
export function parseAuthorizerContext(context: unknown): Principal | undefined {
  const parsed = z.safeParse(contextSchema, context);
  if (!parsed.success) return undefined;
  if (parsed.data.kind !== 'token') return { kind: parsed.data.kind };
  const { scopes, service, expires_at, subject, client_id } = parsed.data;
  return {
    kind: 'token',
    scopes: scopes.split(' ').filter((scope) => scope !== ''),
    service: service === 'true',
    expiresAt: Number(expires_at),
    ...(subject === undefined ? {} : { subject }),
    ...(client_id === undefined ? {} : { clientId: client_id }),
  };
}
