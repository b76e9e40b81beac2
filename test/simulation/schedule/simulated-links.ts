import { FAULT_PHASE_MS } from './commands.ts';
import type { GuestName } from './granted-roles.ts';
import { type GuestOptions, GuestRequests } from './guest-requests.ts';

/** The share of schedules in which owners give away links. */
const LINK_PROBABILITY = 0.25;
const LINKS_MAX = 2;
/** More uses than there are holders leave some for those who come again. */
const USES_MAX = 6;
/** Users redeem a link within this time: at once, or during the responses and retries of the others. Milliseconds. */
const REDEMPTIONS_WITHIN_MS = [100, 5000] as const;
/** A link is revoked within this time of further redemptions, milliseconds. */
const RACE_MAX_MS = 200;
/** A link that expires does so within this time, milliseconds. Guests come until the slowest clock is beyond its end. */
const EXPIRY_MIN_MS = 20_000;
const EXPIRY_MAX_MS = 90_000;
const AFTER_EXPIRY_MS = 10_000;

/** The users who get a link. They are in no group. */
const HOLDERS: readonly [GuestName, ...GuestName[]] = [
  { userId: 'eve', groups: [] },
  { userId: 'lab', groups: [] },
  { userId: 'judy', groups: [] },
  { userId: 'trent', groups: [] },
];
/** How a link ends, if not by its time. */
const CHOSEN_ENDS = ['used_up', 'revoked', 'revoked_with_shares', 'moved'] as const;
/** What the owner does with a share of the link while the link ends. */
const RIVALS = ['none', 'write_share', 'write_share', 'take_back'] as const;

export interface LinkOptions extends GuestOptions {
  /** Tries to give a workbench to another owner. */
  readonly giveAway: (workbenchId: string) => Promise<void>;
}

interface SharedLink {
  readonly workbenchId: string;
  readonly linkId: string;
  readonly code: string;
}

/** Owners who give away links, and users who redeem them at the same time and repeatedly, beside everything else. */
export class SimulatedLinks {
  readonly #options: LinkOptions;
  readonly #requests: GuestRequests;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#requests = new GuestRequests(options);
  }

  /** Schedules the links of the fault phase. */
  schedule(): void {
    const { kernel, tape, onError } = this.#options;
    if (!tape.chance(LINK_PROBABILITY)) return;
    const count = tape.intBetween(1, LINKS_MAX);
    for (let link = 0; link < count; link += 1) {
      kernel.after(tape.intBetween(0, FAULT_PHASE_MS), () => {
        this.#share().catch(onError);
      });
    }
  }

  async #share(): Promise<void> {
    const { kernel, tape, clockSteps, log } = this.#options;
    const workbenchId = this.#requests.pickWorkbench();
    if (workbenchId === undefined) return;
    const end = clockSteps ? tape.pick(CHOSEN_ENDS) : tape.pick([...CHOSEN_ENDS, 'expiry' as const]);
    const uses = tape.intBetween(1, USES_MAX);
    const expiresAt = kernel.now() + tape.intBetween(EXPIRY_MIN_MS, EXPIRY_MAX_MS);
    const body = {
      role: tape.pick(['use', 'manage']),
      ...(uses === 1 ? {} : { uses }),
      ...(end === 'expiry' ? { expires_at: new Date(expiresAt).toISOString() } : {}),
    };
    const created = await this.#requests.asOwner('createLink', workbenchId, { body });
    if (created?.status !== 200) return;
    const { link_id: linkId, code } = created.body.item;
    const link = { workbenchId, linkId, code };
    log(`link ${linkId} of workbench ${workbenchId} is for ${uses} users, end: ${end}`);
    const first = [tape.pick(HOLDERS), ...HOLDERS.filter(() => tape.chance(0.5))] as const;
    await this.#redeem(link, first, tape.pick(REDEMPTIONS_WITHIN_MS));
    await this.#requests.visit(workbenchId, HOLDERS);
    if (end === 'expiry') await kernel.sleep(Math.max(0, expiresAt + AFTER_EXPIRY_MS - kernel.now()));
    else await this.#end(link, end, tape.pick(first));
    log(`link ${linkId} of workbench ${workbenchId} has ended`);
    await this.#redeem(link, HOLDERS, REDEMPTIONS_WITHIN_MS[0]);
    await this.#requests.visit(workbenchId, HOLDERS);
  }

  /** Holders redeem the link at about the same time. */
  async #redeem({ code }: SharedLink, holders: readonly GuestName[], withinMs: number): Promise<void> {
    const { kernel, tape } = this.#options;
    await Promise.all(
      holders.map(async ({ userId }) => {
        await kernel.sleep(tape.intBetween(0, withinMs));
        await this.#requests.redeem(userId, code);
      }),
    );
  }

  /** The owner ends the link, while holders redeem it, some again, and the owner changes the share of one of them. */
  async #end(link: SharedLink, end: (typeof CHOSEN_ENDS)[number], { userId }: GuestName): Promise<void> {
    const { kernel, tape } = this.#options;
    const { workbenchId, linkId } = link;
    const rival = tape.pick(RIVALS);
    const revoke = async () => {
      await kernel.sleep(tape.intBetween(0, RACE_MAX_MS));
      if (end === 'moved') await this.#options.giveAway(workbenchId);
      else if (end === 'used_up') await this.#requests.asOwner('listLinks', workbenchId, {});
      else {
        const query = end === 'revoked' ? {} : { query: 'shares=true' };
        await this.#requests.asOwner('deleteLink', workbenchId, { linkId, ...query });
      }
    };
    const rewrite = async () => {
      await kernel.sleep(tape.intBetween(0, RACE_MAX_MS));
      const grantee = `user:${userId}`;
      if (rival === 'write_share')
        await this.#requests.asOwner('setShare', workbenchId, { grantee, body: { role: 'use' } });
      // Then the user can redeem the link again while it has uses left.
      if (rival === 'take_back') await this.#requests.asOwner('deleteShare', workbenchId, { grantee });
    };
    await Promise.all([revoke(), rewrite(), this.#redeem(link, HOLDERS, 2 * RACE_MAX_MS)]);
  }
}
