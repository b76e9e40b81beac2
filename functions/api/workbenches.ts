import { NAME_MAX } from '#contract/parameters.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { actingUserOf } from '#core/access/acting-user.ts';
import type { Access } from '#core/access/find-access.ts';
import { listShared } from '#core/access/list-shared.ts';
import type { ActingRole } from '#core/access/rights.ts';
import type { ShareStore } from '#core/ports/share-store.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { STATUSES } from '#core/workbench/history.ts';
import { areLabels, type Labels } from '#core/workbench/labels.ts';
import { type ListFilter, listMatching } from '#core/workbench/list-filter.ts';
import {
  type ActivityPorts,
  type KnownUsePorts,
  listWorkbenches,
  readKnownUse,
  readLastActivity,
} from '#core/workbench/queries.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import {
  type ApiPorts,
  accessRulesOf,
  toUserApiHandler,
  toWorkbenchApiHandler,
  type WorkbenchApiPorts,
  type WorkbenchApiSettings,
} from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { type Parser, parseDeleted, parsePage, parseShared } from '../middleware/parse-request.ts';
import { encodeCursor, type InvalidFields, type Query } from '../middleware/query.ts';
import { type CostPorts, withCost } from './present-cost.ts';
import {
  presentWorkbench,
  retryAfterHeaders,
  type WarningPort,
  withKeepalive,
  withLastActivity,
  withRole,
} from './present-workbench.ts';

type ListPorts = ApiPorts &
  WarningPort &
  ActivityPorts &
  CostPorts & {
    readonly workbenches: Pick<WorkbenchStore, 'listByUser' | 'read' | 'findByWorkbenchId' | 'findMoved'>;
    readonly shares: Pick<ShareStore, 'read' | 'listByGrantee'>;
  };

/**
 * GET /workbenches: one Query call for each page (with a filter at most OWN_READS_MAX), and one BatchGetItem call for the last activity. Of shared workbenches: one
 * Query call for the user, for each of its groups and for the organisation, one BatchGetItem call for each 100 shares, and one
 * GetItem call for each workbench.
 */
export function buildListWorkbenches(
  ports: ListPorts,
  settings: WorkbenchApiSettings & SettingsFor<'BASE_URL'>,
): ApiHandler {
  const rules = accessRulesOf(settings);
  const parsers = {
    page: parsePage,
    isShared: parseShared,
    deleted: parseDeleted,
    fields: parseListFilter,
  };
  return toUserApiHandler(ports, settings, parsers, async (request) => {
    const { userId, principal, page, isShared, deleted, fields } = request;
    const filter = deleted ? { ...fields, deleted } : fields;
    const user = actingUserOf(principal, userId, rules);
    const { entries: listed, next } = isShared
      ? await listMatching((part) => listOthers(ports, user, part), filter, page, SHARED_READS_MAX)
      : await listMatching((part) => listOwn(ports, userId, part), filter, page, OWN_READS_MAX);
    const lastActivity = await readLastActivity(
      ports,
      listed.map(({ workbench }) => workbench),
    );
    const items = await Promise.all(
      listed.map(async ({ workbench, role }) => {
        const item = presentWorkbench(workbench, settings, ports);
        const used = withLastActivity(item, lastActivity.get(workbench.workbenchId));
        return withRole(await withCost(used, workbench, ports), role);
      }),
    );
    const cursor = next === undefined ? {} : { next_cursor: encodeCursor(userId, next) };
    return { status: 200, body: { success: true, items, ...cursor } };
  });
}

/** The most pages that a request with a filter reads: 500 own workbenches by 5 Query calls, 200 shared ones by a call for each. */
const OWN_READS_MAX = 5;
const SHARED_READS_MAX = 2;

interface Listed {
  readonly entries: readonly { readonly workbench: Workbench; readonly role: ActingRole }[];
  readonly next?: string | undefined;
}

async function listOwn(...[ports, userId, page]: Parameters<typeof listWorkbenches>): Promise<Listed> {
  const { workbenches, next } = await listWorkbenches(ports, userId, page);
  return { entries: workbenches.map((workbench) => ({ workbench, role: 'owner' })), next };
}

async function listOthers(...[ports, user, page]: Parameters<typeof listShared>): Promise<Listed> {
  const { shared, next } = await listShared(ports, user, page);
  return { entries: shared, next };
}

/**
 * GET /workbenches/{wid}: the route that frontends poll. For the owner it makes one GetItem call; for others two, and one
 * BatchGetItem call for their shares. For a running or stopped workbench it also reads its last activity, and what keeps it.
 */
export function buildGetWorkbench(
  ports: WorkbenchApiPorts & WarningPort & KnownUsePorts & CostPorts,
  settings: WorkbenchApiSettings & SettingsFor<'BASE_URL'>,
): ApiHandler {
  const parsers = { deleted: parseDeleted };
  const get = async ({ workbench, role }: Access) => {
    const use = await readKnownUse(ports, workbench);
    const presented = withKeepalive(
      withLastActivity(presentWorkbench(workbench, settings, ports), use.lastActivity),
      use,
    );
    const item = await withCost(presented, workbench, ports);
    return {
      status: 200,
      headers: retryAfterHeaders(workbench),
      body: { success: true, item: withRole(item, role) },
    };
  };
  return toWorkbenchApiHandler('getWorkbench', ports, settings, parsers, get, ({ deleted }) => deleted);
}

const TEXT_EXPECTED = `text of 1 to ${NAME_MAX} characters`;

/** The filters of a list: `status`, `name`, `q` and `label`. */
const parseListFilter: Parser<ListFilter> = ({ query }) => {
  const invalid: Record<string, string> = {};
  const read = <T>(name: string, parse: (text: string) => T | undefined, expected: string) =>
    readParameter(query, name, parse, expected, invalid);
  const status = read(
    'status',
    (text) => STATUSES.find((known) => known === text),
    `one of ${STATUSES.join(', ')}`,
  );
  const name = read('name', parseText, TEXT_EXPECTED);
  const text = read('q', parseText, TEXT_EXPECTED);
  const labels = read('label', parseLabels, '`key:value`, several separated by commas');
  if (Object.keys(invalid).length > 0) return { invalid };
  return {
    value: {
      ...(status === undefined ? {} : { status }),
      ...(name === undefined ? {} : { name }),
      ...(text === undefined ? {} : { text }),
      ...(labels === undefined ? {} : { labels }),
    },
  };
};

function readParameter<T>(
  query: Query,
  name: string,
  parse: (text: string) => T | undefined,
  expected: string,
  invalid: Record<string, string>,
): T | undefined {
  const parameter = query.parameter(name);
  if ('invalid' in parameter) {
    Object.assign(invalid, parameter.invalid satisfies InvalidFields);
    return undefined;
  }
  if (parameter.value === undefined) return undefined;
  const value = parse(parameter.value);
  if (value === undefined) invalid[name] = expected;
  return value;
}

function parseText(text: string): string | undefined {
  const { length } = [...text];
  return length >= 1 && length <= NAME_MAX && text.isWellFormed() ? text : undefined;
}

/** A key has no colon, and a value no comma. A key that is given twice is invalid. */
function parseLabels(text: string): Labels | undefined {
  const pairs = text.split(',').map((pair) => {
    const colon = pair.indexOf(':');
    return colon < 0 ? undefined : ([pair.slice(0, colon), pair.slice(colon + 1)] as const);
  });
  const entries = pairs.filter((pair) => pair !== undefined);
  const labels = Object.fromEntries(entries);
  const isComplete = Object.keys(labels).length === pairs.length;
  return isComplete && areLabels(labels) ? labels : undefined;
}
