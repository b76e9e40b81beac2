import type { Kernel } from '../kernel.ts';
import type { ClientHistory, RequestedState } from './client-history.ts';
import { type Command, USERS } from './commands.ts';
import type { ApiResponse, Controller, Operation } from './controller.ts';
import { RuleViolation } from './safety-checks.ts';

const REQUESTED_STATES: Partial<Record<Operation, RequestedState>> = {
  start: 'running',
  stop: 'stopped',
  restart: 'running',
  delete: 'deleted',
};

/** How often a client tries again what was not answered. */
const SENDS_MAX = 4;
/** The in-flight effect of a call that nobody answered comes within this: a function's time-out and the call's own. */
const UNANSWERED_CALL_MAX_MS = 12 * 60_000;

/** People at their frontends: they double-click, retry, and change their minds. */
export class SimulatedUsers {
  readonly #kernel: Kernel;
  readonly #controller: Controller;
  readonly #clients: ClientHistory;
  /** `<user>/<slot>` → the workbench that was created there. */
  readonly #slots = new Map<string, { readonly user: string; readonly workbenchId: string }>();
  /** Idempotency key → the workbench it made. */
  readonly #keys = new Map<string, string>();
  #nonce = 0;

  constructor(kernel: Kernel, controller: Controller, clients: ClientHistory) {
    this.#kernel = kernel;
    this.#controller = controller;
    this.#clients = clients;
  }

  get workbenches(): readonly { readonly user: string; readonly workbenchId: string }[] {
    return [...this.#slots.values()];
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

  /** Asks for a change until it is answered, or gives up. */
  async change(user: string, workbenchId: string, operation: Operation, more = ''): Promise<ApiResponse> {
    const wish = REQUESTED_STATES[operation];
    let answer: ApiResponse = { status: 503, body: {} };
    for (let tries = 0; tries < SENDS_MAX; tries += 1) {
      const asked = wish && this.#clients.recordRequest(workbenchId, wish, this.#kernel.now());
      answer = await this.#controller.request(operation, {
        query: `user_id=${user}${more}`,
        wid: workbenchId,
        ...(operation === 'rename' ? { body: { workbench_name: `Name ${++this.#nonce}` } } : {}),
      });
      if (answer.status < 300) {
        if (asked) this.#clients.recordAcknowledged(asked, this.#kernel.now());
        return answer;
      }
      if (answer.status < 500) {
        if (asked) this.#clients.recordRejected(workbenchId, asked);
        this.#checkNotLost(workbenchId, answer);
        return answer;
      }
      const unanswered = asked;
      if (unanswered) {
        this.#kernel.after(UNANSWERED_CALL_MAX_MS, () => {
          unanswered.endedAt ??= this.#kernel.now();
        });
      }
      await this.#kernel.sleep(2000);
    }
    return answer;
  }

  async read(user: string, workbenchId: string): Promise<ApiResponse> {
    const answer = await this.#controller.request('read', { query: `user_id=${user}`, wid: workbenchId });
    this.#checkNotLost(workbenchId, answer);
    return answer;
  }

  /** Nobody's acknowledged workbench may vanish unless its destruction was asked for. */
  #checkNotLost(workbenchId: string, { status }: ApiResponse): void {
    if (status === 404 && !this.#clients.isDeletionRequested(workbenchId)) {
      throw new RuleViolation(`${workbenchId} answers 404 although nobody asked for its destruction`);
    }
  }

  async #create(user: string, slot: string, key: string, dedicated: boolean): Promise<void> {
    const began = this.#kernel.now();
    for (let tries = 0; tries < SENDS_MAX; tries += 1) {
      const { status, body } = await this.#controller.request('create', {
        query: `user_id=${user}`,
        headers: { 'idempotency-key': key },
        body: {
          requested_cpu: 1024,
          requested_memory: 2048,
          ...(dedicated ? { allocated_instance_type: 'm7i.large' } : {}),
        },
      });
      if (status < 300) {
        const workbenchId = body.item.workbench_id as string;
        const other = this.#keys.get(key) ?? workbenchId;
        if (other !== workbenchId)
          throw new RuleViolation(`one key made two workbenches: ${other} and ${workbenchId}`);
        this.#keys.set(key, workbenchId);
        this.#slots.set(slot, { user, workbenchId });
        this.#clients.recordCreated(workbenchId, began, this.#kernel.now());
        return;
      }
      if (status < 500) return;
      await this.#kernel.sleep(1500);
    }
  }

  async #list(user: string): Promise<void> {
    const before = this.workbenches.filter(
      (w) => w.user === user && !this.#clients.isDeletionRequested(w.workbenchId),
    );
    const { status, body } = await this.#controller.request('list', { query: `user_id=${user}` });
    if (status !== 200) return;
    const listed = new Set(body.items.map((item: { workbench_id: string }) => item.workbench_id));
    for (const { workbenchId } of before) {
      if (!listed.has(workbenchId) && !this.#clients.isDeletionRequested(workbenchId)) {
        throw new RuleViolation(`${workbenchId} is not in its user's list`);
      }
    }
  }
}
