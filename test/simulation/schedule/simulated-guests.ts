import { FAULT_PHASE_MS } from './commands.ts';
import { type GuestOptions, GuestRequests } from './guest-requests.ts';

/** The share of schedules in which owners share workbenches. */
const SHARING_PROBABILITY = 0.3;
const SHARES_MAX = 2;
/** A share that expires does so within this time, milliseconds. Guests come until the slowest clock is beyond its end. */
const EXPIRY_MIN_MS = 20_000;
const EXPIRY_MAX_MS = 90_000;
const AFTER_EXPIRY_MS = 10_000;

/** A group, and a user with the same name who is not in it. */
const GROUP = 'lab';
const MEMBER = { userId: 'eve', groups: [GROUP] };
const NAMESAKE = { userId: GROUP, groups: [] };
const GRANTEES = ['user:eve', `group:${GROUP}`, `user:${GROUP}`] as const;
const ENDS = ['taken_back', 'expiry', 'both'] as const;

/** Owners who share their workbenches, and guests who use them by the API, beside everything else. */
export class SimulatedGuests {
  readonly #options: GuestOptions;
  readonly #requests: GuestRequests;

  constructor(options: GuestOptions) {
    this.#options = options;
    this.#requests = new GuestRequests(options);
  }

  /** Schedules the shares of the fault phase. */
  schedule(): void {
    const { kernel, tape, onError } = this.#options;
    if (!tape.chance(SHARING_PROBABILITY)) return;
    const count = tape.intBetween(1, SHARES_MAX);
    for (let share = 0; share < count; share += 1) {
      kernel.after(tape.intBetween(0, FAULT_PHASE_MS), () => {
        this.#share().catch(onError);
      });
    }
  }

  async #share(): Promise<void> {
    const { kernel, tape, clockSteps, log } = this.#options;
    const workbenchId = this.#requests.pickWorkbench();
    if (workbenchId === undefined) return;
    const grantee = tape.pick(GRANTEES);
    const role = tape.pick(['use', 'manage']);
    const end = clockSteps ? 'taken_back' : tape.pick(ENDS);
    const expiresAt = kernel.now() + tape.intBetween(EXPIRY_MIN_MS, EXPIRY_MAX_MS);
    const body = { role, ...(end === 'taken_back' ? {} : { expires_at: new Date(expiresAt).toISOString() }) };
    log(`workbench ${workbenchId} is shared with ${grantee} in the role ${role}, end: ${end}`);
    await this.#requests.asOwner('setShare', workbenchId, { grantee, body });
    await this.#visit(workbenchId);
    if (end === 'expiry') await kernel.sleep(Math.max(0, expiresAt + AFTER_EXPIRY_MS - kernel.now()));
    else await this.#requests.asOwner('deleteShare', workbenchId, { grantee });
    log(`the share of workbench ${workbenchId} with ${grantee} has ended`);
    await this.#visit(workbenchId);
  }

  async #visit(workbenchId: string): Promise<void> {
    await this.#requests.visit(workbenchId, [MEMBER, NAMESAKE]);
  }
}
