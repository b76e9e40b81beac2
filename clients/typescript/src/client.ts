import createClient, { type Client, type ParamsOption, type RequestBodyOption } from 'openapi-fetch';
import { readRetryAfter, WorkbenchApiError } from './errors.ts';
import { type RetryOptions, retryingFetch, type Sleep, sleep } from './retry.ts';
import type { operations, paths } from './schema.ts';
import { addUpUsage, type UsageFilter, type UsageReport } from './usage.ts';
import { type Polled, type WaitOptions, type WaitTarget, waitUntil } from './wait.ts';
import type {
  Caller,
  CreatedShareLink,
  CreatePreview,
  HistoryEntry,
  ListFilter,
  LogPage,
  LogPageOptions,
  Quota,
  Share,
  ShareLink,
  ShareLinkRequest,
  ShareRequest,
  StartTimes,
  TemplateList,
  Usage,
  UsagePage,
  Workbench,
} from './workbench.ts';

export interface WorkbenchClientOptions {
  /** The address of the API with its prefix, for example `https://api.example.com/v1`. */
  readonly baseUrl: string;
  /**
   * The static key or a token; or a function that returns the current token, which is called for each request. Absent for
   * a local server without a key.
   */
  readonly auth?: string | (() => string | Promise<string>);
  /** The user in whose name requests are made. Optional if the token names one. */
  readonly userId?: string;
  readonly retry?: RetryOptions;
  /** @default the global fetch */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** For tests with a virtual clock. @default the timer and the monotonic clock of the platform */
  readonly timers?: { readonly sleep: Sleep; readonly now: () => number };
}

export interface CallOptions {
  /** Ends the request. It may have had its effect. */
  readonly signal?: AbortSignal;
}

export type CreateRequest = RequestBodyOption<operations['createWorkbench']>['body'];
export type UpdateRequest = RequestBodyOption<operations['updateWorkbench']>['body'];

export interface CreateOptions extends CallOptions {
  /**
   * Two calls with the same key create one workbench. Without one the client draws a key for each call, so that it can repeat the
   * request safely.
   */
  readonly idempotencyKey?: string;
}

export interface OpenedWorkbench {
  /** Opens the workbench in a browser. With a ticket in it, it works once and until `expiresAt`: do not store or log it. */
  readonly url: string;
  /** Absent if the workbench asks for no ticket. */
  readonly expiresAt?: string;
}

/** What openapi-fetch returns for each request. */
interface Result<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The API of the Workbench Controller, for one user. */
export class WorkbenchClient {
  /** All operations of docs/api.yaml with their types, with the same authorization and retries. Returns errors, throws none. */
  readonly operations: Client<paths, 'application/json'>;
  readonly #query: { readonly user_id?: string };
  readonly #timers: { readonly sleep: Sleep; readonly now: () => number };

  /** @throws TypeError if `baseUrl` is no http or https address, or `auth` cannot be sent */
  constructor(options: WorkbenchClientOptions) {
    const { baseUrl, auth, userId, retry = {}, timers = { sleep, now: () => performance.now() } } = options;
    if (!/^https?:$/.test(new URL(baseUrl).protocol))
      throw new TypeError('baseUrl is not an http or https address');
    const send = options.fetch ?? ((request: Request) => fetch(request));
    this.#timers = timers;
    this.#query = userId === undefined ? {} : { user_id: userId };
    this.operations = createClient<paths, 'application/json'>({
      baseUrl: baseUrl.replace(/\/+$/, ''),
      fetch: retryingFetch(retry, { fetch: send, sleep: timers.sleep, random: Math.random }),
    });
    if (auth !== undefined) {
      this.operations.use({
        async onRequest({ request }) {
          request.headers.set('authorization', `Bearer ${typeof auth === 'string' ? auth : await auth()}`);
          return request;
        },
      });
    }
  }

  /** Creates a workbench and starts it. Wait with `waitUntil` until it is running. */
  async create(body: CreateRequest = {}, options: CreateOptions = {}): Promise<Workbench> {
    const key = options.idempotencyKey ?? crypto.randomUUID();
    const result = await this.operations.POST('/workbenches', {
      params: { query: this.#query, header: { 'Idempotency-Key': key } },
      body,
      ...signalOf(options),
    });
    const { item } = dataOf(result);
    if (!('workbench_id' in item)) throw new TypeError('the API responded with a dry run');
    return item;
  }

  /** Checks a creation without making it. Returns what it would cost, and what it would hold and leave of the quota. */
  async previewCreate(body: CreateRequest = {}, options: CallOptions = {}): Promise<CreatePreview> {
    const result = await this.operations.POST('/workbenches', {
      params: { query: { ...this.#query, dry_run: true } },
      body,
      ...signalOf(options),
    });
    const { item } = dataOf(result);
    if (!('quota' in item))
      throw new TypeError('the API does not know dry runs, and has created a workbench');
    return item;
  }

  /** @param deleted finds also a deleted workbench that can be restored */
  async get(
    workbenchId: string,
    { deleted = false, signal }: CallOptions & { readonly deleted?: boolean } = {},
  ): Promise<Workbench> {
    if (!deleted) return (await this.#poll(workbenchId, signal)).workbench;
    const result = await this.operations.GET('/workbenches/{wid}', {
      params: { path: { wid: workbenchId }, query: { ...this.#query, deleted } },
      ...signalOf({ signal }),
    });
    return dataOf(result).item;
  }

  /** Iterates over the workbenches of the user that match, newest first. Reads the next page when it is needed. */
  async *list({
    pageSize = 100,
    filter = {},
    signal,
  }: CallOptions & {
    readonly pageSize?: number;
    readonly filter?: ListFilter;
  } = {}): AsyncGenerator<Workbench> {
    let cursor: string | undefined;
    do {
      const page = { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) };
      const result = await this.operations.GET('/workbenches', {
        params: { query: { ...this.#query, ...filter, ...page } },
        ...signalOf({ signal }),
      });
      const { items, next_cursor: next } = dataOf(result);
      yield* items;
      cursor = next;
    } while (cursor !== undefined);
  }

  /** Iterates over what the workbenches of the user, a group or all users have cost in a month, also deleted ones. */
  async *usage(options: CallOptions & UsageFilter = {}): AsyncGenerator<Usage> {
    for await (const page of this.#usagePages(options)) yield* page.items;
  }

  /** Reads all pages of the usage, and adds them up: by workbench, by user and by day. */
  async usageReport(options: CallOptions & UsageFilter = {}): Promise<UsageReport> {
    const pages: UsagePage[] = [];
    for await (const page of this.#usagePages(options)) pages.push(page);
    return addUpUsage(pages);
  }

  async *#usagePages({ month, group, all, signal }: CallOptions & UsageFilter): AsyncGenerator<UsagePage> {
    let cursor: string | undefined;
    do {
      const query = {
        ...this.#query,
        format: 'json' as const,
        ...(month === undefined ? {} : { month }),
        ...(group === undefined ? {} : { group }),
        ...(all === undefined ? {} : { all }),
        ...(cursor === undefined ? {} : { cursor }),
      };
      const result = await this.operations.GET('/usage', { params: { query }, ...signalOf({ signal }) });
      const page = dataOf(result);
      yield page;
      cursor = page.next_cursor;
    } while (cursor !== undefined);
  }

  /** Renames a workbench, or resizes it while it is stopped. */
  async update(workbenchId: string, body: UpdateRequest, options: CallOptions = {}): Promise<Workbench> {
    const result = await this.operations.PATCH('/workbenches/{wid}', {
      ...this.#paramsOf(workbenchId),
      body,
      ...signalOf(options),
    });
    return dataOf(result).item;
  }

  async start(workbenchId: string, options: CallOptions = {}): Promise<void> {
    dataOf(
      await this.operations.POST('/workbenches/{wid}/start', {
        ...this.#paramsOf(workbenchId),
        ...signalOf(options),
      }),
    );
  }

  /** Stops a workbench. Its files are kept. */
  async stop(workbenchId: string, options: CallOptions = {}): Promise<void> {
    dataOf(
      await this.operations.POST('/workbenches/{wid}/stop', {
        ...this.#paramsOf(workbenchId),
        ...signalOf(options),
      }),
    );
  }

  async restart(workbenchId: string, options: CallOptions = {}): Promise<void> {
    dataOf(
      await this.operations.POST('/workbenches/{wid}/restart', {
        ...this.#paramsOf(workbenchId),
        ...signalOf(options),
      }),
    );
  }

  /** Keeps a running workbench from being stopped for idleness, from now. */
  async extend(workbenchId: string, minutes: number, options: CallOptions = {}): Promise<Workbench> {
    const result = await this.operations.POST('/workbenches/{wid}/extend', {
      ...this.#paramsOf(workbenchId),
      body: { minutes },
      ...signalOf(options),
    });
    return dataOf(result).item;
  }

  /**
   * Deletes a workbench and all its files. Wait with `waitUntil` until they are deleted. Where the installation keeps deleted
   * workbenches, it is hidden and can be restored until the time that is returned.
   * @param now deletes it at once, even if it is hidden already
   */
  async delete(
    workbenchId: string,
    { now = false, signal }: CallOptions & { readonly now?: boolean } = {},
  ): Promise<{ readonly restorableUntil?: string }> {
    const result = await this.operations.DELETE('/workbenches/{wid}', {
      params: { path: { wid: workbenchId }, query: { ...this.#query, ...(now ? { now } : {}) } },
      ...signalOf({ signal }),
    });
    const { restorable_until: restorableUntil } = dataOf(result);
    return restorableUntil === undefined ? {} : { restorableUntil };
  }

  /** Restores a deleted workbench with its files. It is stopped. */
  async restore(workbenchId: string, options: CallOptions = {}): Promise<Workbench> {
    const result = await this.operations.POST('/workbenches/{wid}/restore', {
      ...this.#paramsOf(workbenchId),
      ...signalOf(options),
    });
    return dataOf(result).item;
  }

  /** Returns an address that opens the workbench in a browser. @param path a path of the workbench, with its query */
  async open(
    workbenchId: string,
    { path, ...options }: CallOptions & { readonly path?: string } = {},
  ): Promise<OpenedWorkbench> {
    const result = await this.operations.POST('/workbenches/{wid}/open', {
      ...this.#paramsOf(workbenchId),
      body: path === undefined ? {} : { path },
      ...signalOf(options),
    });
    const { url, expires_at: expiresAt } = dataOf(result);
    return { url, ...(expiresAt === undefined ? {} : { expiresAt }) };
  }

  /** Returns what has happened to the workbench, newest first. */
  async history(workbenchId: string, options: CallOptions = {}): Promise<readonly HistoryEntry[]> {
    const result = await this.operations.GET('/workbenches/{wid}/history', {
      ...this.#paramsOf(workbenchId),
      ...signalOf(options),
    });
    return dataOf(result).items;
  }

  /** Returns who the caller is, and what it may do. */
  async me(options: CallOptions = {}): Promise<Caller> {
    const result = await this.operations.GET('/me', {
      params: { query: this.#query },
      ...signalOf(options),
    });
    return dataOf(result).item;
  }

  /** Returns the limits of the user, and what the workbenches of the user hold. */
  async quota(options: CallOptions = {}): Promise<Quota> {
    const result = await this.operations.GET('/quotas', {
      params: { query: this.#query },
      ...signalOf(options),
    });
    return dataOf(result).item;
  }

  /** Returns a page of what the programs of the workbench have printed; the next one with `cursor`, also later. */
  async logs(workbenchId: string, { signal, ...page }: CallOptions & LogPageOptions = {}): Promise<LogPage> {
    const result = await this.operations.GET('/workbenches/{wid}/logs', {
      params: { path: { wid: workbenchId }, query: { ...this.#query, ...page } },
      ...signalOf({ signal }),
    });
    return dataOf(result);
  }

  /** Returns with whom the workbench is shared. */
  async shares(workbenchId: string, options: CallOptions = {}): Promise<readonly Share[]> {
    const result = await this.operations.GET('/workbenches/{wid}/shares', {
      ...this.#paramsOf(workbenchId),
      ...signalOf(options),
    });
    return dataOf(result).items;
  }

  /** Shares the workbench. @param grantee `user:<id>`, `group:<name>` or `organisation` */
  async setShare(
    workbenchId: string,
    grantee: string,
    body: ShareRequest,
    options: CallOptions = {},
  ): Promise<Share> {
    const result = await this.operations.PUT('/workbenches/{wid}/shares/{grantee}', {
      params: { path: { wid: workbenchId, grantee }, query: this.#query },
      body,
      ...signalOf(options),
    });
    return dataOf(result).item;
  }

  /** Takes a share back. */
  async deleteShare(workbenchId: string, grantee: string, options: CallOptions = {}): Promise<void> {
    dataOf(
      await this.operations.DELETE('/workbenches/{wid}/shares/{grantee}', {
        params: { path: { wid: workbenchId, grantee }, query: this.#query },
        ...signalOf(options),
      }),
    );
  }

  /** Returns the links of the workbench that can be redeemed, the oldest first. */
  async shareLinks(workbenchId: string, options: CallOptions = {}): Promise<readonly ShareLink[]> {
    const result = await this.operations.GET('/workbenches/{wid}/share-links', {
      ...this.#paramsOf(workbenchId),
      ...signalOf(options),
    });
    return dataOf(result).items;
  }

  /** Creates a link with which users give themselves a share. Only this response has its secret: do not store or log it. */
  async createShareLink(
    workbenchId: string,
    body: ShareLinkRequest,
    options: CallOptions = {},
  ): Promise<CreatedShareLink> {
    const result = await this.operations.POST('/workbenches/{wid}/share-links', {
      ...this.#paramsOf(workbenchId),
      body,
      ...signalOf(options),
    });
    return dataOf(result).item;
  }

  /** Revokes a link. @param withShares whether the shares that it gave are taken back, too */
  async deleteShareLink(
    workbenchId: string,
    linkId: string,
    { signal, withShares = false }: CallOptions & { readonly withShares?: boolean } = {},
  ): Promise<void> {
    dataOf(
      await this.operations.DELETE('/workbenches/{wid}/share-links/{link_id}', {
        params: {
          path: { wid: workbenchId, link_id: linkId },
          query: { ...this.#query, ...(withShares ? { shares: true } : {}) },
        },
        ...signalOf({ signal }),
      }),
    );
  }

  /** Returns the templates and sizes that a workbench can be created with, and what they cost an hour. */
  async templates(options: CallOptions = {}): Promise<TemplateList> {
    const result = await this.operations.GET('/templates', {
      params: { query: this.#query },
      ...signalOf(options),
    });
    const { items: templates, sizes, currency, basis } = dataOf(result);
    return { templates, sizes, currency, basis };
  }

  /** Returns how long starts usually take, by kind of start. */
  async startTimes(options: CallOptions = {}): Promise<readonly StartTimes[]> {
    const result = await this.operations.GET('/start-times', {
      params: { query: this.#query },
      ...signalOf(options),
    });
    return dataOf(result).items;
  }

  /**
   * Polls a workbench until it has the status. Goes on while the API cannot be reached.
   * @throws WorkbenchWaitError if it will not get the status, or after `timeoutMs`; WorkbenchApiError; the reason of the signal
   */
  async waitUntil(
    workbenchId: string,
    target: Exclude<WaitTarget, 'deleted'>,
    options?: WaitOptions,
  ): Promise<Workbench>;
  async waitUntil(workbenchId: string, target: 'deleted', options?: WaitOptions): Promise<undefined>;
  async waitUntil(
    workbenchId: string,
    target: WaitTarget,
    options?: WaitOptions,
  ): Promise<Workbench | undefined>;
  async waitUntil(
    workbenchId: string,
    target: WaitTarget,
    options: WaitOptions = {},
  ): Promise<Workbench | undefined> {
    return waitUntil(target, options, { poll: (signal) => this.#poll(workbenchId, signal), ...this.#timers });
  }

  async #poll(workbenchId: string, signal: AbortSignal | undefined): Promise<Polled> {
    const result = await this.operations.GET('/workbenches/{wid}', {
      ...this.#paramsOf(workbenchId),
      ...signalOf({ signal }),
    });
    return { workbench: dataOf(result).item, retryAfterSeconds: readRetryAfter(result.response) };
  }

  #paramsOf(
    workbenchId: string,
  ): ParamsOption<operations['getWorkbench']> & { params: { path: { wid: string } } } {
    return { params: { path: { wid: workbenchId }, query: this.#query } };
  }
}

function signalOf({ signal }: { readonly signal?: AbortSignal | undefined }): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function dataOf<T>({ data, error, response }: Result<T>): T {
  if (data === undefined) throw new WorkbenchApiError(response, error);
  return data;
}
