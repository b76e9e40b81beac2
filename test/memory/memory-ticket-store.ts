import { type Ticket, type TicketStore, ticketSchema } from '#core/ports/ticket-store.ts';

/** A TicketStore in memory. Expired tickets remain. */
export class MemoryTicketStore implements TicketStore {
  /** Hash → ticket. */
  readonly #tickets = new Map<string, Ticket>();

  async create(ticket: Ticket): Promise<void> {
    this.#tickets.set(ticket.hash, ticketSchema.parse(ticket));
  }

  async read(hash: string): Promise<Ticket | undefined> {
    return this.#tickets.get(hash);
  }

  async burn(hash: string): Promise<Ticket | undefined> {
    const ticket = this.#tickets.get(hash);
    this.#tickets.delete(hash);
    return ticket;
  }

  /** The hashes of the tickets that were not used. */
  get hashes(): readonly string[] {
    return [...this.#tickets.keys()];
  }

  /** The number of tickets that were not used. */
  get size(): number {
    return this.#tickets.size;
  }
}
