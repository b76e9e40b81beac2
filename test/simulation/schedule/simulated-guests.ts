import { type Call, tokenOf } from '#test/functions/call-api.ts';
import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';
import { FAULT_PHASE_MS } from './commands.ts';
import type { ApiResponse, Controller, Operation } from './controller.ts';
import type { OwnerChecks } from './owner-checks.ts';
import type { SimulatedUsers } from './simulated-users.ts';

/** The share of schedules in which owners share workbenches. */
const SHARING_PROBABILITY = 0.3;
const SHARES_MAX = 2;
/** The share of schedules in which they give a link to two users, of whom one can redeem it. */
const LINK_PROBABILITY = 0.15;
/** The requests of guests while a share is in force, and after it was taken back. */
const REQUESTS_MIN = 2;
const REQUESTS_MAX = 6;
/** The longest time between two of them, milliseconds. */
const PAUSE_MAX_MS = 20_000;
/** Two users redeem a link within this time, milliseconds. */
const REDEMPTIONS_WITHIN_MS = 100;
/** A share that expires does so within this time, milliseconds. Guests come until the slowest clock is beyond its end. */
const EXPIRY_MIN_MS = 20_000;
const EXPIRY_MAX_MS = 90_000;
const AFTER_EXPIRY_MS = 10_000;
/** The most times that a request without a response, or with a server error, is sent. */
const SENDS_MAX = 4;

/** A group, and a user with the same name who is not in it. */
const GROUP = 'lab';
const MEMBER = { userId: 'eve', groups: [GROUP] };
const NAMESAKE = { userId: GROUP, groups: [] };
const GRANTEES = ['user:eve', `group:${GROUP}`, `user:${GROUP}`] as const;
const ENDS = ['taken_back', 'expiry', 'both'] as const;
const ACTS = ['read', 'start', 'stop', 'restart', 'rename', 'delete', 'listShares', 'setShare'] as const;

export interface SimulatedGuestsOptions {
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

/** Owners who share their workbenches, and guests who use them by the API, beside everything else. */
export class SimulatedGuests {
  readonly #options: SimulatedGuestsOptions;
  readonly #endsAt: number;

  constructor(options: SimulatedGuestsOptions) {
    this.#options = options;
    this.#endsAt = options.kernel.now() + FAULT_PHASE_MS;
  }

  /** Schedules the shares of the fault phase. */
  schedule(): void {
    const { kernel, tape, onError } = this.#options;
    if (tape.chance(LINK_PROBABILITY)) {
      kernel.after(tape.intBetween(0, FAULT_PHASE_MS), () => {
        this.#shareByLink().catch(onError);
      });
    }
    if (!tape.chance(SHARING_PROBABILITY)) return;
    const count = tape.intBetween(1, SHARES_MAX);
    for (let share = 0; share < count; share += 1) {
      kernel.after(tape.intBetween(0, FAULT_PHASE_MS), () => {
        this.#share().catch(onError);
      });
    }
  }

  async #share(): Promise<void> {
    const { kernel, tape, users, clockSteps, log } = this.#options;
    const known = users.workbenches;
    const workbenchId = known[tape.intBelow(Math.max(1, known.length))]?.workbenchId;
    if (workbenchId === undefined) return;
    const grantee = tape.pick(GRANTEES);
    const role = tape.pick(['use', 'manage']);
    const end = clockSteps ? 'taken_back' : tape.pick(ENDS);
    const expiresAt = kernel.now() + tape.intBetween(EXPIRY_MIN_MS, EXPIRY_MAX_MS);
    const body = { role, ...(end === 'taken_back' ? {} : { expires_at: new Date(expiresAt).toISOString() }) };
    log(`workbench ${workbenchId} is shared with ${grantee} in the role ${role}, end: ${end}`);
    await this.#asOwner('setShare', workbenchId, { grantee, body });
    await this.#visit(workbenchId);
    if (end === 'expiry') await kernel.sleep(Math.max(0, expiresAt + AFTER_EXPIRY_MS - kernel.now()));
    else await this.#asOwner('deleteShare', workbenchId, { grantee });
    log(`the share of workbench ${workbenchId} with ${grantee} has ended`);
    await this.#visit(workbenchId);
  }

  /** Two users redeem a link at once that only one of them can redeem. */
  async #shareByLink(): Promise<void> {
    const { tape, users, owners, log } = this.#options;
    const known = users.workbenches;
    const workbenchId = known[tape.intBelow(Math.max(1, known.length))]?.workbenchId;
    const owner = workbenchId === undefined ? undefined : owners.ownerOf(workbenchId);
    if (workbenchId === undefined || owner === undefined) return;
    const body = { role: tape.pick(['use', 'manage']), uses: 1 };
    const created = await this.#send('createLink', workbenchId, { query: `user_id=${owner}`, body });
    if (created.status !== 200) return;
    log(`two users redeem a link of workbench ${workbenchId} for one user`);
    await Promise.all([MEMBER, NAMESAKE].map(({ userId }) => this.#redeem(userId, created.body.item.code)));
    await this.#visit(workbenchId);
  }

  /** Redeems a link, and again after a server error. */
  async #redeem(userId: string, code: string): Promise<void> {
    const { kernel, tape, controller } = this.#options;
    await kernel.sleep(tape.intBetween(0, REDEMPTIONS_WITHIN_MS));
    for (let sends = 0; sends < SENDS_MAX && kernel.now() < this.#endsAt; sends += 1) {
      const call = { authorizer: tokenOf(userId), body: { code } };
      const { status } = await controller.request('redeemLink', call);
      if (status < 500) return;
      await kernel.sleep(2000);
    }
  }

  /** Guests try at random what a role may include, and what none does. */
  async #visit(workbenchId: string): Promise<void> {
    const { kernel, tape } = this.#options;
    const count = tape.intBetween(REQUESTS_MIN, REQUESTS_MAX);
    for (let request = 0; request < count; request += 1) {
      await kernel.sleep(tape.intBetween(0, PAUSE_MAX_MS));
      const { userId, groups } = tape.pick([MEMBER, NAMESAKE]);
      const operation = tape.pick(ACTS);
      const more = groups.length === 0 ? undefined : { groups: JSON.stringify(groups) };
      await this.#send(operation, workbenchId, {
        authorizer: tokenOf(userId, more),
        ...(operation === 'rename' ? { body: { workbench_name: `Name by ${userId}` } } : {}),
        ...(operation === 'setShare' ? { grantee: 'user:mallory', body: { role: 'use' } } : {}),
      });
    }
  }

  /** Sends a request of the frontend for the owner, and again after a server error. */
  async #asOwner(operation: Operation, workbenchId: string, call: Call): Promise<void> {
    const { kernel, owners } = this.#options;
    for (let sends = 0; sends < SENDS_MAX; sends += 1) {
      const owner = owners.ownerOf(workbenchId);
      if (owner === undefined) return;
      const { status } = await this.#send(operation, workbenchId, { ...call, query: `user_id=${owner}` });
      if (status < 500) return;
      await kernel.sleep(2000);
    }
  }

  /** After the fault phase a guest must not change what users have asked for. */
  async #send(operation: Operation, workbenchId: string, call: Call): Promise<ApiResponse> {
    const { kernel, users } = this.#options;
    if (kernel.now() >= this.#endsAt) return { status: 400, body: {} };
    return users.submit(operation, workbenchId, call);
  }
}
