import { UnreadableRecord, type WorkbenchPage, type WorkbenchStore } from '#core/ports/workbench-store.ts';
import {
  dueAt,
  isActive,
  keyOf,
  type Workbench,
  type WorkbenchKey,
  workbenchSchema,
} from '#core/workbench/workbench.ts';

const ACTIVE_PAGE_SIZE = 100;

/**
 * A WorkbenchStore in memory. Records are stored as frozen copies made through JSON: callers cannot change them, and
 * `undefined` members are dropped, as in a table. Each call takes effect before it returns its promise, so calls that are
 * not awaited take effect in the order in which they were made.
 */
export class MemoryWorkbenchStore implements WorkbenchStore {
  /** User id → workbench id → record. */
  readonly #users = new Map<string, Map<string, StoredRecord>>();
  /** The keys of the unreadable records that lists have skipped, in this order. */
  readonly unreadableKeys: WorkbenchKey[] = [];

  async create(workbench: Workbench): Promise<'created' | 'exists'> {
    const record = freezeCopy(workbench);
    if (this.#stored(workbench) !== undefined) return 'exists';
    this.#put(workbench, { record });
    return 'created';
  }

  async read(key: WorkbenchKey): Promise<Workbench | undefined> {
    const stored = this.#stored(key);
    return stored === undefined ? undefined : parseStored(key, stored);
  }

  async update(workbench: Workbench, expectedRevision: number): Promise<'updated' | 'conflict'> {
    const record = freezeCopy(workbench);
    if (this.#revision(workbench) !== expectedRevision) return 'conflict';
    this.#put(workbench, { record });
    return 'updated';
  }

  async delete(key: WorkbenchKey, expectedRevision: number): Promise<'deleted' | 'conflict'> {
    const revision = this.#revision(key);
    if (revision === undefined) return 'deleted';
    if (revision !== expectedRevision) return 'conflict';
    this.#users.get(key.userId)?.delete(key.workbenchId);
    return 'deleted';
  }

  async listByUser(userId: string, page: { limit: number; after?: string }): Promise<WorkbenchPage> {
    if (!Number.isInteger(page.limit) || page.limit < 1 || page.limit > 100) {
      throw new RangeError(`page.limit: expected a whole number from 1 to 100, not ${page.limit}`);
    }
    const { after } = page;
    const ids = [...(this.#users.get(userId)?.keys() ?? [])]
      .filter((id) => after === undefined || id < after)
      .sort(compareDescending);
    const shown = ids.slice(0, page.limit);
    const workbenches = shown.flatMap((workbenchId) => this.#readOrReport({ userId, workbenchId }) ?? []);
    const last = shown.at(-1);
    return ids.length > shown.length && last !== undefined ? { workbenches, next: last } : { workbenches };
  }

  async listDue(now: number, limit: number): Promise<readonly WorkbenchKey[]> {
    const due: { at: number; key: WorkbenchKey }[] = [];
    for (const workbench of this.#all()) {
      const at = dueAt(workbench);
      if (at !== undefined && at <= now) due.push({ at, key: keyOf(workbench) });
    }
    return due
      .sort((a, b) => a.at - b.at)
      .slice(0, limit)
      .map(({ key }) => key);
  }

  /** Has no effect: lists skip unreadable records, so that they never block others. */
  async postpone(_key: WorkbenchKey, _now: number, _until: number): Promise<void> {}

  async listActive(
    cursor?: string,
  ): Promise<{ readonly keys: readonly WorkbenchKey[]; readonly cursor?: string }> {
    const keys = this.#all()
      .filter((workbench) => isActive(workbench) && (cursor === undefined || cursor < workbench.workbenchId))
      .map(keyOf)
      .sort((a, b) => compareDescending(b.workbenchId, a.workbenchId));
    const shown = keys.slice(0, ACTIVE_PAGE_SIZE);
    const last = shown.at(-1);
    return keys.length > shown.length && last !== undefined
      ? { keys: shown, cursor: last.workbenchId }
      : { keys: shown };
  }

  async findByWorkbenchId(workbenchId: string): Promise<WorkbenchKey | undefined> {
    return this.#findKey((workbench) => workbench.workbenchId === workbenchId);
  }

  async findByInstanceId(instanceId: string): Promise<WorkbenchKey | undefined> {
    return this.#findKey((workbench) => workbench.host?.instanceId === instanceId);
  }

  async ping(): Promise<void> {}

  /** Returns every readable record. For the checks of tests; no method of the port returns all. */
  listAll(): readonly Workbench[] {
    return this.#all();
  }

  /** Stores any value in place of a record, as a bug or a newer version might have done. */
  plant(key: WorkbenchKey, raw: unknown): void {
    this.#put(key, { raw: structuredClone(raw) });
  }

  #put(key: WorkbenchKey, stored: StoredRecord): void {
    const records = this.#users.get(key.userId) ?? new Map<string, StoredRecord>();
    records.set(key.workbenchId, stored);
    this.#users.set(key.userId, records);
  }

  #stored(key: WorkbenchKey): StoredRecord | undefined {
    return this.#users.get(key.userId)?.get(key.workbenchId);
  }

  #revision(key: WorkbenchKey): unknown {
    const stored = this.#stored(key);
    if (stored === undefined) return undefined;
    return 'record' in stored
      ? stored.record.revision
      : ((stored.raw as { revision?: unknown } | null)?.revision ?? null);
  }

  #readOrReport(key: WorkbenchKey): Workbench | undefined {
    const stored = this.#stored(key);
    if (stored === undefined) return undefined;
    try {
      return parseStored(key, stored);
    } catch {
      this.unreadableKeys.push(key);
      return undefined;
    }
  }

  #all(): Workbench[] {
    return [...this.#users].flatMap(([userId, records]) =>
      [...records.keys()].flatMap((workbenchId) => this.#readOrReport({ userId, workbenchId }) ?? []),
    );
  }

  #findKey(matches: (workbench: Workbench) => boolean): WorkbenchKey | undefined {
    const found = this.#all().find(matches);
    return found === undefined ? undefined : keyOf(found);
  }
}

/** A record as written, or the value planted in its place. */
type StoredRecord = { readonly record: Workbench } | { readonly raw: unknown };

function freezeCopy(workbench: Workbench): Workbench {
  return deepFreeze(JSON.parse(JSON.stringify(workbenchSchema.parse(workbench))));
}

function parseStored(key: WorkbenchKey, stored: StoredRecord): Workbench {
  if ('record' in stored) return stored.record;
  const parsed = workbenchSchema.safeParse(stored.raw);
  if (!parsed.success) throw new UnreadableRecord(key, parsed.error);
  const { userId, workbenchId } = parsed.data;
  if (userId !== key.userId || workbenchId !== key.workbenchId) {
    throw new UnreadableRecord(key, new Error('the record contains the key of another workbench'));
  }
  return parsed.data;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}

/** Compares code units, not by locale: ids consist of lower-case letters and digits. */
function compareDescending(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? 1 : -1;
}
