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
 * The records in memory. They are kept as JSON text, so that no caller ever shares an object with the store
 * and `undefined` members vanish, as they do in a table. Every call takes effect at once, before its promise
 * is handed out: calls made one after another without awaiting race in the order in which they were made.
 */
export class MemoryWorkbenchStore implements WorkbenchStore {
  /** user id → workbench id → record */
  readonly #users = new Map<string, Map<string, string>>();
  /** Keys of the records that lists have left out because they could not be read, in the order met. */
  readonly leftOut: WorkbenchKey[] = [];

  async create(workbench: Workbench): Promise<'created' | 'exists'> {
    const text = serialise(workbench);
    if (this.#text(workbench) !== undefined) return 'exists';
    this.#put(workbench, text);
    return 'created';
  }

  async read(key: WorkbenchKey): Promise<Workbench | undefined> {
    const text = this.#text(key);
    return text === undefined ? undefined : parse(key, text);
  }

  async update(workbench: Workbench, expectedRevision: number): Promise<'updated' | 'conflict'> {
    const text = serialise(workbench);
    if (this.#revision(workbench) !== expectedRevision) return 'conflict';
    this.#put(workbench, text);
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
    this.#put(key, JSON.stringify(raw));
  }

  #put(key: WorkbenchKey, text: string): void {
    const records = this.#users.get(key.userId) ?? new Map<string, string>();
    records.set(key.workbenchId, text);
    this.#users.set(key.userId, records);
  }

  #text(key: WorkbenchKey): string | undefined {
    return this.#users.get(key.userId)?.get(key.workbenchId);
  }

  #revision(key: WorkbenchKey): unknown {
    const text = this.#text(key);
    return text === undefined ? undefined : (JSON.parse(text)?.revision ?? null);
  }

  #readable(key: WorkbenchKey): Workbench | undefined {
    const text = this.#text(key);
    if (text === undefined) return undefined;
    try {
      return parse(key, text);
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

function serialise(workbench: Workbench): string {
  return JSON.stringify(workbenchSchema.parse(workbench));
}

function parse(key: WorkbenchKey, text: string): Workbench {
  const parsed = workbenchSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new UnreadableRecord(key, parsed.error);
  const { userId, workbenchId } = parsed.data;
  if (userId !== key.userId || workbenchId !== key.workbenchId) {
    throw new UnreadableRecord(key, new Error('the record names another workbench'));
  }
  return parsed.data;
}

/** By code units, not by locale: ids are lower-case letters and digits. */
function descending(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? 1 : -1;
}
