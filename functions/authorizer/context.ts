import * as z from 'zod/mini';
import type { Principal } from '#core/access/principal.ts';

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
