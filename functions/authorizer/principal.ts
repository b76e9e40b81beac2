import type { JWTPayload } from 'jose';
import * as z from 'zod/mini';
import { isUserId } from '#contract/parameters.ts';
import { type ClaimedGroups, GROUPS_MAX, isGroupName, readGroups } from '#core/access/grantee.ts';
import type { Principal } from '#core/access/principal.ts';
import { TokenRefused } from './credentials.ts';

/** The maximum expiry: the end of the year 9999, in seconds since 1970. */
const EXPIRY_MAX = 253_402_300_799;

/**
 * The principal of a verified token.
 * @param userClaim the claim that contains the user_id
 * @param groups what `readClaimedGroups` returned for the token; without a user they do not count
 * @param isService whether a client may act for any user, given its client id
 * @throws TokenRefused if the user claim is not a valid user_id, or the expiry is not a valid time
 */
export function toPrincipal(
  payload: JWTPayload,
  userClaim: string,
  isService: (clientId: string | undefined) => boolean,
  groups: readonly string[] = [],
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
    ...(subject === undefined || groups.length === 0 ? {} : { groups }),
    ...(clientId === undefined ? {} : { clientId }),
  };
}

/** @param groupsClaim WB_GROUPS_CLAIM; undefined: users have no groups */
export function readClaimedGroups(payload: JWTPayload, groupsClaim: string | undefined): ClaimedGroups {
  const hasClaim = groupsClaim !== undefined && Object.hasOwn(payload, groupsClaim);
  return readGroups(hasClaim ? payload[groupsClaim] : undefined);
}

/** `azp` as in OpenID Connect, or `client_id` as in RFC 9068. */
function readClientId(payload: JWTPayload): string | undefined {
  const clientId = payload.azp ?? payload.client_id;
  return typeof clientId === 'string' && clientId !== '' ? clientId : undefined;
}

/** `scope` as a space-separated list (RFC 8693), or the `scp` of some issuers; a list or an array. */
function readScopes(payload: JWTPayload): string[] {
  const scope = payload.scope ?? payload.scp;
  const scopes = Array.isArray(scope) ? scope : typeof scope === 'string' ? scope.split(' ') : [];
  return scopes.filter((name): name is string => typeof name === 'string' && /^[\x21-\x7e]+$/.test(name));
}

/**
 * A principal as the authorizer passes it to the functions. API Gateway passes a flat object of strings on, and caches
 * it together with the authorizer's response. It is not longer than the token, which has at most TOKEN_MAX_LENGTH, but for
 * the escaping of quotes.
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
    ...(principal.groups === undefined ? {} : { groups: JSON.stringify(principal.groups) }),
    ...(principal.clientId === undefined ? {} : { client_id: principal.clientId }),
  };
}

const groupsSchema = z
  .array(z.string().check(z.refine(isGroupName)))
  .check(z.minLength(1), z.maxLength(GROUPS_MAX));

const contextSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('open') }),
  z.object({ kind: z.literal('static_key') }),
  z.object({
    kind: z.literal('token'),
    scopes: z.string(),
    service: z.enum(['true', 'false']),
    expires_at: z.string().check(z.regex(/^\d{1,12}$/)),
    subject: z.optional(z.string()),
    groups: z.optional(z.string()),
    client_id: z.optional(z.string()),
  }),
]);

/** The principal; undefined if this is not a context that `toAuthorizerContext` returns. */
export function parseAuthorizerContext(context: unknown): Principal | undefined {
  const parsed = z.safeParse(contextSchema, context);
  if (!parsed.success) return undefined;
  if (parsed.data.kind !== 'token') return { kind: parsed.data.kind };
  const { scopes, service, expires_at, subject, client_id } = parsed.data;
  const groups = parsed.data.groups === undefined ? undefined : parseGroups(parsed.data.groups);
  if (groups === 'invalid') return undefined;
  return {
    kind: 'token',
    scopes: scopes.split(' ').filter((scope) => scope !== ''),
    service: service === 'true',
    expiresAt: Number(expires_at),
    ...(subject === undefined ? {} : { subject }),
    ...(groups === undefined ? {} : { groups }),
    ...(client_id === undefined ? {} : { clientId: client_id }),
  };
}

function parseGroups(text: string): readonly string[] | 'invalid' {
  try {
    return groupsSchema.parse(JSON.parse(text));
  } catch {
    // Not the text of `toAuthorizerContext`: the whole context is refused.
    return 'invalid';
  }
}
