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
 * The records in memory. They are kept frozen, as JSON would carry them, so that no caller can change what
 * the store has, and `undefined` members vanish, as they do in a table. Every call takes effect at once, before its promise
 * is handed out: calls made one after another without awaiting race in the order in which they were made.
 */
export class MemoryWorkbenchStore implements WorkbenchStore {
  /** user id → workbench id → record */
  readonly #users = new Map<string, Map<string, StoredRecord>>();
  /** Keys of the records that lists have left out because they could not be read, in the order met. */
  readonly unreadableKeys: WorkbenchKey[] = [];

  async create(workbench: Workbench): Promise<'created' | 'exists'> {
    const record = freezeCopy(workbench);
    if (this.#stored(workbench) !== undefined) return 'exists';
    this.#put(workbench, { record });
    return 'created';
  }

  async read(key: WorkbenchKey): Promise<Workbench | undefined> {
    const kept = this.#stored(key);
    return kept === undefined ? undefined : parseStored(key, kept);
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
      throw new RangeError(`a page holds 1 to 100 workbenches, not ${page.limit}`);
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

  /** Lists leave out what cannot be read, so there is nothing to set aside. */
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

  /** Every readable record, for a test's own checks: no port method shows them all. */
  listAll(): readonly Workbench[] {
    return this.#all();
  }

  /** Puts whatever is given in a record's place, as a bug or a newer version might have. */
  plant(key: WorkbenchKey, raw: unknown): void {
    this.#put(key, { raw: structuredClone(raw) });
  }

  #put(key: WorkbenchKey, kept: StoredRecord): void {
    const records = this.#users.get(key.userId) ?? new Map<string, StoredRecord>();
    records.set(key.workbenchId, kept);
    this.#users.set(key.userId, records);
  }

  #stored(key: WorkbenchKey): StoredRecord | undefined {
    return this.#users.get(key.userId)?.get(key.workbenchId);
  }

  #revision(key: WorkbenchKey): unknown {
    const kept = this.#stored(key);
    if (kept === undefined) return undefined;
    return 'record' in kept
      ? kept.record.revision
      : ((kept.raw as { revision?: unknown } | null)?.revision ?? null);
  }

  #readOrReport(key: WorkbenchKey): Workbench | undefined {
    const kept = this.#stored(key);
    if (kept === undefined) return undefined;
    try {
      return parseStored(key, kept);
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

/** A record as written, or whatever was planted in its place. */
type StoredRecord = { readonly record: Workbench } | { readonly raw: unknown };

function freezeCopy(workbench: Workbench): Workbench {
  return deepFreeze(JSON.parse(JSON.stringify(workbenchSchema.parse(workbench))));
}

function parseStored(key: WorkbenchKey, kept: StoredRecord): Workbench {
  if ('record' in kept) return kept.record;
  const parsed = workbenchSchema.safeParse(kept.raw);
  if (!parsed.success) throw new UnreadableRecord(key, parsed.error);
  const { userId, workbenchId } = parsed.data;
  if (userId !== key.userId || workbenchId !== key.workbenchId) {
    throw new UnreadableRecord(key, new Error('the record names another workbench'));
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

/** By code units, not by locale: ids are lower-case letters and digits. */
function compareDescending(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? 1 : -1;
}
