import { type Ticket, type TicketStore, ticketKeptUntil, ticketSchema } from '#core/ports/ticket-store.ts';
import type { Database } from './database.ts';
import { assertWellFormed } from './keys.ts';

/** Tickets in SQLite: one row each. */
export class SqliteTicketStore implements TicketStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create(ticket: Ticket): Promise<void> {
    assertWellFormed(ticket.hash, ticket.userId);
    await this.#database.write(
      (connection) =>
        connection.run(
          'INSERT OR REPLACE INTO tickets (hash, ticket, expires_at) VALUES (?, ?, ?)',
          ...[ticket.hash, JSON.stringify(ticket), ticketKeptUntil(ticket)],
        ),
      'growing',
    );
  }

  async read(hash: string): Promise<Ticket | undefined> {
    assertWellFormed(hash);
    const row = await this.#database.read((connection) =>
      connection.get<{ ticket: string }>('SELECT ticket FROM tickets WHERE hash = ?', hash),
    );
    return row === undefined ? undefined : ticketSchema.parse(JSON.parse(row.ticket));
  }

  async burn(hash: string): Promise<Ticket | undefined> {
    assertWellFormed(hash);
    const row = await this.#database.write((connection) =>
      connection.get<{ ticket: string }>('DELETE FROM tickets WHERE hash = ? RETURNING ticket', hash),
    );
    return row === undefined ? undefined : ticketSchema.parse(JSON.parse(row.ticket));
  }
}
