import { isUserId, MACHINE_ID_PATTERN, PAGE_MAX, USER_ID_MAX_BYTES } from '#contract/parameters.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { actorOf, type Principal, resolveActingUser } from '#core/access/principal.ts';
import { invalidRequest, machineNotFound, WorkbenchError, workbenchNotFound } from '#core/errors.ts';
import { isWorkbenchId } from '#core/ports/ids.ts';
import { parseAuthorizerContext } from '../authorizer/principal.ts';
import type { GatewayEvent } from './gateway.ts';
import { decodeCursor, type InvalidFields, type Parsed, parseQuery, type Query } from './query.ts';

/** The parts of a request that parsers read. */
export interface ParserInput {
  readonly event: GatewayEvent;
  readonly query: Query;
  /** Undefined if `user_id` is invalid; the request is then refused whatever else it contains. */
  readonly userId: string | undefined;
}

/**
 * Reads one value of a request.
 * @throws WorkbenchError for what must not wait for the other parsers: 404, 413, 415
 */
export type Parser<T> = (input: ParserInput) => Parsed<T> | Promise<Parsed<T>>;

export type Parsers = Readonly<Record<string, Parser<unknown>>>;
export type ParsedValues<P extends Parsers> = {
  readonly [K in keyof P]: P[K] extends Parser<infer T> ? T : never;
};

/** What every endpoint that acts for a user knows of its request. */
export interface UserRequest {
  /** The user in whose name the request is made. */
  readonly userId: string;
  readonly principal: Principal;
  /** The caller, as the history names it. */
  readonly by: string;
}

/**
 * Parses a request of a user: first the principal and the acting user, then the values, in the order of `parsers`.
 * All invalid fields are refused together.
 * @param now milliseconds since 1970
 * @throws WorkbenchError `forbidden`, `invalid_request`, and what the parsers throw
 */
export async function parseUserRequest<P extends Parsers>(
  event: GatewayEvent,
  now: number,
  settings: SettingsFor<'RESTAPI_AUTH' | 'RESTAPI_ADMIN_SCOPE'>,
  parsers: P,
): Promise<UserRequest & ParsedValues<P>> {
  const principal = parsePrincipal(event, settings);
  const query = parseQuery(event.rawQueryString);
  const user = parseActingUser(query, principal, { now, adminScope: settings.RESTAPI_ADMIN_SCOPE });
  const userId = 'value' in user ? user.value : undefined;
  let invalid: InvalidFields = 'invalid' in user ? user.invalid : {};
  const values: Record<string, unknown> = {};
  for (const [name, parser] of Object.entries(parsers)) {
    const parsed = await parser({ event, query, userId });
    if ('value' in parsed) values[name] = parsed.value;
    // Not Object.assign, which would take the name `__proto__` for a prototype.
    else invalid = { ...invalid, ...parsed.invalid };
  }
  if (userId === undefined || Object.keys(invalid).length > 0) throw invalidRequest(invalid);
  return { ...(values as ParsedValues<P>), userId, principal, by: actorOf(principal) };
}

/**
 * The caller, as the authorizer reported it. A route that was deployed without an authorizer, or a context of another
 * shape, gives no access: only the setting `RESTAPI_AUTH=none` opens the API.
 * @throws WorkbenchError `forbidden` (`not_authorized`)
 */
export function parsePrincipal(event: GatewayEvent, settings: SettingsFor<'RESTAPI_AUTH'>): Principal {
  if (settings.RESTAPI_AUTH === 'none') return { kind: 'open' };
  const principal = parseAuthorizerContext(event.requestContext.authorizer?.lambda);
  if (principal === undefined || principal.kind === 'open') {
    throw new WorkbenchError('forbidden', 'The request carries no authorization.', {
      reason: 'not_authorized',
    });
  }
  return principal;
}

const USER_ID_EXPECTED = `1 to ${USER_ID_MAX_BYTES} bytes of UTF-8 without control characters, U+FFFE and U+FFFF`;

/**
 * The user in whose name the request is made. Decided for each request, since the authorizer's response is cached.
 * @throws WorkbenchError `forbidden`
 */
function parseActingUser(
  query: Query,
  principal: Principal,
  options: Parameters<typeof resolveActingUser>[2],
): Parsed<string> {
  const requested = query.parameter('user_id');
  const invalid: Record<string, string> = {
    ...query.invalid,
    ...('invalid' in requested ? requested.invalid : {}),
  };
  if ('value' in requested && requested.value !== undefined && !isUserId(requested.value)) {
    invalid.user_id = USER_ID_EXPECTED;
  }
  if (Object.keys(invalid).length > 0 || 'invalid' in requested) return { invalid };
  try {
    return { value: resolveActingUser(principal, requested.value, options) };
  } catch (error) {
    const fields =
      error instanceof WorkbenchError && error.code === 'invalid_request' ? error.fields : undefined;
    if (fields === undefined) throw error;
    return { invalid: fields };
  }
}

/**
 * The id in the path.
 * @throws WorkbenchError `workbench_not_found` for one that cannot be a workbench's
 */
export const parseWorkbenchId: Parser<string> = ({ event }) => {
  const wid = event.pathParameters?.wid ?? '';
  if (!isWorkbenchId(wid)) throw workbenchNotFound();
  return { value: wid };
};

const MACHINE_ID = new RegExp(MACHINE_ID_PATTERN);

/**
 * The id in the path.
 * @throws WorkbenchError `machine_not_found` for one that cannot be a machine's
 */
export const parseMachineId: Parser<string> = ({ event }) => {
  const id = event.pathParameters?.machine_id ?? '';
  if (!MACHINE_ID.test(id)) throw machineNotFound();
  return { value: id };
};

/**
 * Parses the values of a request that names no user. All invalid fields are refused together.
 * @throws WorkbenchError `invalid_request`, and what the parsers throw
 */
export async function parseValues<P extends Parsers>(
  event: GatewayEvent,
  parsers: P,
): Promise<ParsedValues<P>> {
  const query = parseQuery(event.rawQueryString);
  let invalid: InvalidFields = query.invalid;
  const values: Record<string, unknown> = {};
  for (const [name, parser] of Object.entries(parsers)) {
    const parsed = await parser({ event, query, userId: undefined });
    if ('value' in parsed) values[name] = parsed.value;
    else invalid = { ...invalid, ...parsed.invalid };
  }
  if (Object.keys(invalid).length > 0) throw invalidRequest(invalid);
  return values as ParsedValues<P>;
}

export interface Page {
  /** 1 to PAGE_MAX. */
  readonly limit: number;
  /** The id of the last workbench of the page before. */
  readonly after?: string;
}

/** `limit` and `cursor` of a list. A cursor is valid for one user only. */
export const parsePage: Parser<Page> = ({ query, userId }) => {
  const limit = parseLimit(query);
  const cursor = query.parameter('cursor');
  const invalid: Record<string, string> = {
    ...('invalid' in limit ? limit.invalid : {}),
    ...('invalid' in cursor ? cursor.invalid : {}),
  };
  const text = 'value' in cursor ? cursor.value : undefined;
  const after = text === undefined || userId === undefined ? undefined : decodeCursor(userId, text);
  if (text !== undefined && userId !== undefined && after === undefined) {
    invalid.cursor = 'the next_cursor of an earlier page of this user';
  }
  if ('invalid' in limit || Object.keys(invalid).length > 0) return { invalid };
  return { value: { limit: limit.value, ...(after === undefined ? {} : { after }) } };
};

/** `limit` of a list: 1 to `max`, which is also the default. @param max at most 9,999 */
export function parseLimit(query: Query, max = PAGE_MAX): Parsed<number> {
  const parameter = query.parameter('limit');
  if ('invalid' in parameter) return parameter;
  const text = parameter.value ?? String(max);
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > max) return { invalid: { limit: `a whole number from 1 to ${max}` } };
  return { value: limit };
}

/** Parses `force` of a stop: `true` or `false`. @default false */
export const parseForce: Parser<boolean> = ({ query }) => parseFlag(query, 'force');

/** Parses `shared` of a list: `true` or `false`. @default false */
export const parseShared: Parser<boolean> = ({ query }) => parseFlag(query, 'shared');

/** Parses `deleted` of a list and of `GET`: `true` or `false`. @default false */
export const parseDeleted: Parser<boolean> = ({ query }) => parseFlag(query, 'deleted');

/** Parses `now` of a deletion: `true` or `false`. @default false */
export const parseNow: Parser<boolean> = ({ query }) => parseFlag(query, 'now');

/** Parses `dry_run` of a creation: `true` or `false`. @default false */
export const parseDryRun: Parser<boolean> = ({ query }) => parseFlag(query, 'dry_run');

/** A parameter that is `true` or `false`, false if it is left out. */
export function parseFlag(query: Query, name: string): Parsed<boolean> {
  const parameter = query.parameter(name);
  if ('invalid' in parameter) return parameter;
  const { value = 'false' } = parameter;
  if (value !== 'true' && value !== 'false') return { invalid: { [name]: '`true` or `false`' } };
  return { value: value === 'true' };
}

/** The `Idempotency-Key` header; undefined if there is none. */
export const parseIdempotencyKey: Parser<string | undefined> = ({ event }) => {
  const key = event.headers['idempotency-key'];
  if (key !== undefined && !/^[\x21-\x7e]{1,128}$/.test(key)) {
    return { invalid: { 'Idempotency-Key': '1 to 128 visible ASCII characters' } };
  }
  return { value: key };
};
