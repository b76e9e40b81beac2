import { WorkbenchClient } from '#clients/typescript/src/client.ts';
import { readRetryAfter, WorkbenchApiError } from '#clients/typescript/src/errors.ts';
import type { operations } from '#clients/typescript/src/schema.ts';
import { addUpUsage, type UsageReport } from '#clients/typescript/src/usage.ts';
import type { HistoryEntry, TemplateList, Workbench } from '#clients/typescript/src/workbench.ts';
import type { Session } from './session.ts';

/** The body of the successful response of an operation. */
type ResponseOf<O extends keyof operations> = operations[O] extends {
  responses: { 200: { content: { 'application/json': infer B } } };
}
  ? B
  : never;

export type Me = ResponseOf<'getMe'>['item'];
export type Share = ResponseOf<'setShare'>['item'];
export type ShareLink = ResponseOf<'listShareLinks'>['items'][number];
/** A link with its secret. */
export type CreatedLink = ResponseOf<'createShareLink'>['item'];
export type StartTimes = ResponseOf<'listStartTimes'>['items'][number];
export type Quota = Pick<ResponseOf<'getOwnQuota'>['item'], 'limits' | 'used'>;
export type QuotaName = keyof Quota['limits'];
export const QUOTA_NAMES: readonly QuotaName[] = [
  ...(['workbenches', 'running', 'cpu', 'memory', 'gpus', 'hosts', 'usd_per_month'] as const),
];
/** What workbenches have cost in a month. */
export interface Usage extends UsageReport {
  /** More was used than has been read. */
  readonly isPart: boolean;
}
type UsageQuery = Omit<NonNullable<operations['listUsage']['parameters']['query']>, 'cursor'>;
export type Report = ResponseOf<'listReports'>['items'][number];
export type SweepName = operations['startSweep']['requestBody']['content']['application/json']['sweep'];
export type StartedSweep = operations['startSweep']['responses'][202]['content']['application/json']['item'];
/** The limits that one scope sets. Absent: it sets none. Null: no limit. */
export type ScopeLimits = ResponseOf<'getQuota'>['item']['limits'];
/** What a workbench would hold and leave. Later versions of the API may add what it would cost. */
export interface Preview {
  readonly quota: { readonly left: Quota['limits'] };
  readonly estimate?: { readonly per_hour_running?: number; readonly basis?: string };
}
export type LogPage = ResponseOf<'listLogs'>;
export type Machines = ResponseOf<'listMachines'>;
export type Machine = Machines['items'][number];
export type AuditPage = ResponseOf<'listAudit'>;
export type AuditFilter = Pick<
  NonNullable<operations['listAudit']['parameters']['query']>,
  'user_id' | 'action'
>;
export type CreateBody = NonNullable<
  operations['createWorkbench']['requestBody']
>['content']['application/json'];
export type UpdateBody = NonNullable<
  operations['updateWorkbench']['requestBody']
>['content']['application/json'];
export type LinkBody = operations['createShareLink']['requestBody']['content']['application/json'];
export type ShareBody = operations['setShare']['requestBody']['content']['application/json'];

export interface Polled {
  readonly workbench: Workbench;
  /** Undefined once the workbench is settled. */
  readonly retryAfterSeconds: number | undefined;
}

export interface Page {
  readonly items: readonly Workbench[];
  readonly nextCursor: string | undefined;
}

export interface ListRequest {
  readonly shared: boolean;
  /** A part of the name; empty: all. */
  readonly search: string;
  readonly cursor: string | undefined;
  /** Whose workbenches; undefined: those of the session. */
  readonly userId?: string | undefined;
}

/** The size of a page of the list. */
const PAGE_SIZE = 50;
/** Pages of usage that are read one after another: 25 users or 100 workbenches each. */
const USAGE_PAGES_MAX = 40;
/** Lines of output in one response. */
const LOG_LINES = 500;

/** A workbench, and in whose name requests for it are made. */
export interface Target {
  readonly workbenchId: string;
  /** The owner, if a person acts for others without a token of their own. */
  readonly ownerId?: string | undefined;
}

interface Result<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The API in the name of one user. All methods throw WorkbenchApiError and WorkbenchConnectionError. */
export class Api {
  readonly #client: WorkbenchClient['operations'];
  readonly #userId: string | undefined;

  constructor(apiUrl: string, { userId, key }: Session) {
    // Queries are repeated by their interval. A repeated request would only delay the message that the server is gone.
    const options = { baseUrl: apiUrl, retry: { attempts: 1 } };
    this.#client = new WorkbenchClient({
      ...options,
      ...(key === undefined ? {} : { auth: key }),
    }).operations;
    this.#userId = userId;
  }

  async me(signal?: AbortSignal): Promise<Me> {
    const { item } = dataOf(
      await this.#client.GET('/me', { params: { query: this.#query() }, ...of(signal) }),
    );
    return item;
  }

  async health(signal?: AbortSignal): Promise<void> {
    dataOf(await this.#client.GET('/health', of(signal)));
  }

  async list({ shared, search, cursor, userId }: ListRequest, signal?: AbortSignal): Promise<Page> {
    const query = {
      ...this.#query(userId),
      limit: PAGE_SIZE,
      ...(shared ? { shared } : {}),
      ...(search === '' ? {} : { q: search }),
    };
    const result = await this.#client.GET('/workbenches', {
      params: { query: { ...query, ...(cursor === undefined ? {} : { cursor }) } },
      ...of(signal),
    });
    const { items, next_cursor: nextCursor } = dataOf(result);
    return { items, nextCursor };
  }

  async get(target: Target, signal?: AbortSignal): Promise<Polled> {
    const result = await this.#client.GET('/workbenches/{wid}', { ...this.#at(target), ...of(signal) });
    return { workbench: dataOf(result).item, retryAfterSeconds: readRetryAfter(result.response) };
  }

  /** @param key the same for each attempt to send one form, so that it creates one workbench */
  async create(body: CreateBody, key: string): Promise<Workbench> {
    const result = await this.#client.POST('/workbenches', {
      params: { query: this.#query(), header: { 'Idempotency-Key': key } },
      body,
    });
    const { item } = dataOf(result);
    if (!('workbench_id' in item)) throw new TypeError('the API responded with a dry run');
    return item;
  }

  /** Says what this workbench would leave of the quota, and cost. Creates nothing. */
  async preview(body: CreateBody, signal?: AbortSignal): Promise<Preview> {
    const result = await this.#client.POST('/workbenches', {
      params: { query: { ...this.#query(), dry_run: true } },
      body,
      ...of(signal),
    });
    // A dry run has no other item.
    return dataOf(result).item as unknown as Preview;
  }

  async update(target: Target, body: UpdateBody): Promise<Workbench> {
    return dataOf(await this.#client.PATCH('/workbenches/{wid}', { ...this.#at(target), body })).item;
  }

  async start(target: Target): Promise<void> {
    dataOf(await this.#client.POST('/workbenches/{wid}/start', this.#at(target)));
  }

  async stop(target: Target): Promise<void> {
    dataOf(await this.#client.POST('/workbenches/{wid}/stop', this.#at(target)));
  }

  async restart(target: Target): Promise<void> {
    dataOf(await this.#client.POST('/workbenches/{wid}/restart', this.#at(target)));
  }

  /** Keeps it from being stopped for idleness. @param minutes from now */
  async extend(target: Target, minutes: number): Promise<void> {
    dataOf(await this.#client.POST('/workbenches/{wid}/extend', { ...this.#at(target), body: { minutes } }));
  }

  async delete(target: Target): Promise<void> {
    dataOf(await this.#client.DELETE('/workbenches/{wid}', this.#at(target)));
  }

  /** Returns an address that may contain a ticket: it is opened at once and never stored. */
  async open(target: Target): Promise<string> {
    return dataOf(await this.#client.POST('/workbenches/{wid}/open', { ...this.#at(target), body: {} })).url;
  }

  async history(target: Target, signal?: AbortSignal): Promise<readonly HistoryEntry[]> {
    const result = await this.#client.GET('/workbenches/{wid}/history', {
      ...this.#at(target),
      ...of(signal),
    });
    return dataOf(result).items;
  }

  async shares(target: Target, signal?: AbortSignal): Promise<readonly Share[]> {
    const result = await this.#client.GET('/workbenches/{wid}/shares', {
      ...this.#at(target),
      ...of(signal),
    });
    return dataOf(result).items;
  }

  /** @param cursor of the page before; undefined: the newest lines */
  async logs(target: Target, cursor: string | undefined, signal?: AbortSignal): Promise<LogPage> {
    const { params } = this.#at(target);
    const page = cursor === undefined ? { newest: true } : { cursor };
    const result = await this.#client.GET('/workbenches/{wid}/logs', {
      params: { ...params, query: { ...params.query, limit: LOG_LINES, ...page } },
      ...of(signal),
    });
    return dataOf(result);
  }

  async startTimes(signal?: AbortSignal): Promise<readonly StartTimes[]> {
    const result = await this.#client.GET('/start-times', {
      params: { query: this.#query() },
      ...of(signal),
    });
    return dataOf(result).items;
  }

  /** The templates and sizes that a workbench can be created with. */
  async templates(signal?: AbortSignal): Promise<TemplateList> {
    const result = await this.#client.GET('/templates', {
      params: { query: this.#query() },
      ...of(signal),
    });
    const { items: templates, sizes, currency, basis } = dataOf(result);
    return { templates, sizes, currency, basis };
  }

  async quota(signal?: AbortSignal): Promise<Quota> {
    const result = await this.#client.GET('/quotas', { params: { query: this.#query() }, ...of(signal) });
    return dataOf(result).item;
  }

  /** @param month `YYYY-MM`, UTC */
  async usage(month: string, signal?: AbortSignal): Promise<Usage> {
    return this.#readUsage({ ...this.#query(), month }, signal);
  }

  /** For operators. @param group empty: all users */
  async usageOfUsers(month: string, group: string): Promise<Usage> {
    return this.#readUsage({ month, ...(group === '' ? { all: true } : { group }) });
  }

  /** Adds up the pages, up to USAGE_PAGES_MAX of them. */
  async #readUsage(filter: UsageQuery, signal?: AbortSignal): Promise<Usage> {
    const pages: ResponseOf<'listUsage'>[] = [];
    let cursor: string | undefined;
    do {
      const query = { ...filter, ...(cursor === undefined ? {} : { cursor }) };
      const page = dataOf(await this.#client.GET('/usage', { params: { query }, ...of(signal) }));
      pages.push(page);
      cursor = page.next_cursor;
    } while (cursor !== undefined && pages.length < USAGE_PAGES_MAX);
    return { ...addUpUsage(pages), isPart: cursor !== undefined };
  }

  /** The deleted workbenches of the user that can be restored. */
  async deleted(signal?: AbortSignal): Promise<readonly Workbench[]> {
    const query = { ...this.#query(), deleted: true, limit: PAGE_SIZE };
    return dataOf(await this.#client.GET('/workbenches', { params: { query }, ...of(signal) })).items;
  }

  async restore(target: Target): Promise<void> {
    dataOf(await this.#client.POST('/workbenches/{wid}/restore', this.#at(target)));
  }

  async reports(signal?: AbortSignal): Promise<readonly Report[]> {
    return dataOf(await this.#client.GET('/reports/reconcile', of(signal))).items;
  }

  /** Starts a sweep. Its report is the first of this sweep that does not start earlier than `requested_at`. */
  async startSweep(sweep: SweepName): Promise<StartedSweep> {
    return dataOf<{ readonly item: StartedSweep }>(await this.#client.POST('/sweeps', { body: { sweep } }))
      .item;
  }

  /** @param scope `installation`, `group:<name>` or `user:<user id>` */
  async readLimits(scope: string, signal?: AbortSignal): Promise<ScopeLimits> {
    const params = { path: { scope } };
    return dataOf(await this.#client.GET('/quotas/{scope}', { params, ...of(signal) })).item.limits;
  }

  /** Replaces the limits of the scope. */
  async writeLimits(scope: string, limits: ScopeLimits): Promise<ScopeLimits> {
    const params = { path: { scope } };
    return dataOf(await this.#client.PUT('/quotas/{scope}', { params, body: limits })).item.limits;
  }

  async machines(signal?: AbortSignal): Promise<Machines> {
    return dataOf(await this.#client.GET('/machines', of(signal)));
  }

  /** @param by when the workbenches on it are stopped; undefined: each at its next stop */
  async drain(machineId: string, by: string | undefined): Promise<void> {
    const params = { path: { machine_id: machineId } };
    const body = by === undefined ? {} : { by };
    dataOf(await this.#client.POST('/machines/{machine_id}/drain', { params, body }));
  }

  async cancelDrain(machineId: string): Promise<void> {
    const params = { path: { machine_id: machineId } };
    dataOf(await this.#client.DELETE('/machines/{machine_id}/drain', { params }));
  }

  async audit(filter: AuditFilter, cursor: string | undefined, signal?: AbortSignal): Promise<AuditPage> {
    const query = { ...filter, limit: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) };
    return dataOf(await this.#client.GET('/audit', { params: { query }, ...of(signal) }));
  }

  async setShare(target: Target, grantee: string, body: ShareBody): Promise<Share> {
    const { params } = this.#at(target);
    const result = await this.#client.PUT('/workbenches/{wid}/shares/{grantee}', {
      params: { ...params, path: { ...params.path, grantee } },
      body,
    });
    return dataOf(result).item;
  }

  async deleteShare(target: Target, grantee: string): Promise<void> {
    const { params } = this.#at(target);
    dataOf(
      await this.#client.DELETE('/workbenches/{wid}/shares/{grantee}', {
        params: { ...params, path: { ...params.path, grantee } },
      }),
    );
  }

  async links(target: Target, signal?: AbortSignal): Promise<readonly ShareLink[]> {
    const result = await this.#client.GET('/workbenches/{wid}/share-links', {
      ...this.#at(target),
      ...of(signal),
    });
    return dataOf(result).items;
  }

  /** Returns the link with its secret, which no other request returns. */
  async createLink(target: Target, body: LinkBody): Promise<CreatedLink> {
    return dataOf(await this.#client.POST('/workbenches/{wid}/share-links', { ...this.#at(target), body }))
      .item;
  }

  /** @param withShares whether the shares that it gave are taken back, too */
  async deleteLink(target: Target, linkId: string, withShares: boolean): Promise<void> {
    const { path, query } = this.#at(target).params;
    dataOf(
      await this.#client.DELETE('/workbenches/{wid}/share-links/{link_id}', {
        params: {
          path: { ...path, link_id: linkId },
          query: { ...query, ...(withShares ? { shares: true } : {}) },
        },
      }),
    );
  }

  #query(userId = this.#userId): { user_id?: string } {
    return userId === undefined ? {} : { user_id: userId };
  }

  #at({ workbenchId, ownerId }: Target) {
    return { params: { path: { wid: workbenchId }, query: this.#query(ownerId) } };
  }
}

function of(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function dataOf<T>({ data, error, response }: Result<T>): T {
  if (data === undefined) throw new WorkbenchApiError(response, error);
  return data;
}
