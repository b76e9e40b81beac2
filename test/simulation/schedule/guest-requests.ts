import { type Call, tokenOf } from '#test/functions/call-api.ts';
import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';
import { FAULT_PHASE_MS } from './commands.ts';
import type { ApiResponse, Controller, Operation } from './controller.ts';
import type { GuestName } from './granted-roles.ts';
import type { OwnerChecks } from './owner-checks.ts';
import type { SimulatedUsers } from './simulated-users.ts';

/** The requests of guests to one workbench. */
const REQUESTS_MIN = 2;
const REQUESTS_MAX = 6;
/** The longest time between two of them, milliseconds. */
const PAUSE_MAX_MS = 20_000;
/** The most times that a request without a response, or with a server error, is sent. */
const SENDS_MAX = 4;
const RETRY_AFTER_MS = 2000;

const ACTS = ['read', 'start', 'stop', 'restart', 'rename', 'delete', 'listShares', 'setShare'] as const;

export interface GuestOptions {
  readonly kernel: Kernel;
  /** Its own numbers, so that the other choices of a schedule do not depend on guests. */
  readonly tape: Tape;
  readonly controller: Controller;
  readonly users: SimulatedUsers;
  readonly owners: Pick<OwnerChecks, 'ownerOf'>;
  /** Whether the clock of the functions is ever wrong. Then it is unknown when a share expires. */
  readonly clockSteps: boolean;
  readonly log: (line: string) => void;
  readonly onError: (error: unknown) => void;
}

/** What owners and guests send about a shared workbench, beside everything else. */
export class GuestRequests {
  readonly #options: GuestOptions;
  readonly #endsAt: number;

  constructor(options: GuestOptions) {
    this.#options = options;
    this.#endsAt = options.kernel.now() + FAULT_PHASE_MS;
  }

  /** Whether the fault phase is over. After it a guest must not change what users have asked for. */
  get isOver(): boolean {
    return this.#options.kernel.now() >= this.#endsAt;
  }

  /** Returns a workbench that a user has created; undefined if there is none. */
  pickWorkbench(): string | undefined {
    const { tape, users } = this.#options;
    const known = users.workbenches;
    return known[tape.intBelow(Math.max(1, known.length))]?.workbenchId;
  }

  /** Guests try at random what a role may include, and what none does. */
  async visit(workbenchId: string, guests: readonly [GuestName, ...GuestName[]]): Promise<void> {
    const { kernel, tape } = this.#options;
    const count = tape.intBetween(REQUESTS_MIN, REQUESTS_MAX);
    for (let request = 0; request < count; request += 1) {
      await kernel.sleep(tape.intBetween(0, PAUSE_MAX_MS));
      const { userId, groups } = tape.pick(guests);
      const operation = tape.pick(ACTS);
      const more = groups.length === 0 ? undefined : { groups: JSON.stringify(groups) };
      await this.send(operation, workbenchId, {
        authorizer: tokenOf(userId, more),
        ...(operation === 'rename' ? { body: { workbench_name: `Name by ${userId}` } } : {}),
        ...(operation === 'setShare' ? { grantee: 'user:mallory', body: { role: 'use' } } : {}),
      });
    }
  }

  /** Sends a request of the frontend for the owner, and again after a server error. Undefined if there is no owner. */
  async asOwner(operation: Operation, workbenchId: string, call: Call): Promise<ApiResponse | undefined> {
    const { owners } = this.#options;
    return this.#repeat(() => {
      const owner = owners.ownerOf(workbenchId);
      if (owner === undefined) return undefined;
      const query = [`user_id=${owner}`, ...(call.query === undefined ? [] : [call.query])].join('&');
      return this.send(operation, workbenchId, { ...call, query });
    });
  }

  /** Redeems a link, and again after a server error. */
  async redeem(userId: string, code: string): Promise<ApiResponse | undefined> {
    const { controller } = this.#options;
    const call = { authorizer: tokenOf(userId), body: { code } };
    return this.#repeat(() => (this.isOver ? undefined : controller.request('redeemLink', call)));
  }

  async send(operation: Operation, workbenchId: string, call: Call): Promise<ApiResponse> {
    if (this.isOver) return { status: 400, body: {} };
    return this.#options.users.submit(operation, workbenchId, call);
  }

  /** Sends a request again after a server error, until `send` returns undefined. Returns the last response. */
  async #repeat(send: () => Promise<ApiResponse> | undefined): Promise<ApiResponse | undefined> {
    let response: ApiResponse | undefined;
    for (let sends = 0; sends < SENDS_MAX; sends += 1) {
      const sent = send();
      if (sent === undefined) return response;
      response = await sent;
      if (response.status < 500) return response;
      await this.#options.kernel.sleep(RETRY_AFTER_MS);
    }
    return response;
  }
}
