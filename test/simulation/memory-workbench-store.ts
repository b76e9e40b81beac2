import { UnreadableRecord, type WorkbenchPage, type WorkbenchStore } from '#core/ports/workbench-store.ts';
import {
  dueAt,
  isActive,
  keyOf,
  type Workbench,
  type WorkbenchKey,
  workbenchSchema,
} from '#core/workbench/workbench.ts';

const ACTIVE_PAGE = 100;

/**
 * The records in memory. They are kept frozen, as JSON would carry them, so that no caller can change what
 * the store has, and `undefined` members vanish, as they do in a table. Every call takes effect at once, before its promise
 * is handed out: calls made one after another without awaiting race in the order in which they were made.
 */
export class MemoryWorkbenchStore implements WorkbenchStore {
  /** user id → workbench id → record */
  readonly #users = new Map<string, Map<string, Kept>>();
  /** Keys of the records that lists have left out because they could not be read, in the order met. */
  readonly leftOut: WorkbenchKey[] = [];

  async create(workbench: Workbench): Promise<'created' | 'exists'> {
    const record = frozenCopy(workbench);
    if (this.#kept(workbench) !== undefined) return 'exists';
    this.#put(workbench, { record });
    return 'created';
  }

  async read(key: WorkbenchKey): Promise<Workbench | undefined> {
    const kept = this.#kept(key);
    return kept === undefined ? undefined : readable(key, kept);
  }

  async update(workbench: Workbench, expectedRevision: number): Promise<'updated' | 'conflict'> {
    const record = frozenCopy(workbench);
    if (this.#revision(workbench) !== expectedRevision) return 'conflict';
    this.#put(workbench, { record });
    return 'updated';
  }

  async remove(key: WorkbenchKey, expectedRevision: number): Promise<'removed' | 'conflict'> {
    const revision = this.#revision(key);
    if (revision === undefined) return 'removed';
    if (revision !== expectedRevision) return 'conflict';
    this.#users.get(key.userId)?.delete(key.workbenchId);
    return 'removed';
  }

  async listByUser(userId: string, page: { limit: number; after?: string }): Promise<WorkbenchPage> {
    if (!Number.isInteger(page.limit) || page.limit < 1 || page.limit > 100) {
      throw new RangeError(`a page holds 1 to 100 workbenches, not ${page.limit}`);
    }
    const { after } = page;
    const ids = [...(this.#users.get(userId)?.keys() ?? [])]
      .filter((id) => after === undefined || id < after)
      .sort(descending);
    const shown = ids.slice(0, page.limit);
    const workbenches = shown.flatMap((workbenchId) => this.#readable({ userId, workbenchId }) ?? []);
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
      .sort((a, b) => descending(b.workbenchId, a.workbenchId));
    const shown = keys.slice(0, ACTIVE_PAGE);
    const last = shown.at(-1);
    return keys.length > shown.length && last !== undefined
      ? { keys: shown, cursor: last.workbenchId }
      : { keys: shown };
  }

  async findByWorkbenchId(workbenchId: string): Promise<WorkbenchKey | undefined> {
    return this.#find((workbench) => workbench.workbenchId === workbenchId);
  }

  async findByInstanceId(instanceId: string): Promise<WorkbenchKey | undefined> {
    return this.#find((workbench) => workbench.host?.instanceId === instanceId);
  }

  async ping(): Promise<void> {}

  /** Every readable record, for a test's own checks: no port method shows them all. */
  dump(): readonly Workbench[] {
    return this.#all();
  }

  /** Puts whatever is given in a record's place, as a bug or a newer version might have. */
  plant(key: WorkbenchKey, raw: unknown): void {
    this.#put(key, { raw: structuredClone(raw) });
  }

  #put(key: WorkbenchKey, kept: Kept): void {
    const records = this.#users.get(key.userId) ?? new Map<string, Kept>();
    records.set(key.workbenchId, kept);
    this.#users.set(key.userId, records);
  }

  #kept(key: WorkbenchKey): Kept | undefined {
    return this.#users.get(key.userId)?.get(key.workbenchId);
  }

  #revision(key: WorkbenchKey): unknown {
    const kept = this.#kept(key);
    if (kept === undefined) return undefined;
    return 'record' in kept
      ? kept.record.revision
      : ((kept.raw as { revision?: unknown } | null)?.revision ?? null);
  }

  #readable(key: WorkbenchKey): Workbench | undefined {
    const kept = this.#kept(key);
    if (kept === undefined) return undefined;
    try {
      return readable(key, kept);
    } catch {
      this.leftOut.push(key);
      return undefined;
    }
  }

  #all(): Workbench[] {
    return [...this.#users].flatMap(([userId, records]) =>
      [...records.keys()].flatMap((workbenchId) => this.#readable({ userId, workbenchId }) ?? []),
    );
  }

  #find(matches: (workbench: Workbench) => boolean): WorkbenchKey | undefined {
    const found = this.#all().find(matches);
    return found === undefined ? undefined : keyOf(found);
  }
}

/** A record as written, or whatever was planted in its place. */
type Kept = { readonly record: Workbench } | { readonly raw: unknown };

function frozenCopy(workbench: Workbench): Workbench {
  return deeplyFrozen(JSON.parse(JSON.stringify(workbenchSchema.parse(workbench))));
}

function readable(key: WorkbenchKey, kept: Kept): Workbench {
  if ('record' in kept) return kept.record;
  const parsed = workbenchSchema.safeParse(kept.raw);
  if (!parsed.success) throw new UnreadableRecord(key, parsed.error);
  const { userId, workbenchId } = parsed.data;
  if (userId !== key.userId || workbenchId !== key.workbenchId) {
    throw new UnreadableRecord(key, new Error('the record names another workbench'));
  }
  return parsed.data;
}

function deeplyFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deeplyFrozen(member);
    Object.freeze(value);
  }
  return value;
}

/** By code units, not by locale: ids are lower-case letters and digits. */
function descending(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? 1 : -1;
}
