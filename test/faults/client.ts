import { expect } from 'vitest';
import type { WorkbenchItem } from '#contract/response-bodies.ts';
import type { Random } from '../../bench/placement/random.ts';
import { type ClientRequest, type ClientResponse, Ledger } from './ledger.ts';

/** The most workbenches that a client keeps. */
const KEPT_MAX = 6;

/** A user of the API with a ledger of the responses. It makes one request at a time. */
export class Client {
  readonly ledger: Ledger;
  readonly #user: string;
  readonly #random: Random;
  #created = 0;
  /** The last confirmed creation: its key, its name and its workbench. */
  #lastCreate: { readonly key: string; readonly name: string; readonly id: string } | undefined;

  constructor(user: string, random: Random) {
    this.#user = user;
    this.#random = random;
    this.ledger = new Ledger(user);
  }

  /** Makes random requests until one has no response. Calls `onResponse` after each response. */
  async work(api: string, onResponse: () => void): Promise<void> {
    for (;;) {
      const request = this.#choose();
      if (!(await this.request(api, request))) return;
      onResponse();
    }
  }

  /** Makes a request and notes its response. Returns whether there was one. */
  async request(api: string, request: ClientRequest): Promise<boolean> {
    const response = await this.#send(api, request);
    this.ledger.note(request, response);
    if (request.type === 'create' && response?.item !== undefined)
      this.#lastCreate = { ...request, id: response.item.workbench_id };
    return response !== undefined;
  }

  /** Requests the creations with an unknown outcome again, as the API documents it. */
  async repeatUnknownCreates(api: string): Promise<void> {
    for (const [key, name] of [...this.ledger.unknownCreates])
      await this.request(api, { type: 'create', key, name });
  }

  /** Creates a workbench and waits until it runs. */
  async createRunning(api: string): Promise<void> {
    await this.request(api, { type: 'create', key: `${this.#user}-running`, name: `${this.#user} running` });
    const id = this.#lastCreate?.id;
    if (id === undefined) throw new Error('no workbench was created');
    await expect
      .poll(async () => {
        await this.request(api, { type: 'poll', id });
        return this.ledger.withFiles;
      })
      .toEqual([id]);
  }

  /** Returns what is wrong if the last confirmed creation is requested again: it must return the same workbench. */
  async repeatLastCreate(api: string): Promise<readonly string[]> {
    if (this.#lastCreate === undefined) return [];
    const { key, name, id } = this.#lastCreate;
    const response = await this.#send(api, { type: 'create', key, name });
    const repeated = response?.item?.workbench_id;
    const isDeleted = response?.status === 410 || response?.status === 409;
    if (repeated === id || (isDeleted && !this.ledger.kept.includes(id))) return [];
    return [`${this.#user}: the repeated creation of ${id} has ${response?.status} ${repeated ?? ''}`];
  }

  /** Returns all workbenches of the user. */
  async list(api: string): Promise<readonly WorkbenchItem[]> {
    const items: WorkbenchItem[] = [];
    let cursor = '';
    do {
      const response = await fetch(`${api}/workbenches?user_id=${this.#user}&limit=100${cursor}`);
      if (response.status !== 200) throw new Error(`the list has the response ${response.status}`);
      const page = (await response.json()) as { items: WorkbenchItem[]; next_cursor?: string };
      items.push(...page.items);
      cursor = page.next_cursor === undefined ? '' : `&cursor=${encodeURIComponent(page.next_cursor)}`;
    } while (cursor !== '');
    return items;
  }

  #choose(): ClientRequest {
    const { kept, deleting } = this.ledger;
    this.#created += 1;
    const create = {
      type: 'create',
      key: `${this.#user}-${this.#created}`,
      name: `${this.#user} number ${this.#created}`,
    } as const;
    const one = (ids: readonly string[]) => ids[Math.floor(this.#random.next() * ids.length)];
    const id = one(kept);
    if (id === undefined) return create;
    const polled = one([...kept, ...deleting]) ?? id;
    return this.#random.weighted<ClientRequest>([
      [kept.length < KEPT_MAX ? 3 : 0, create],
      [2, { type: 'rename', id, name: `renamed ${this.#created}` }],
      [1, { type: 'stop', id }],
      [1, { type: 'start', id }],
      [1, { type: 'delete', id }],
      [4, { type: 'poll', id: polled }],
    ]);
  }

  async #send(api: string, request: ClientRequest): Promise<ClientResponse | undefined> {
    const { method, path, body, key } = toHttp(request);
    try {
      const response = await fetch(`${api}/workbenches${path}?user_id=${this.#user}`, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...(key === undefined ? {} : { 'Idempotency-Key': key }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const { item } = (await response.json()) as { item?: WorkbenchItem };
      return { status: response.status, ...(item === undefined ? {} : { item }) };
    } catch {
      // The connection broke, perhaps in the middle of a response.
      return undefined;
    }
  }
}

interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly key?: string;
}

function toHttp(request: ClientRequest): HttpRequest {
  switch (request.type) {
    case 'create':
      return { method: 'POST', path: '', body: { workbench_name: request.name }, key: request.key };
    case 'rename':
      return { method: 'PATCH', path: `/${request.id}`, body: { workbench_name: request.name } };
    case 'poll':
      return { method: 'GET', path: `/${request.id}` };
    case 'delete':
      return { method: 'DELETE', path: `/${request.id}` };
    default:
      return { method: 'POST', path: `/${request.id}/${request.type}` };
  }
}
