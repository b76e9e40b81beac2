import { tokenOf } from '#test/functions/call-api.ts';
import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';
import { FAULT_PHASE_MS, USERS } from './commands.ts';
import type { ApiResponse, Controller, Operation } from './controller.ts';
import type { OwnerChecks } from './owner-checks.ts';
import type { SimulatedUsers } from './simulated-users.ts';

/** The share of schedules in which workbenches get other owners. */
const MOVING_PROBABILITY = 0.3;
const MOVES_MAX = 4;
/** A stop is requested before this share of the moves: most workbenches run, and then a move is refused. */
const STOP_FIRST_PROBABILITY = 0.7;
/** The longest wait for the end of a stop, and the interval of its polls. Milliseconds. */
const STOP_WAIT_MAX_MS = 8 * 60_000;
const POLL_MS = 15_000;
/** The longest time between an offer and its acceptance, milliseconds. */
const CONSIDERATION_MAX_MS = 90_000;
/** The longest time between a move and what another user does at the same time, milliseconds. */
const RACE_MAX_MS = 1500;
/** The most times that a request without a response, or with a server error, is sent. */
const SENDS_MAX = 4;

/** What both owners try after a move, and the longest time until then, milliseconds. */
const VISITS = ['read', 'listShares', 'setShare'] as const;
const VISIT_AFTER_MAX_MS = 8000;

const RIVALS = ['none', 'start', 'restart', 'read', 'other_move', 'withdraw', 'delete'] as const;

export interface SimulatedMovesOptions {
  readonly kernel: Kernel;
  /** Its own numbers, so that the other choices of a schedule do not depend on moves. */
  readonly tape: Tape;
  readonly controller: Controller;
  readonly users: SimulatedUsers;
  readonly owners: OwnerChecks;
  readonly log: (line: string) => void;
  readonly onError: (error: unknown) => void;
}

/** Users and administrators who give workbenches to other owners at random moments, beside everything else. */
export class SimulatedMoves {
  readonly #options: SimulatedMovesOptions;

  constructor(options: SimulatedMovesOptions) {
    this.#options = options;
  }

  /** Schedules the moves of the fault phase. */
  schedule(): void {
    const { kernel, tape, onError } = this.#options;
    if (!tape.chance(MOVING_PROBABILITY)) return;
    const count = tape.intBetween(1, MOVES_MAX);
    for (let move = 0; move < count; move += 1) {
      const at = tape.intBetween(0, FAULT_PHASE_MS);
      kernel.after(at, () => {
        this.#giveAwayAny().catch(onError);
      });
    }
  }

  async #giveAwayAny(): Promise<void> {
    const { tape, users } = this.#options;
    const known = users.workbenches;
    const workbenchId = known[tape.intBelow(Math.max(1, known.length))]?.workbenchId;
    if (workbenchId !== undefined) await this.giveAway(workbenchId);
  }

  /** Tries to give the workbench to the other user. */
  async giveAway(workbenchId: string): Promise<void> {
    const { tape, owners, log } = this.#options;
    const owner = owners.ownerOf(workbenchId);
    if (owner === undefined) return;
    if (tape.chance(STOP_FIRST_PROBABILITY)) await this.#stop(workbenchId, owner);
    const to = USERS.find((user) => user !== owner) ?? '';
    const isOffer = tape.chance(0.5);
    const rival = tape.pick(RIVALS);
    log(`${isOffer ? `${owner} offers` : 'an administrator gives'} workbench ${workbenchId} to ${to}`);
    const rivals = this.#act(rival, workbenchId, owner, to);
    await (isOffer ? this.#offer(workbenchId, owner, to) : this.#give(workbenchId, owner, to));
    await rivals;
    for (const user of [owner, to, owner]) await this.#visit(workbenchId, user);
  }

  /** The earlier owner or the next one sends a request with a token of its own. */
  async #visit(workbenchId: string, userId: string): Promise<void> {
    const { kernel, tape, controller } = this.#options;
    await kernel.sleep(tape.intBetween(0, VISIT_AFTER_MAX_MS));
    const operation = tape.pick(VISITS);
    await controller.request(operation, {
      wid: workbenchId,
      authorizer: tokenOf(userId),
      ...(operation === 'setShare' ? { grantee: 'user:mallory', body: { role: 'use' } } : {}),
    });
  }

  async #stop(workbenchId: string, owner: string): Promise<void> {
    const { kernel, users } = this.#options;
    await users.change(owner, workbenchId, 'stop');
    for (let waited = 0; waited < STOP_WAIT_MAX_MS; waited += POLL_MS) {
      const { body } = await users.read(owner, workbenchId);
      if (body.item?.status === 'stopped') return;
      await kernel.sleep(POLL_MS);
    }
  }

  async #give(workbenchId: string, owner: string, to: string): Promise<void> {
    this.#options.owners.noteGiven(workbenchId, to);
    await this.#send('changeOwner', workbenchId, owner, { owner: to });
  }

  async #offer(workbenchId: string, owner: string, to: string): Promise<void> {
    const { kernel, tape, owners } = this.#options;
    owners.noteOffered(workbenchId, to);
    const { status } = await this.#send('changeOwner', workbenchId, owner, { owner: to, offer: true });
    if (status !== 200) return;
    await kernel.sleep(tape.intBetween(0, CONSIDERATION_MAX_MS));
    owners.noteAccepted(workbenchId, to);
    await this.#send('acceptOwner', workbenchId, to);
  }

  /** What happens to the workbench at about the same time. */
  async #act(rival: (typeof RIVALS)[number], workbenchId: string, owner: string, to: string): Promise<void> {
    const { kernel, tape, users } = this.#options;
    if (rival === 'none') return;
    await kernel.sleep(tape.intBetween(0, RACE_MAX_MS));
    switch (rival) {
      case 'other_move':
        return this.#give(workbenchId, owner, to);
      case 'withdraw':
        await this.#send('withdrawOffer', workbenchId, owner);
        return;
      case 'read':
        await users.read(owner, workbenchId);
        return;
      default:
        await users.change(owner, workbenchId, rival);
    }
  }

  /** Sends a request, and again after a server error. The requests of the static key are those of an administrator. */
  async #send(
    operation: Operation,
    workbenchId: string,
    user: string,
    body?: Readonly<Record<string, unknown>>,
  ): Promise<ApiResponse> {
    const { kernel, controller } = this.#options;
    let response: ApiResponse = { status: 503, body: {} };
    for (let sends = 0; sends < SENDS_MAX; sends += 1) {
      const call = { query: `user_id=${user}`, wid: workbenchId };
      response = await controller.request(operation, body === undefined ? call : { ...call, body });
      if (response.status < 500) return response;
      await kernel.sleep(2000);
    }
    return response;
  }
}
