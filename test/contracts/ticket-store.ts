import { afterEach, beforeEach, describe, expect } from 'vitest';
import { TICKET_LIFETIME_MS, type Ticket, type TicketStore } from '#core/ports/ticket-store.ts';
import { ID, T0 } from '#test/builders/workbench.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface TicketStoreSubject {
  readonly store: TicketStore;
  readonly dispose: () => Promise<void>;
}

export function aTicket(ticket: Partial<Ticket> = {}): Ticket {
  return {
    hash: 'qqsb1Y6eXe3gbwZBQJ7QDWrDs0UpkJjhOUxoOuRhjQE',
    workbenchId: ID,
    userId: 'ada',
    admin: false,
    signedInAt: T0,
    sessionExpiresAt: T0 + 1_000_000,
    expiresAt: T0 + TICKET_LIFETIME_MS,
    ...ticket,
  };
}

/** The contract of TicketStore. `make` returns an empty store. */
export function describeTicketStoreContract(
  name: string,
  make: () => Promise<TicketStoreSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} fulfils the contract of TicketStore`, () => {
    const it = itUnlessSkipped(exceptions);
    let store: TicketStore;
    let dispose: () => Promise<void>;
    beforeEach(async () => {
      ({ store, dispose } = await make());
    });
    afterEach(() => dispose());

    it('returns a ticket once, with all its fields', async () => {
      const ticket = aTicket({ issuerSession: 'sid', admin: true });
      await store.create(ticket);
      expect(await store.burn(ticket.hash)).toEqual(ticket);
      expect(await store.burn(ticket.hash)).toBeUndefined();
    });

    it('returns a ticket to readers until it is burnt', async () => {
      expect(await store.read(aTicket().hash)).toBeUndefined();
      await store.create(aTicket({ issuerSubject: 'sub', browser: 'b' }));
      for (let n = 0; n < 2; n += 1)
        expect(await store.read(aTicket().hash)).toEqual(aTicket({ issuerSubject: 'sub', browser: 'b' }));
      await store.burn(aTicket().hash);
      expect(await store.read(aTicket().hash)).toBeUndefined();
    });

    it('returns an expired ticket, whose time the caller compares', async () => {
      const ticket = aTicket({ expiresAt: 1 });
      await store.create(ticket);
      expect(await store.burn(ticket.hash)).toEqual(ticket);
    });

    it('returns nothing for a hash without a ticket, and burns no other', async () => {
      await store.create(aTicket());
      for (const hash of ['x', aTicket().hash.toLowerCase(), `${aTicket().hash}#`]) {
        expect(await store.burn(hash)).toBeUndefined();
      }
      expect(await store.burn(aTicket().hash)).toEqual(aTicket());
    });

    it('keeps the tickets of one user and workbench apart', async () => {
      const tickets = ['a', 'b', 'c'].map((hash) => aTicket({ hash }));
      for (const ticket of tickets) await store.create(ticket);
      for (const ticket of tickets.toReversed()) expect(await store.burn(ticket.hash)).toEqual(ticket);
    });

    it('keeps a user of every kind of name', async () => {
      for (const userId of ['ada#1', 'ädä', '😀', "'; --", 'constructor']) {
        await store.create(aTicket({ userId }));
        expect(await store.burn(aTicket().hash)).toMatchObject({ userId });
      }
    });

    it('returns a ticket to exactly one of 20 concurrent calls', async () => {
      for (let round = 0; round < 5; round += 1) {
        const ticket = aTicket({ hash: `round-${round}` });
        await store.create(ticket);
        const burnt = await Promise.all(Array.from({ length: 20 }, () => store.burn(ticket.hash)));
        expect(burnt.filter((found) => found !== undefined)).toEqual([ticket]);
      }
    });
  });
}
