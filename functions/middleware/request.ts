import { createHash } from 'node:crypto';
import type { MiddlewareObj } from '@middy/core';
import { isUserId, isWorkbenchId, PAGE_MAX, USER_ID_MAX_BYTES } from '#contract/parameters.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { resolveActingUser as actingUserOf, actorOf, type Principal } from '#core/access/principal.ts';
import { WorkbenchError, workbenchNotFound } from '#core/errors.ts';
import type { Clock } from '#core/ports/clock.ts';
import { parseAuthorizerContext } from '../authorizer/principal.ts';
import type { ApiEvent } from './gateway.ts';

/** Names the request in answers and logs: API Gateway's own id, which its access log has too. */
export function requestId(): MiddlewareObj<ApiEvent> {
  return {
    before: ({ event, context }) => {
      const id = event.requestContext?.requestId ?? context.awsRequestId;
      event.requestId = /^[\x21-\x7e]{1,128}$/.test(id ?? '') ? id : 'unknown';
      event.invalidFields = new Map();
    },
  };
}

export interface WithPrincipal {
  principal: Principal;
}

/**
 * Who is asking, as the authorizer said. Nobody is let in by its silence: without its word (a route deployed
 * without it, a context of another shape) the request is refused, unless the settings say `none` in words.
 */
export function principal(settings: SettingsFor<'RESTAPI_AUTH'>): MiddlewareObj<ApiEvent & WithPrincipal> {
  return {
    before: ({ event }) => {
      event.principal = settings.RESTAPI_AUTH === 'none' ? { kind: 'open' } : readAuthorizedPrincipal(event);
    },
  };
}

function readAuthorizedPrincipal(event: ApiEvent): Principal {
  const found = parseAuthorizerContext(event.requestContext.authorizer?.lambda);
  if (found === undefined || found.kind === 'open') {
    throw new WorkbenchError('forbidden', 'The request carries no authorization.', {
      reason: 'not_authorized',
    });
  }
  return found;
}

export interface WithUser {
  /** Whose workbenches. */
  userId: string;
  /** Who asks, for the history. */
  by: string;
}

const USER_ID_EXPECTED = `1 to ${USER_ID_MAX_BYTES} bytes of UTF-8 without control characters, U+FFFE and U+FFFF`;

/** Decides for which user the request is, and whether the principal may act for them; on every request. */
export function actingUser(
  ports: { readonly clock: Clock },
  settings: SettingsFor<'RESTAPI_ADMIN_SCOPE'>,
): MiddlewareObj<ApiEvent & WithPrincipal & WithUser> {
  return {
    before: ({ event }) => {
      const { values, invalidParameters: faults } = readQuery(event.rawQueryString, ['user_id']);
      const requested = values.get('user_id');
      for (const [field, expected] of faults) event.invalidFields.set(field, expected);
      if (requested !== undefined && !isUserId(requested))
        event.invalidFields.set('user_id', USER_ID_EXPECTED);
      if (event.invalidFields.size > 0) return;
      const at = { now: ports.clock.now(), adminScope: settings.RESTAPI_ADMIN_SCOPE };
      try {
        event.userId = actingUserOf(event.principal, requested, at);
        event.by = actorOf(event.principal);
      } catch (error) {
        const fields =
          error instanceof WorkbenchError && error.code === 'invalid_request' ? error.fields : undefined;
        if (fields === undefined) throw error;
        // Told together with whatever else is wrong with the request.
        for (const [field, expected] of Object.entries(fields)) event.invalidFields.set(field, expected);
      }
    },
  };
}

export interface WithWorkbenchId {
  workbenchId: string;
}

/** The id in the path. One that cannot be a workbench's is answered like one that is not there. */
export function workbenchId(): MiddlewareObj<ApiEvent & WithWorkbenchId> {
  return {
    before: ({ event }) => {
      const wid = event.pathParameters?.wid ?? '';
      if (!isWorkbenchId(wid)) throw workbenchNotFound();
      event.workbenchId = wid;
    },
  };
}

/**
 * The query as it was sent. Read from the raw string, because API Gateway's own reading joins repeated
 * parameters with a comma, and `user_id=a,b` is a user's name while `user_id=a&user_id=b` is an error.
 */
export interface Query {
  /** The value of a parameter that was given once. */
  readonly values: ReadonlyMap<string, string>;
  /** What is wrong with which parameter. */
  readonly invalidParameters: ReadonlyMap<string, string>;
}

/**
 * Decodes strictly: `+` is a space, a percent sign stands before two hexadecimal digits, and the bytes are
 * UTF-8. Names not asked for are passed over, so that a proxy or a cache may add its own.
 */
export function readQuery(raw: string | undefined, names: readonly string[]): Query {
  const values = new Map<string, string>();
  const faults = new Map<string, string>();
  for (const pair of (raw ?? '').split('&')) {
    const at = pair.indexOf('=');
    const name = decodeParameter(at < 0 ? pair : pair.slice(0, at));
    const value = decodeParameter(at < 0 ? '' : pair.slice(at + 1));
    if (name === undefined) {
      faults.set('query', 'percent-encoded UTF-8');
    } else if (names.includes(name)) {
      if (values.has(name) || faults.has(name)) faults.set(name, 'given once');
      else if (value === undefined) faults.set(name, 'percent-encoded UTF-8');
      else values.set(name, value);
    }
  }
  for (const name of faults.keys()) values.delete(name);
  return { values, invalidParameters: faults };
}

function decodeParameter(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/**
 * Where a list goes on: a digest of the user whose list it is, and the id of the last workbench seen. Opaque
 * and needs no secret: whoever makes one up still lists only the workbenches of the user they act for.
 */
export function encodeCursor(userId: string, lastId: string): string {
  return Buffer.concat([userDigest(userId), Buffer.from(lastId, 'latin1')]).toString('base64url');
}

/** The last id seen; undefined when this is not a cursor of that user's. */
export function decodeCursor(userId: string, cursor: string): string | undefined {
  if (cursor.length > CURSOR_MAX_LENGTH) return undefined;
  const lastId = Buffer.from(cursor, 'base64url').subarray(DIGEST_BYTES).toString('latin1');
  // Written again: that compares the user, and base64url has many spellings of the same bytes.
  return isWorkbenchId(lastId) && encodeCursor(userId, lastId) === cursor ? lastId : undefined;
}

const DIGEST_BYTES = 12;
const CURSOR_MAX_LENGTH = 64;

function userDigest(userId: string): Buffer {
  return createHash('sha256').update(`list of ${userId}`).digest().subarray(0, DIGEST_BYTES);
}

export interface WithPage {
  page: { readonly limit: number; readonly after?: string };
}

/** `limit` and `cursor` of a list. */
export function page(): MiddlewareObj<ApiEvent & WithUser & WithPage> {
  return {
    before: ({ event }) => {
      const { values, invalidParameters: faults } = readQuery(event.rawQueryString, ['limit', 'cursor']);
      for (const [field, expected] of faults) event.invalidFields.set(field, expected);
      const limit = values.get('limit') ?? String(PAGE_MAX);
      if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > PAGE_MAX) {
        event.invalidFields.set('limit', `a whole number from 1 to ${PAGE_MAX}`);
      }
      event.page = { limit: Number(limit) };
      const cursor = values.get('cursor');
      if (cursor === undefined || event.userId === undefined) return;
      const after = decodeCursor(event.userId, cursor);
      if (after === undefined)
        event.invalidFields.set('cursor', 'the next_cursor of an earlier page of this user');
      else event.page = { limit: Number(limit), after };
    },
  };
}

export interface WithForce {
  /** The caller asks for the last means. */
  forced: boolean;
}

/** `force` of a stop: `true` or `false`, false when left out. */
export function force(): MiddlewareObj<ApiEvent & WithForce> {
  return {
    before: ({ event }) => {
      const { values, invalidParameters: faults } = readQuery(event.rawQueryString, ['force']);
      for (const [field, expected] of faults) event.invalidFields.set(field, expected);
      const value = values.get('force') ?? 'false';
      if (value !== 'true' && value !== 'false') event.invalidFields.set('force', '`true` or `false`');
      event.forced = value === 'true';
    },
  };
}

export interface WithIdempotencyKey {
  idempotencyKey?: string;
}

/** The `Idempotency-Key` header, when there is one. */
export function idempotencyKey(): MiddlewareObj<ApiEvent & WithIdempotencyKey> {
  return {
    before: ({ event }) => {
      const key = event.headers['idempotency-key'];
      if (key === undefined) return;
      if (/^[\x21-\x7e]{1,128}$/.test(key)) event.idempotencyKey = key;
      else event.invalidFields.set('Idempotency-Key', '1 to 128 visible ASCII characters');
    },
  };
}
