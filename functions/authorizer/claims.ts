import type { JWTPayload } from 'jose';
import type { Principal } from '#core/access/principal.ts';
import { isUserId } from '../identifiers.ts';
import { TokenRefused } from './refused.ts';

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
    throw new TokenRefused('user_claim');
  }
  const expiresAt = Math.floor(payload.exp ?? 0);
  if (!(expiresAt > 0 && expiresAt <= EXPIRY_MAX)) throw new TokenRefused('claims');
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
