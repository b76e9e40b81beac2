import { createTicketSecret, hashTicketSecret } from '#adapters/ticket-secret.ts';
import { entryUrlOf, type GateAddress, originOfWorkbench, type ReturnUrl } from '#core/gate/gate-host.ts';
import type { Clock } from '#core/ports/clock.ts';
import { SESSION_LIFETIME_MS } from '#core/ports/session-cutoff-store.ts';
import { TICKET_LIFETIME_MS, type TicketStore } from '#core/ports/ticket-store.ts';
import type { SignIn } from '#gate/session/sessions.ts';

export interface WayBackOptions {
  readonly tickets: Pick<TicketStore, 'create'>;
  readonly address: () => GateAddress;
  readonly clock: Clock;
}

/** The way of a browser from a sign-in to the workbench that its user asked for, or to the page of a link. */
export class WayBack {
  readonly #options: WayBackOptions;

  constructor(options: WayBackOptions) {
    this.#options = options;
  }

  /**
   * Returns the URL to which the browser goes after a sign-in. If the workbench has a host of its own it contains a new
   * ticket, whether or not the user may open the workbench: the gate decides that at each request.
   * @param browser the binding of the browser that asked for the workbench: no other one can use the ticket
   * @throws PortError
   */
  async locate(
    signIn: SignIn,
    { workbenchId, path }: ReturnUrl,
    browser: string | undefined,
  ): Promise<string> {
    const { tickets, address, clock } = this.#options;
    if (workbenchId === undefined) return `${address().signInOrigin}${path}`;
    if (address().domain === undefined) return `${originOfWorkbench(address(), workbenchId)}${path}`;
    const secret = createTicketSecret();
    const { userId, admin, issuerSession, issuerSubject, groups, signedInAt } = signIn;
    await tickets.create({
      hash: hashTicketSecret(secret),
      workbenchId,
      userId,
      admin,
      signedInAt,
      ...(issuerSession === undefined ? {} : { issuerSession }),
      ...(issuerSubject === undefined ? {} : { issuerSubject }),
      ...(groups === undefined ? {} : { groups }),
      ...(browser === undefined ? {} : { browser }),
      sessionExpiresAt: signedInAt + SESSION_LIFETIME_MS,
      expiresAt: clock.now() + TICKET_LIFETIME_MS,
    });
    return entryUrlOf(address(), workbenchId, secret, path);
  }
}
