import type { UsageDay, UsageItem, UsageSum, UserUsageItem } from '#contract/cost-bodies.ts';
import { isUserId, USAGE_CURSOR_MAX_LENGTH } from '#contract/parameters.ts';
import { isGroupName } from '#core/access/grantee.ts';
import { type DayUsage, listUsage, type WorkbenchUsage } from '#core/cost/list-usage.ts';
import {
  listUsageOfUsers,
  USERS_MAX,
  type UsersPosition,
  type UserUsage,
} from '#core/cost/list-usage-of-users.ts';
import { MONTH_PATTERN, monthOf } from '#core/cost/month.ts';
import { toUsd } from '#core/cost/rates.ts';
import type { SizeCatalog } from '#core/ports/capacity-catalog.ts';
import { isWorkbenchId } from '#core/ports/ids.ts';
import type { QuotaStore } from '#core/ports/quota-store.ts';
import type { UsageStore } from '#core/ports/usage-store.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import {
  type ApiPorts,
  type ApiSettings,
  toAdminApiHandler,
  toUserApiHandler,
} from '../middleware/api-handler.ts';
import type { ApiHandler, EndpointResult } from '../middleware/gateway.ts';
import { type Parser, parseFlag, parseLimit, parsePage, parseValues } from '../middleware/parse-request.ts';
import { encodeCursor, parseQuery } from '../middleware/query.ts';
import { pricesOf } from './present-cost.ts';
import { toCsv, USAGE_LINES, type UsageLine } from './usage-csv.ts';

export type UsageFormat = 'json' | 'csv';

type UsagePorts = ApiPorts & {
  readonly workbenches: Pick<WorkbenchStore, 'listByUser'>;
  readonly usage: Pick<UsageStore, 'list'>;
  readonly quotas: Pick<QuotaStore, 'listUsers'>;
  readonly catalog: SizeCatalog;
};

/**
 * GET /usage. Of one user: one Query call for the records of the page, and one for what ended meters have counted. Of a group or
 * of all users: the same for each user of the page, and up to 16 to find the users.
 */
export function buildListUsage(ports: UsagePorts, settings: ApiSettings): ApiHandler {
  const ofUser = listOfUser(ports, settings);
  const ofUsers = listOfUsers(ports, settings);
  return (event, context) => {
    const query = parseQuery(event.rawQueryString);
    const isOfUsers = ['group', 'all'].some((name) => isGiven(query.parameter(name)));
    return (isOfUsers ? ofUsers : ofUser)(event, context);
  };
}

/** Whether a parameter selects users; an invalid one does, so that the request is refused. */
function isGiven(parameter: ReturnType<ReturnType<typeof parseQuery>['parameter']>): boolean {
  return 'invalid' in parameter || (parameter.value !== undefined && parameter.value !== 'false');
}

function listOfUser(ports: UsagePorts, settings: ApiSettings): ApiHandler {
  const parsers = { month: parseMonth, format: parseFormat, line: parseLine, page: parsePage };
  return toUserApiHandler(ports, settings, parsers, async ({ userId, month, format, line, page }) => {
    const now = ports.clock.now();
    const listed = month ?? monthOf(now);
    const { items, days, next } = await listUsage(ports, userId, listed, page, now);
    const result = {
      month: listed,
      items: items.map((item) => presentUsage(userId, item)),
      days: days.map((day) => presentDay(listed, day)),
      total: sumOfUsage(items),
      cursor: next === undefined ? undefined : encodeCursor(userId, next),
    };
    const users = items.length === 0 ? [] : [{ user_id: userId, groups: [], ...result.total }];
    return format === 'csv' ? toCsvResult({ ...result, users }, line) : toJsonResult(result, ports.catalog);
  });
}

function listOfUsers(ports: UsagePorts, settings: ApiSettings): ApiHandler {
  const parsers = {
    group: parseGroup,
    all: parseAll,
    month: parseMonth,
    format: parseFormat,
    line: parseLine,
    page: parseUsersPage,
  };
  return toAdminApiHandler(ports, settings, async ({ event }) => {
    const { group, month, format, line, page } = await parseValues(event, parsers);
    const now = ports.clock.now();
    const listed = month ?? monthOf(now);
    const { users, days, next } = await listUsageOfUsers(ports, group, listed, page, now);
    const result = {
      month: listed,
      items: users.flatMap(({ userId, items }) => items.map((item) => presentUsage(userId, item))),
      users: users.map(presentUser),
      days: days.map((day) => presentDay(listed, day)),
      total: sumOfUsage(users.flatMap(({ items }) => items)),
      cursor: next === undefined ? undefined : encodePosition(next),
    };
    return format === 'csv' ? toCsvResult(result, line) : toJsonResult(result, ports.catalog);
  });
}

interface Listed {
  readonly month: string;
  readonly items: readonly UsageItem[];
  readonly users?: readonly UserUsageItem[];
  readonly days: readonly UsageDay[];
  readonly total: UsageSum;
  readonly cursor: string | undefined;
}

function toCsvResult({ month, cursor, users = [], ...lists }: Listed, line: UsageLine): EndpointResult {
  return {
    status: 200,
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="usage-${month}.csv"`,
      ...(cursor === undefined ? {} : { 'x-next-cursor': cursor }),
    },
    text: toCsv(line, month, { ...lists, users }),
    body: undefined,
  };
}

function toJsonResult({ cursor, ...listed }: Listed, catalog: SizeCatalog): EndpointResult {
  return {
    status: 200,
    body: {
      success: true,
      ...listed,
      ...pricesOf(catalog),
      ...(cursor === undefined ? {} : { next_cursor: cursor }),
    },
  };
}

const parseMonth: Parser<string | undefined> = ({ query }) => {
  const parameter = query.parameter('month');
  if ('invalid' in parameter || parameter.value === undefined) return parameter;
  return MONTH_PATTERN.test(parameter.value)
    ? { value: parameter.value }
    : { invalid: { month: 'a month such as 2030-01' } };
};

/** `format`, or what the header `Accept` asks for. */
const parseFormat: Parser<UsageFormat> = ({ query, event }) => {
  const parameter = query.parameter('format');
  if ('invalid' in parameter) return parameter;
  const accepted = /^text\/csv\b/i.test(event.headers.accept ?? '') ? 'csv' : 'json';
  const { value = accepted } = parameter;
  return value === 'csv' || value === 'json' ? { value } : { invalid: { format: '`json` or `csv`' } };
};

const parseLine: Parser<UsageLine> = ({ query }) => {
  const parameter = query.parameter('by');
  if ('invalid' in parameter) return parameter;
  const value = USAGE_LINES.find((line) => line === (parameter.value ?? 'workbench'));
  return value === undefined ? { invalid: { by: `one of ${USAGE_LINES.join(', ')}` } } : { value };
};

const parseAll: Parser<boolean> = ({ query }) => parseFlag(query, 'all');

const parseGroup: Parser<string | undefined> = ({ query }) => {
  const parameter = query.parameter('group');
  if ('invalid' in parameter || parameter.value === undefined) return parameter;
  const all = query.parameter('all');
  if ('value' in all && all.value === 'true') return { invalid: { group: 'not together with `all`' } };
  return isGroupName(parameter.value) ? parameter : { invalid: { group: 'the name of a group' } };
};

const parseUsersPage: Parser<Parameters<typeof listUsageOfUsers>[3]> = ({ query }) => {
  const limit = parseLimit(query);
  if ('invalid' in limit) return limit;
  const cursor = query.parameter('cursor');
  if ('invalid' in cursor) return cursor;
  const page = { limit: Math.min(limit.value, USERS_MAX) };
  if (cursor.value === undefined) return { value: page };
  const from = decodePosition(cursor.value);
  return from === undefined
    ? { invalid: { cursor: 'the next_cursor of an earlier page' } }
    : { value: { ...page, from } };
};

/** What was counted; times and money as the core counts them. */
type Counted = Pick<WorkbenchUsage, 'micros' | 'ms'>;

function presentUsage(userId: string, { workbenchId, name, micros, ms }: WorkbenchUsage): UsageItem {
  return { workbench_id: workbenchId, workbench_name: name, user_id: userId, ...presentSum({ micros, ms }) };
}

function presentUser({ userId, groups, items }: UserUsage): UserUsageItem {
  return { user_id: userId, groups: [...groups], ...sumOfUsage(items) };
}

/** @param month `YYYY-MM` */
function presentDay(month: string, { day, ...counted }: DayUsage): UsageDay {
  return { day: `${month}-${String(day).padStart(2, '0')}`, ...presentSum(counted) };
}

function sumOfUsage(items: readonly Counted[]): UsageSum {
  const total = (amountOf: (item: Counted) => number) => items.reduce((sum, item) => sum + amountOf(item), 0);
  return presentSum({ micros: total(({ micros }) => micros), ms: total(({ ms }) => ms) });
}

const HOUR_MS = 3_600_000;

/** Hours to a thousandth: four seconds. */
function presentSum({ micros, ms }: Counted): UsageSum {
  return { hours_running: Math.round((ms / HOUR_MS) * 1000) / 1000, usd: toUsd(micros) };
}

/** Where the next page of the usage of users starts. Opaque. It needs no signature: its sender may list all users. */
function encodePosition({ after, begun }: UsersPosition): string {
  const parts = [after ?? null, ...(begun === undefined ? [] : [begun.userId, begun.workbenchId])];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** Undefined if the text is no cursor. */
function decodePosition(cursor: string): UsersPosition | undefined {
  if (cursor.length > USAGE_CURSOR_MAX_LENGTH) return undefined;
  const parts = parseJson(Buffer.from(cursor, 'base64url').toString());
  if (!Array.isArray(parts) || (parts.length !== 1 && parts.length !== 3)) return undefined;
  const [after, userId, workbenchId] = parts as unknown[];
  if (after !== null && !isUser(after)) return undefined;
  const position = after === null ? {} : { after };
  if (userId === undefined) return position;
  const isBegun = isUser(userId) && typeof workbenchId === 'string' && isWorkbenchId(workbenchId);
  return isBegun ? { ...position, begun: { userId, workbenchId } } : undefined;
}

function isUser(value: unknown): value is string {
  return typeof value === 'string' && isUserId(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
