/**
 * What the responses to a client have confirmed, to compare it with what is there after a crash. A request without a response may have had its effect or not.
 */

export type ClientRequest =
  | { readonly type: 'create'; readonly key: string; readonly name: string }
  | { readonly type: 'rename'; readonly id: string; readonly name: string }
  | { readonly type: 'start' | 'stop' | 'delete' | 'poll'; readonly id: string };

/** The fields of a workbench that the ledger compares, as the API returns them. */
export interface SeenWorkbench {
  readonly workbench_id: string;
  readonly workbench_name: string;
  readonly desired_status: string;
  readonly status?: string;
}

export interface ClientResponse {
  readonly status: number;
  /** Of the responses 200 and 201 to a create or a poll. */
  readonly item?: SeenWorkbench;
}

interface Entry {
  /** The confirmed name, and the names of later requests whose outcome is unknown. */
  readonly names: Set<string>;
  /** `unknown`: a deletion was requested, but not confirmed. `gone`: the API has returned 404. */
  deletion: 'none' | 'unknown' | 'confirmed' | 'gone';
  /** A stop was confirmed and no start was requested since. */
  stopped: boolean;
  /** The client has seen it running, so its program had started. */
  ran: boolean;
}

const DELETED = new Set(['confirmed', 'gone']);

/** The ledger of one client, which is the only one that requests changes of its workbenches. */
export class Ledger {
  readonly client: string;
  readonly #entries = new Map<string, Entry>();
  /** Creations whose outcome is unknown: the names by idempotency key. */
  readonly #unknownCreates = new Map<string, string>();
  /** Contradictions between responses. */
  readonly #contradictions: string[] = [];

  constructor(client: string) {
    this.client = client;
  }

  /** The workbenches whose deletion was not requested. */
  get kept(): readonly string[] {
    return this.#idsWhere(({ deletion }) => deletion === 'none');
  }

  /** The workbenches whose deletion was confirmed but has not ended as far as the client knows. */
  get deleting(): readonly string[] {
    return this.#idsWhere(({ deletion }) => deletion === 'confirmed');
  }

  /** The workbenches whose files must exist, because the client has seen them running. */
  get withFiles(): readonly string[] {
    return this.#idsWhere(({ deletion, ran }) => deletion === 'none' && ran);
  }

  /** The workbenches whose files must not exist. */
  get gone(): readonly string[] {
    return this.#idsWhere(({ deletion }) => deletion === 'gone');
  }

  /** The idempotency keys and names of the creations to request again. */
  get unknownCreates(): ReadonlyMap<string, string> {
    return this.#unknownCreates;
  }

  /** The number of workbenches that the client has created. */
  get size(): number {
    return this.#entries.size;
  }

  /** Notes a response, or that there was none. */
  note(request: ClientRequest, response: ClientResponse | undefined): void {
    // After 503 the outcome is as unknown as without a response. 429 means that nothing was done.
    const outcome = response === undefined || response.status >= 500 ? undefined : response;
    if (outcome?.status === 429) return;
    if (request.type === 'create') this.#noteCreate(request, outcome);
    else this.#noteChange(request, this.#find(request.id), outcome);
  }

  #noteCreate({ key, name }: ClientRequest & { type: 'create' }, response: ClientResponse | undefined): void {
    if (response === undefined) {
      this.#unknownCreates.set(key, name);
      return;
    }
    this.#unknownCreates.delete(key);
    const { status, item } = response;
    if (![200, 201].includes(status) || item === undefined)
      this.#contradictions.push(`${this.client}: the creation of ${name} has the response ${status}`);
    else if (!this.#entries.has(item.workbench_id))
      this.#entries.set(item.workbench_id, {
        names: new Set([item.workbench_name]),
        deletion: 'none',
        stopped: false,
        ran: false,
      });
  }

  #noteChange(
    request: Exclude<ClientRequest, { type: 'create' }>,
    entry: Entry,
    response: ClientResponse | undefined,
  ): void {
    // A start has its effect before its response.
    if (request.type === 'start') entry.stopped = false;
    if (response === undefined) {
      if (request.type === 'rename') entry.names.add(request.name);
      if (request.type === 'delete' && entry.deletion === 'none') entry.deletion = 'unknown';
      return;
    }
    const { status, item } = response;
    const text = `${this.client}: ${request.type} ${request.id} has the response ${status}`;
    if (status === 404) {
      if (entry.deletion === 'none') this.#contradictions.push(`${text}, without a deletion`);
      else entry.deletion = 'gone';
      return;
    }
    if (entry.deletion === 'gone') this.#contradictions.push(`${text}, after 404`);
    // The changes of a workbench that is being deleted.
    if (status === 409 && entry.deletion !== 'none') return;
    if (status !== 200) this.#contradictions.push(text);
    else if (request.type === 'rename') setOnly(entry.names, request.name);
    else if (request.type === 'stop') entry.stopped = true;
    else if (request.type === 'delete') entry.deletion = 'confirmed';
    else if (request.type === 'poll' && item !== undefined) this.#see(request.id, entry, item);
  }

  /**
   * Compares all that the responses have confirmed with what is there, and returns the differences. Afterwards what is
   * there counts as confirmed, because a request that has had no effect until now will have none.
   */
  compare(items: readonly SeenWorkbench[]): readonly string[] {
    const before = this.#contradictions.length;
    const seen = new Map(items.map((item) => [item.workbench_id, item]));
    for (const [id, entry] of this.#entries) {
      const item = seen.get(id);
      if (item !== undefined) this.#see(id, entry, item);
      else if (entry.deletion === 'none')
        this.#contradictions.push(`${this.client}: ${id} was created and does not exist`);
      else entry.deletion = 'gone';
    }
    const unknownNames = new Set(this.#unknownCreates.values());
    for (const { workbench_id, workbench_name } of items) {
      if (this.#entries.has(workbench_id) || unknownNames.has(workbench_name)) continue;
      this.#contradictions.push(`${this.client}: ${workbench_id} exists, but its creation was not requested`);
    }
    return this.#contradictions.slice(before);
  }

  /** Returns all contradictions so far, of responses and of comparisons. */
  contradictions(): readonly string[] {
    return this.#contradictions;
  }

  /** Returns an independent copy, for a comparison that must not count as confirmed. */
  copy(): Ledger {
    const copy = new Ledger(this.client);
    for (const [id, entry] of this.#entries) copy.#entries.set(id, { ...entry, names: new Set(entry.names) });
    for (const [key, name] of this.#unknownCreates) copy.#unknownCreates.set(key, name);
    return copy;
  }

  #see(id: string, entry: Entry, item: SeenWorkbench): void {
    const differ = (text: string) => this.#contradictions.push(`${this.client}: ${id} ${text}`);
    if (!entry.names.has(item.workbench_name))
      differ(`is called ${item.workbench_name}, not ${[...entry.names].join(' or ')}`);
    setOnly(entry.names, item.workbench_name);
    if (entry.deletion === 'gone') differ('exists after 404');
    if (item.desired_status === 'deleted') {
      if (entry.deletion === 'none') differ('is being deleted without a request');
      entry.deletion = 'confirmed';
    } else if (DELETED.has(entry.deletion)) differ('was deleted and is not being deleted');
    else entry.deletion = 'none';
    if (entry.stopped && item.desired_status === 'running') differ('was stopped and is to run');
    if (item.status === 'running') entry.ran = true;
  }

  #find(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new Error(`${this.client} does not know ${id}`);
    return entry;
  }

  #idsWhere(condition: (entry: Entry) => boolean): readonly string[] {
    return [...this.#entries].filter(([, entry]) => condition(entry)).map(([id]) => id);
  }
}

function setOnly(set: Set<string>, value: string): void {
  set.clear();
  set.add(value);
}
