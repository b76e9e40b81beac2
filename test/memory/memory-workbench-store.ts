import type { UsageEntry } from '#core/ports/usage-store.ts';
import { UnreadableRecord, type WorkbenchPage, type WorkbenchStore } from '#core/ports/workbench-store.ts';
import { decodeRecord, encodeRecord, type StoredRecord } from '#core/workbench/record-codec.ts';
import { dueAt, isActive, keyOf, type Workbench, type WorkbenchKey } from '#core/workbench/workbench.ts';

/** How a version of the controller reads and writes records. */
export interface RecordCodec {
  decode(stored: unknown): Workbench;
  encode(workbench: Workbench): StoredRecord;
}

export const CURRENT_CODEC: RecordCodec = {
  decode: (stored) => decodeRecord(stored),
  encode: (workbench) => encodeRecord(workbench),
};

const ACTIVE_PAGE_SIZE = 100;

/** Called with each write: the stored record before it (undefined: none) and after it. */
export type WriteListener = (key: WorkbenchKey, before: unknown, after: StoredRecord) => void;

/** What the views of a store share, one for each version of the controller. */
interface SharedRecords {
  /** user id → workbench id → record */
  readonly users: Map<string, Map<string, unknown>>;
  /** Decoded records by codec and stored record, so that each is decoded once for all views. */
  readonly decoded: Map<RecordCodec, WeakMap<object, Workbench>>;
}

/** Whether the claim of this user and key is open and names this workbench. */
type IsClaimOpen = (workbench: WorkbenchKey, idempotencyKey: string) => boolean;

/**
 * Records in memory. The store holds the encoded records as JSON would, and returns frozen ones, so that no caller can
 * change them. Every call takes effect before its promise is returned: concurrent calls take effect in the order in
 * which they were made.
 */
export class MemoryWorkbenchStore implements WorkbenchStore {
  readonly #users: SharedRecords['users'];
  readonly #shared: SharedRecords;
  readonly #codec: RecordCodec;
  readonly #onWrite: WriteListener;
  readonly #isClaimOpen: IsClaimOpen;
  readonly #addUsage: (entries: readonly UsageEntry[]) => void;
  readonly #decoded: WeakMap<object, Workbench>;
  /** Keys of the records that lists have left out because they were unreadable, in order. */
  readonly unreadableKeys: WorkbenchKey[] = [];

  constructor(
    codec: RecordCodec = CURRENT_CODEC,
    onWrite: WriteListener = () => {},
    shared: SharedRecords = { users: new Map(), decoded: new Map() },
    isClaimOpen: IsClaimOpen = () => false,
    addUsage: (entries: readonly UsageEntry[]) => void = () => {},
  ) {
    this.#isClaimOpen = isClaimOpen;
    this.#addUsage = addUsage;
    this.#codec = codec;
    this.#onWrite = onWrite;
    this.#shared = shared;
    this.#users = shared.users;
    this.#decoded = shared.decoded.get(codec) ?? new WeakMap();
    shared.decoded.set(codec, this.#decoded);
  }

  /** A store of the same records that reads and writes them as another version of the controller does. */
  withCodec(codec: RecordCodec, onWrite: WriteListener): MemoryWorkbenchStore {
    return new MemoryWorkbenchStore(codec, onWrite, this.#shared, this.#isClaimOpen, this.#addUsage);
  }

  async create(workbench: Workbench, idempotencyKey?: string): Promise<'created' | 'exists'> {
    const record = this.#encode(workbench);
    if (idempotencyKey !== undefined && !this.#isClaimOpen(workbench, idempotencyKey)) return 'exists';
    if (this.#stored(workbench) !== undefined) return 'exists';
    this.#write(workbench, record);
    return 'created';
  }

  async read(key: WorkbenchKey): Promise<Workbench | undefined> {
    const stored = this.#stored(key);
    return stored === undefined ? undefined : this.decode(key, stored);
  }

  async update(
    workbench: Workbench,
    expectedRevision: number,
    closed: readonly UsageEntry[] = [],
  ): Promise<'updated' | 'conflict'> {
    const record = this.#encode(workbench);
    if (this.#revision(workbench) !== expectedRevision) return 'conflict';
    this.#write(workbench, record);
    this.#addUsage(closed);
    return 'updated';
  }

  async move(
    workbench: Workbench,
    fromUserId: string,
    expectedRevision: number,
    closed: readonly UsageEntry[] = [],
  ): Promise<'moved' | 'conflict'> {
    const record = this.#encode(workbench);
    const from = { userId: fromUserId, workbenchId: workbench.workbenchId };
    const before = this.#stored(from);
    if (this.#revision(from) !== expectedRevision || this.#stored(workbench) !== undefined) return 'conflict';
    this.#users.get(fromUserId)?.delete(from.workbenchId);
    this.#put(workbench, record);
    this.#onWrite(workbench, before, record);
    this.#addUsage(closed);
    return 'moved';
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
    return this.#listByDueTime((at) => at <= now, limit);
  }

  async listDueAfter(after: number, limit: number): Promise<readonly WorkbenchKey[]> {
    return this.#listByDueTime((at) => at > after, limit);
  }

  #listByDueTime(matches: (at: number) => boolean, limit: number): readonly WorkbenchKey[] {
    const due: { at: number; key: WorkbenchKey }[] = [];
    for (const workbench of this.#all()) {
      const at = dueAt(workbench);
      if (at !== undefined && matches(at)) due.push({ at, key: keyOf(workbench) });
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

  async findMoved(workbenchId: string): Promise<WorkbenchKey | undefined> {
    for (const [userId, records] of this.#users) if (records.has(workbenchId)) return { userId, workbenchId };
    return undefined;
  }

  async findByInstanceId(instanceId: string): Promise<WorkbenchKey | undefined> {
    return this.#findKey((workbench) => workbench.host?.instanceId === instanceId);
  }

  async ping(): Promise<void> {}

  /** Every readable record, for a test's own checks: no port method returns them all. */
  listAll(): readonly Workbench[] {
    return this.#all();
  }

  /** Stores any value as a record, as a bug or a newer version might have. */
  plant(key: WorkbenchKey, raw: unknown): void {
    this.#put(key, deepFreeze(structuredClone(raw)));
  }

  /**
   * The workbench in a record as it is stored.
   * @throws UnreadableRecord
   */
  decode(key: WorkbenchKey, stored: unknown): Workbench {
    const known = typeof stored === 'object' && stored !== null ? this.#decoded.get(stored) : undefined;
    if (known !== undefined) return known;
    const workbench = decodeOrThrow(this.#codec, key, stored);
    if (workbench.userId !== key.userId || workbench.workbenchId !== key.workbenchId) {
      throw new UnreadableRecord(key, new Error('the record belongs to another workbench'));
    }
    if (typeof stored === 'object' && stored !== null) this.#decoded.set(stored, workbench);
    return workbench;
  }

  #write(key: WorkbenchKey, record: StoredRecord): void {
    const before = this.#stored(key);
    this.#put(key, record);
    this.#onWrite(key, before, record);
  }

  #put(key: WorkbenchKey, stored: unknown): void {
    const records = this.#users.get(key.userId) ?? new Map<string, unknown>();
    records.set(key.workbenchId, stored);
    this.#users.set(key.userId, records);
  }

  #stored(key: WorkbenchKey): unknown {
    return this.#users.get(key.userId)?.get(key.workbenchId);
  }

  #revision(key: WorkbenchKey): unknown {
    const stored = this.#stored(key);
    if (stored === undefined) return undefined;
    return (stored as { readonly revision?: unknown } | null)?.revision ?? null;
  }

  #encode(workbench: Workbench): StoredRecord {
    return frozenJson(this.#codec.encode(workbench)) as StoredRecord;
  }

  #readOrReport(key: WorkbenchKey): Workbench | undefined {
    const stored = this.#stored(key);
    if (stored === undefined) return undefined;
    try {
      return this.decode(key, stored);
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

function decodeOrThrow(codec: RecordCodec, key: WorkbenchKey, stored: unknown): Workbench {
  try {
    return deepFreeze(codec.decode(stored));
  } catch (error) {
    throw new UnreadableRecord(key, error);
  }
}

/**
 * A frozen copy of a value, as `JSON.parse(JSON.stringify(value))` returns it, but faster.
 * @throws TypeError for a value that JSON changes or leaves out, except fields that are undefined
 */
export function frozenJson(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value))
    return value;
  if (Array.isArray(value)) return Object.freeze(value.map(frozenJson));
  if (typeof value !== 'object' || !isPlain(value))
    throw new TypeError(`JSON does not keep ${String(value)}`);
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const member = (value as Readonly<Record<string, unknown>>)[name];
    if (member !== undefined) copy[name] = isPrimitive(member) ? member : frozenJson(member);
  }
  return Object.freeze(copy);
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The values that most fields have. */
function isPrimitive(value: unknown): boolean {
  return typeof value === 'string' || Number.isFinite(value);
}

/** Freezes a value and all that it contains. An object that is already frozen must be frozen as a whole. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const member of Object.values(value)) if (typeof member === 'object') deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}

/** Compares code units, not by locale: ids consist of lower-case letters and digits. */
function compareDescending(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? 1 : -1;
}
