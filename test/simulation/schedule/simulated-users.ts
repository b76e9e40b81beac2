import type { Call } from '#test/functions/call-api.ts';
import type { Kernel } from '../kernel.ts';
import type { ClientHistory, RequestedState } from './client-history.ts';
import { type Command, USERS } from './commands.ts';
import type { ApiResponse, Controller, Operation } from './controller.ts';
import type { OwnerChecks } from './owner-checks.ts';
import { RuleViolation } from './rule-violation.ts';
import { idleLimitOf } from './simulated-use.ts';

const REQUESTED_STATES: Partial<Record<Operation, RequestedState>> = {
  start: 'running',
  stop: 'stopped',
  restart: 'running',
  delete: 'deleted',
  restore: 'restored',
};

/** The maximum number of times that a client sends a request that gets no response or a server error. */
const SENDS_MAX = 4;
/**
 * A request without a response can take effect within this time: 30 s until its right is found, 30 s until it is applied, 30 s until the quota
 * holds what it needs, and 10 s for each of the calls in flight then and for that of the response. Milliseconds.
 */
const UNANSWERED_CALL_MAX_MS = 2 * 60_000;

/** Users with a frontend: they double-click, retry and change their minds. */
export class SimulatedUsers {
  readonly #kernel: Kernel;
  readonly #controller: Controller;
  readonly #clients: ClientHistory;
  readonly #owners: Pick<OwnerChecks, 'ownerOf' | 'hasMovedSince'>;
  /** `<user>/<slot>` → the workbench that was created there. */
  readonly #slots = new Map<string, { readonly user: string; readonly workbenchId: string }>();
  /** Idempotency key → the workbench that it created. */
  readonly #keys = new Map<string, string>();
  #nonce = 0;

  constructor(
    kernel: Kernel,
    controller: Controller,
    clients: ClientHistory,
    owners: Pick<OwnerChecks, 'ownerOf' | 'hasMovedSince'>,
  ) {
    this.#owners = owners;
    this.#kernel = kernel;
    this.#controller = controller;
    this.#clients = clients;
  }

  get workbenches(): readonly { readonly user: string; readonly workbenchId: string }[] {
    return [...this.#slots.values()];
  }

  /** Returns the workbench that a command is about; undefined if none was created there. */
  workbenchOf({ user, slot }: Command): { readonly user: string; readonly workbenchId: string } | undefined {
    return this.#slots.get(`${USERS[user % USERS.length] ?? 'ada'}/${slot}`);
  }

  async execute(command: Command): Promise<void> {
    const user = USERS[command.user % USERS.length] ?? 'ada';
    const slot = `${user}/${command.slot}`;
    const known = this.#slots.get(slot);
    switch (command.kind) {
      case 'create':
      case 'create_twice': {
        if (known !== undefined && !this.#clients.isDeletionAcknowledged(known.workbenchId)) return;
        const key = `key-${++this.#nonce}`;
        const copies = command.kind === 'create_twice' ? 2 : 1;
        await Promise.all(
          Array.from({ length: copies }, () => this.#create(user, slot, key, command.dedicated)),
        );
        return;
      }
      case 'list':
        await this.#list(user);
        return;
      default:
        if (known === undefined) return;
    }
    const { workbenchId } = known;
    switch (command.kind) {
      case 'read':
        await this.read(user, workbenchId);
        return;
      case 'restart_twice':
        await Promise.all([
          this.change(user, workbenchId, 'restart'),
          this.change(user, workbenchId, 'restart'),
        ]);
        return;
      case 'force_stop':
        await this.change(user, workbenchId, 'stop', '&force=true');
        return;
      case 'start':
      case 'stop':
      case 'restart':
      case 'delete':
      case 'rename':
        await this.change(user, workbenchId, command.kind);
    }
  }

  /** Sends a request, and again after a server error, at most SENDS_MAX times. Returns the last response. */
  async change(
    user: string,
    workbenchId: string,
    operation: Operation,
    parameters = '',
  ): Promise<ApiResponse> {
    let response: ApiResponse = { status: 503, body: {} };
    for (let sends = 0; sends < SENDS_MAX; sends += 1) {
      const sentAt = this.#kernel.now();
      response = await this.submit(operation, workbenchId, {
        query: `user_id=${this.#owners.ownerOf(workbenchId) ?? user}${parameters}`,
        ...(operation === 'rename' ? { body: this.#nextChanges() } : {}),
      });
      if (response.status >= 300 && response.status < 500) this.#checkNotLost(workbenchId, response, sentAt);
      if (response.status < 500) return response;
      await this.#kernel.sleep(2000);
    }
    return response;
  }

  /** Sends a request of any caller once, and notes which state it asks for and whether it was accepted. */
  async submit(operation: Operation, workbenchId: string, call: Call): Promise<ApiResponse> {
    const state = REQUESTED_STATES[operation];
    const request = state && this.#clients.recordRequest(workbenchId, state, this.#kernel.now());
    if (state === 'restored') this.#know(workbenchId);
    const response = await this.#controller.request(operation, { ...call, wid: workbenchId });
    if (request === undefined) return response;
    if (response.status < 300) this.#clients.recordAcknowledged(request, this.#kernel.now());
    else if (response.status < 500) this.#clients.recordRejected(workbenchId, request);
    else {
      this.#kernel.after(UNANSWERED_CALL_MAX_MS, () => {
        request.endedAt ??= this.#kernel.now();
      });
    }
    return response;
  }

  /** A workbench that may be restored remains known, although its user may have created another one in its place. */
  #know(workbenchId: string): void {
    const user = this.#owners.ownerOf(workbenchId);
    if (user === undefined || this.workbenches.some((known) => known.workbenchId === workbenchId)) return;
    this.#slots.set(`${user}/${workbenchId}`, { user, workbenchId });
  }

  /** Every third change also sets what follows an interruption. */
  #nextChanges() {
    this.#nonce += 1;
    const policy = this.#nonce % 2 === 0 ? 'restart' : 'stop';
    return {
      workbench_name: `Name ${this.#nonce}`,
      ...(this.#nonce % 3 === 0 ? { on_interruption: policy } : {}),
    };
  }

  async read(user: string, workbenchId: string): Promise<ApiResponse> {
    const sentAt = this.#kernel.now();
    const query = `user_id=${this.#owners.ownerOf(workbenchId) ?? user}`;
    const wasDeleted = this.#clients.isDeletionAcknowledged(workbenchId);
    const response = await this.#controller.request('read', { query, wid: workbenchId });
    this.#checkNotLost(workbenchId, response, sentAt);
    if (wasDeleted && response.status === 200) this.#checkHidden(response.body.item);
    return response;
  }

  /** A workbench whose deletion was confirmed is shown only while its files are being deleted. */
  #checkHidden({ workbench_id: workbenchId, status }: { workbench_id: string; status: string }): void {
    if (status === 'deleting' || !this.#clients.isDeletionAcknowledged(workbenchId)) return;
    throw new RuleViolation(`workbench ${workbenchId} is shown as ${status} although it was deleted`);
  }

  /**
   * The API must not return 404 to the owner of an acknowledged workbench unless a client has requested its deletion, or it
   * got another owner after the request was sent.
   */
  #checkNotLost(workbenchId: string, { status }: ApiResponse, sentAt: number): void {
    if (this.#owners.hasMovedSince(workbenchId, sentAt)) return;
    if (status === 404 && !this.#clients.isDeletionRequested(workbenchId, sentAt)) {
      throw new RuleViolation(
        `the API returned 404 for workbench ${workbenchId} although no client requested its deletion`,
      );
    }
  }

  async #create(user: string, slot: string, key: string, dedicated: boolean): Promise<void> {
    const sentAt = this.#kernel.now();
    for (let sends = 0; sends < SENDS_MAX; sends += 1) {
      const { status, body } = await this.#controller.request('create', {
        query: `user_id=${user}`,
        headers: { 'idempotency-key': key },
        body: {
          requested_cpu: 1024,
          requested_memory: 2048,
          // Half of the workbenches. A command has no field for it, so that the schedules of a seed stay the same.
          ...(Number(key.at(-1)) % 2 === 0 ? { on_interruption: 'restart' } : {}),
          ...idleLimitOf(key),
          ...(dedicated ? { allocated_instance_type: 'm7i.large' } : {}),
        },
      });
      if (status < 300) {
        const workbenchId = body.item.workbench_id as string;
        const other = this.#keys.get(key) ?? workbenchId;
        if (other !== workbenchId)
          throw new RuleViolation(
            `the idempotency key ${key} created two workbenches: ${other} and ${workbenchId}`,
          );
        this.#keys.set(key, workbenchId);
        this.#slots.set(slot, { user, workbenchId });
        this.#clients.recordCreated(workbenchId, sentAt, this.#kernel.now());
        return;
      }
      if (status < 500) return;
      await this.#kernel.sleep(1500);
    }
  }

  async #list(user: string): Promise<void> {
    const expected = this.workbenches.filter(
      ({ workbenchId }) =>
        this.#owners.ownerOf(workbenchId) === user && !this.#clients.isDeletionRequested(workbenchId),
    );
    const deleted = this.#clients.workbenchIds.filter((id) => this.#clients.isDeletionAcknowledged(id));
    const sentAt = this.#kernel.now();
    const { status, body } = await this.#controller.request('list', { query: `user_id=${user}` });
    if (status !== 200) return;
    for (const item of body.items) if (deleted.includes(item.workbench_id)) this.#checkHidden(item);
    const listed = new Set(body.items.map((item: { workbench_id: string }) => item.workbench_id));
    for (const { workbenchId } of expected) {
      const isGone =
        this.#clients.isDeletionRequested(workbenchId) || this.#owners.hasMovedSince(workbenchId, sentAt);
      if (!listed.has(workbenchId) && !isGone) {
        throw new RuleViolation(`workbench ${workbenchId} is missing from the list of its owner`);
      }
    }
  }
}
