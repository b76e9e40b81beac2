import * as z from 'zod/mini';
import { type AuditEvent, auditEventSchema } from '#core/audit/audit-event.ts';
import {
  type AuditPage,
  type AuditPosition,
  type AuditQuery,
  type AuditStore,
  matchesAuditQuery,
} from '#core/ports/audit-store.ts';

/** An AuditStore in memory. Expired events remain. */
export class MemoryAuditStore implements AuditStore {
  /** Time and id → stored form. */
  readonly #stored = new Map<string, unknown>();
  readonly #once = new Set<string>();

  async append(event: AuditEvent): Promise<void> {
    this.#stored.set(sortKey(event), JSON.parse(JSON.stringify(z.encode(auditEventSchema, event))));
  }

  async appendOnce(event: AuditEvent): Promise<void> {
    if (this.#once.has(event.id)) return;
    this.#once.add(event.id);
    await this.append(event);
  }

  async list(query: AuditQuery): Promise<AuditPage> {
    const { first = 'newest', after, limit } = query;
    const sorted = [...this.#stored.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
    const ordered = first === 'newest' ? sorted.toReversed() : sorted;
    const isBehind = (key: string) =>
      after === undefined || (first === 'newest' ? key < sortKey(after) : key > sortKey(after));
    const found = ordered
      .filter(([key]) => isBehind(key))
      .map(([, stored]) => auditEventSchema.parse(stored))
      .filter((event) => matchesAuditQuery(event, query));
    const events = found.slice(0, limit);
    const last = events.at(-1);
    return found.length > limit && last !== undefined
      ? { events, next: { at: last.at, id: last.id } }
      : { events };
  }

  /** All events, oldest first. */
  get events(): readonly AuditEvent[] {
    return [...this.#stored.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, stored]) => auditEventSchema.parse(stored));
  }

  /** Everything that is stored, as text. */
  get storedText(): string {
    return JSON.stringify([...this.#stored.values()]);
  }
}

function sortKey({ at, id }: AuditPosition): string {
  return `${String(at).padStart(13, '0')}#${id}`;
}
