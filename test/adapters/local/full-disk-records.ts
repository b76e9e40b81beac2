import { PortError } from '#core/ports/port-error.ts';

/** Records in memory, on a disk that a test can fill. */
export class FullDiskRecords<T> {
  readonly stored = new Map<string, T>();
  /** Every attempt to save a record. */
  readonly attempts: T[] = [];
  isFull = false;
  readonly #idOf: (record: T) => string;

  constructor(idOf: (record: T) => string) {
    this.#idOf = idOf;
  }

  async open(): Promise<readonly T[]> {
    return [...this.stored.values()];
  }

  async save(record: T): Promise<void> {
    this.attempts.push(record);
    const { isFull } = this;
    // As a write to a disk, which takes longer than the call.
    await new Promise((resolve) => setImmediate(resolve));
    if (isFull) throw new PortError('no_space', 'a record cannot be stored (ENOSPC)');
    this.stored.set(this.#idOf(record), record);
  }

  async remove(id: string): Promise<void> {
    this.stored.delete(id);
  }
}
