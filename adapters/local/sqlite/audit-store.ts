import * as z from 'zod/mini';
import { type AuditEvent, auditEventSchema, usersOfEvent } from '#core/audit/audit-event.ts';
import { type AuditPage, type AuditQuery, type AuditStore, DAY_MS } from '#core/ports/audit-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { Connection } from './connection.ts';
import type { Database } from './database.ts';
import { assertWellFormed } from './keys.ts';

type Value = string | number;

/** Audit events in SQLite: one row each, and one row for each user that an event concerns. */
export class SqliteAuditStore implements AuditStore {
  readonly #database: Database;
  readonly #telemetry: Telemetry;
  readonly #retentionMs: number;

  constructor(database: Database, telemetry: Telemetry, retentionDays: number) {
    this.#database = database;
    this.#telemetry = telemetry;
    this.#retentionMs = retentionDays * DAY_MS;
  }

  async append(event: AuditEvent): Promise<void> {
    await this.#write(event, () => true);
  }

  async appendOnce(event: AuditEvent): Promise<void> {
    await this.#write(event, (connection) => {
      const mark = 'INSERT INTO audit_once (id, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING';
      return connection.run(mark, event.id, this.#expiryOf(event)) === 1;
    });
  }

  async list(query: AuditQuery): Promise<AuditPage> {
    const { sql, values } = selectFor(query);
    const rows = await this.#database.read((connection) =>
      connection.all<{ at: number; id: string; event: string }>(sql, ...values),
    );
    const page = rows.slice(0, query.limit);
    const events = page.flatMap(({ event }) => this.#parseOrReport(event) ?? []);
    const last = page.at(-1);
    return rows.length > query.limit && last !== undefined
      ? { events, next: { at: last.at, id: last.id } }
      : { events };
  }

  /** Writes the event in one transaction with what `begin` writes, if it returns true. */
  async #write(event: AuditEvent, begin: (connection: Connection) => boolean): Promise<void> {
    const { at, id, workbenchId, action } = event;
    const users = usersOfEvent(event);
    assertWellFormed(id, ...users, ...(workbenchId === undefined ? [] : [workbenchId]));
    const text = JSON.stringify(z.encode(auditEventSchema, event));
    const expiresAt = this.#expiryOf(event);
    await this.#database.write((connection) => {
      if (!begin(connection)) return;
      connection.run(
        `INSERT INTO audit_events (at, id, workbench_id, action, event, expires_at) VALUES (?, ?, ?, ?, ?, ?)
          ON CONFLICT DO NOTHING`,
        ...[at, id, workbenchId ?? null, action, text, expiresAt],
      );
      for (const user of users)
        connection.run(
          'INSERT INTO audit_users (user_id, at, id, expires_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
          ...[user, at, id, expiresAt],
        );
    }, 'growing');
  }

  #expiryOf({ at }: AuditEvent): number {
    return at + this.#retentionMs;
  }

  #parseOrReport(text: string): AuditEvent | undefined {
    try {
      return auditEventSchema.parse(JSON.parse(text));
    } catch (error) {
      this.#telemetry.error('audit event is unreadable; skipped', {}, error);
      return undefined;
    }
  }
}

/** One row more than the page, which says whether there is a next one. */
function selectFor(query: AuditQuery): { readonly sql: string; readonly values: readonly Value[] } {
  const { from, to, userId, workbenchId, action, first, after, limit } = query;
  const [order, behind] = first === 'oldest' ? ['ASC', '>'] : ['DESC', '<'];
  const conditions: (readonly [sql: string, ...values: Value[]])[] = [['e.at >= ? AND e.at < ?', from, to]];
  // The rows of a user are an index of their own: the conditions on `at` apply to it.
  const source =
    userId === undefined
      ? 'audit_events e'
      : 'audit_users u CROSS JOIN audit_events e ON e.at = u.at AND e.id = u.id';
  const table = userId === undefined ? 'e' : 'u';
  if (userId !== undefined) conditions.push(['u.user_id = ? AND u.at >= ? AND u.at < ?', userId, from, to]);
  if (workbenchId !== undefined) conditions.push(['e.workbench_id = ?', workbenchId]);
  if (action !== undefined) conditions.push(['e.action = ?', action]);
  if (after !== undefined)
    conditions.push([`(${table}.at, ${table}.id) ${behind} (?, ?)`, after.at, after.id]);
  return {
    sql: `SELECT e.at, e.id, e.event FROM ${source} WHERE ${conditions.map(([sql]) => sql).join(' AND ')}
      ORDER BY ${table}.at ${order}, ${table}.id ${order} LIMIT ?`,
    values: [...conditions.flatMap(([, ...values]) => values), limit + 1],
  };
}
