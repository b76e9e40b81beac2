import type { Telemetry } from '#core/ports/telemetry.ts';
import type { RecordFolder } from '../state-files.ts';
import { isAllowedTransition, type TaskFields } from './task-record.ts';

export interface LocalTaskContext<R extends TaskFields> {
  readonly records: Pick<RecordFolder<R>, 'save'>;
  readonly telemetry: Telemetry | undefined;
  /** Told after each change, once it is on disk. */
  readonly onChange: (record: R) => void;
}

/** What a task has in common whatever runs it: its record, each change of which is on disk before it is seen. */
export class LocalTask<R extends TaskFields> {
  #record: R;
  readonly #context: LocalTaskContext<R>;
  #changes: Promise<unknown> = Promise.resolve();
  readonly #stopped = Promise.withResolvers<void>();

  constructor(record: R, context: LocalTaskContext<R>) {
    this.#record = record;
    this.#context = context;
  }

  get record(): R {
    return this.#record;
  }

  /** Resolves when it has stopped: at once for one that had before. */
  get stopped(): Promise<void> {
    if (this.#record.status === 'stopped') this.#stopped.resolve();
    return this.#stopped.promise;
  }

  /** Resolves when every change asked for so far is on disk. */
  async flush(): Promise<void> {
    await this.#changes;
  }

  /**
   * Changes the record, on disk first; steps backwards are left out. Answers whether it is on disk: a disk
   * that is full must not keep anything from being stopped, so the change counts either way.
   */
  update(fields: Partial<Omit<R, 'version'>>): Promise<boolean> {
    const next = this.#changes.then(async () => {
      const { status } = fields;
      // Nothing comes after the end.
      if (!isAllowedTransition(this.#record.status, status ?? this.#record.status)) return true;
      const record = { ...this.#record, ...fields, version: this.#record.version + 1 };
      if (status !== undefined && fields.detail === undefined) delete record.detail;
      const saved = await this.#context.records.save(record).then(
        () => true,
        (error: unknown) => {
          const { taskId } = record;
          this.#context.telemetry?.error('a task record could not be written', { taskId }, error);
          return false;
        },
      );
      this.#record = record;
      this.#context.onChange(record);
      if (record.status === 'stopped') this.#stopped.resolve();
      return saved;
    });
    this.#changes = next;
    return next;
  }
}
