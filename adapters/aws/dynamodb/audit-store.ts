import { type AttributeValue, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { TABLE } from '#contract/table.ts';
import { type AuditEvent, auditEventSchema, usersOfEvent } from '#core/audit/audit-event.ts';
import {
  AUDIT_DAYS_PER_PAGE,
  AUDIT_READ_MAX,
  type AuditPage,
  type AuditPosition,
  type AuditQuery,
  type AuditStore,
  DAY_MS,
  matchesAuditQuery,
} from '#core/ports/audit-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { callDynamoDb, writeConditionally } from './errors.ts';
import {
  auditDayPartition,
  auditOnceKey,
  auditPositionOf,
  auditSortKey,
  auditTimeKey,
  auditUserPartition,
  auditWorkbenchPartition,
  type Item,
  keyAttributes,
} from './keys.ts';
import { queryPages } from './read-many.ts';

/** Items that one Query call returns at most. */
const QUERY_PAGE_SIZE = 500;

/** How long the mark of `appendOnce` is kept: longer than any session of the gate. */
const ONCE_RETENTION_MS = 2 * DAY_MS;

export interface AuditStoreOptions {
  readonly tableName: string;
  readonly retentionDays: number;
  readonly telemetry: Telemetry;
}

/**
 * Audit events in DynamoDB: one item by day, and a copy by each user and by the workbench that the event concerns, so that no query
 * reads the events of others (docs/decisions/0027-audit-events-have-copies.md). The TTL deletes them.
 */
export class DynamoAuditStore implements AuditStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #retentionMs: number;
  readonly #telemetry: Telemetry;

  constructor(client: DynamoDBClient, { tableName, retentionDays, telemetry }: AuditStoreOptions) {
    this.#client = client;
    this.#table = tableName;
    this.#retentionMs = retentionDays * DAY_MS;
    this.#telemetry = telemetry;
  }

  async append(event: AuditEvent): Promise<void> {
    const { workbenchId } = event;
    const partitions = [
      auditDayPartition(event.at),
      ...usersOfEvent(event).map(auditUserPartition),
      ...(workbenchId === undefined ? [] : [auditWorkbenchPartition(workbenchId)]),
    ];
    const stored: Item = {
      event: { M: marshall(z.encode(auditEventSchema, event), { removeUndefinedValues: true }) },
      [TABLE.ttlAttribute]: { N: toSeconds(event.at + this.#retentionMs) },
    };
    const puts = await Promise.allSettled(
      partitions.map((pk) => this.#put({ ...keyAttributes({ pk, sk: auditSortKey(event) }), ...stored })),
    );
    // All calls have ended, so that a caller that repeats the event does not overtake one of them.
    const failed = puts.find((put) => put.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async appendOnce(event: AuditEvent): Promise<void> {
    const outcome = await writeConditionally('PutItem', () =>
      this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: {
            ...keyAttributes(auditOnceKey(event.id)),
            [TABLE.ttlAttribute]: { N: toSeconds(event.at + ONCE_RETENTION_MS) },
          },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      ),
    );
    // `unclear`: an earlier attempt of this call may have written the mark. An event too many is better than none.
    if (outcome !== 'refused') await this.append(event);
  }

  async list(query: AuditQuery): Promise<AuditPage> {
    const reading = { query, events: [] as AuditEvent[], read: 0 };
    const single = singlePartitionOf(query);
    if (single !== undefined) {
      const next = await this.#readPartition(reading, single);
      return pageOf(reading.events, next);
    }
    let days = 0;
    for (const day of daysOf(query)) {
      // The place from which the next call continues without having read the day.
      if (days >= AUDIT_DAYS_PER_PAGE) return pageOf(reading.events, startOfDay(day, query));
      const next = await this.#readPartition(reading, auditDayPartition(day));
      if (next !== undefined) return pageOf(reading.events, next);
      days += 1;
    }
    return pageOf(reading.events, undefined);
  }

  async #put(item: Item): Promise<void> {
    await callDynamoDb('PutItem', () =>
      this.#client.send(new PutItemCommand({ TableName: this.#table, Item: item })),
    );
  }

  /** Reads one partition into `reading`. Returns where to continue if it ends before the end of the partition. */
  async #readPartition(
    reading: { readonly query: AuditQuery; readonly events: AuditEvent[]; read: number },
    pk: string,
  ): Promise<AuditPosition | undefined> {
    const { query, events } = reading;
    const input = () => ({
      TableName: this.#table,
      ConsistentRead: true,
      ScanIndexForward: query.first === 'oldest',
      Limit: Math.min(QUERY_PAGE_SIZE, AUDIT_READ_MAX - reading.read),
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :lowest AND :highest',
      ExpressionAttributeValues: { ':pk': { S: pk }, ...sortKeyBounds(query) },
    });
    for await (const { items, next } of queryPages(this.#client, input)) {
      for (const item of items) {
        const position = auditPositionOf(item);
        if (position === undefined || isAt(query.after, position)) continue;
        const event = this.#parseOrReport(item);
        reading.read += 1;
        if (event === undefined || !matchesAuditQuery(event, query)) continue;
        events.push(event);
        if (events.length === query.limit) return position;
      }
      if (next !== undefined && reading.read >= AUDIT_READ_MAX) return auditPositionOf(next);
    }
    return undefined;
  }

  #parseOrReport(item: Item): AuditEvent | undefined {
    try {
      return auditEventSchema.parse(unmarshall(item.event?.M ?? {}));
    } catch (error) {
      this.#telemetry.error('audit event is unreadable; skipped', {}, error);
      return undefined;
    }
  }
}

/** The partition that has every event of the query; undefined if the query concerns no user and no workbench. */
function singlePartitionOf({ workbenchId, userId }: AuditQuery): string | undefined {
  if (workbenchId !== undefined) return auditWorkbenchPartition(workbenchId);
  return userId === undefined ? undefined : auditUserPartition(userId);
}

/** The days of the query after its position, in its order, as times on them. */
function* daysOf({ from, to, first, after }: AuditQuery): Generator<number> {
  const firstDay = Math.floor(Math.max(from, first === 'oldest' ? (after?.at ?? from) : from) / DAY_MS);
  const lastAt = to - 1;
  const lastDay = Math.floor(Math.min(lastAt, first === 'oldest' ? lastAt : (after?.at ?? lastAt)) / DAY_MS);
  for (let n = 0; n <= lastDay - firstDay; n += 1)
    yield (first === 'oldest' ? firstDay + n : lastDay - n) * DAY_MS;
}

/** The position from which a page in the order of the query begins with this day. */
function startOfDay(day: number, { first }: AuditQuery): AuditPosition {
  return { at: first === 'oldest' ? day : day + DAY_MS, id: '' };
}

/** Both bounds are part of BETWEEN. A time alone sorts before the events of its millisecond. */
function sortKeyBounds({ from, to, first, after }: AuditQuery): Record<string, AttributeValue> {
  const lowest = auditTimeKey(from);
  const highest = auditTimeKey(to);
  const position = after === undefined ? undefined : auditSortKey(after);
  const low = first === 'oldest' && position !== undefined && position > lowest ? position : lowest;
  const high = first !== 'oldest' && position !== undefined && position < highest ? position : highest;
  // DynamoDB refuses bounds in the wrong order. Equal ones find no event, as the position itself is skipped.
  const isEmpty = low > high;
  return { ':lowest': { S: isEmpty ? high : low }, ':highest': { S: high } };
}

function isAt(after: AuditPosition | undefined, { at, id }: AuditPosition): boolean {
  return after?.at === at && after.id === id;
}

function pageOf(events: readonly AuditEvent[], next: AuditPosition | undefined): AuditPage {
  return next === undefined ? { events } : { events, next };
}

function toSeconds(ms: number): string {
  return String(Math.ceil(ms / 1000));
}
