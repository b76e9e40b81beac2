import type { TableChange } from '#functions/streams/publish-events.ts';
import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';

/** Returns the sequence number of the first change that failed; undefined if the function was killed or has failed. */
export type InvokeForChanges = (
  changes: readonly TableChange[],
) => Promise<{ readonly firstFailed: string | undefined } | undefined>;

/** The most changes in a batch: few, so that a workbench has several batches. */
const BATCH_MAX = 4;
const SHARDS = 2;
/** Lambda polls a shard several times a second, and repeats a failed batch after a wait. Milliseconds. */
const POLL_MAX_MS = 2000;
const RETRY_MAX_MS = 30_000;

/**
 * The stream of the table and its event source mapping: each shard has the changes of its partition keys in order. The function gets
 * batches, one at a time for each shard, and gets a failed one again from the first change that failed.
 */
export class TableStreamModel {
  readonly #kernel: Kernel;
  readonly #tape: Tape;
  readonly #invoke: InvokeForChanges;
  readonly #shards = Array.from({ length: SHARDS }, () => ({
    changes: [] as TableChange[],
    isPolling: false,
  }));
  #count = 0;

  constructor(kernel: Kernel, tape: Tape, invoke: InvokeForChanges) {
    this.#kernel = kernel;
    this.#tape = tape;
    this.#invoke = invoke;
  }

  /** The number of changes that are not processed. */
  get size(): number {
    return this.#shards.reduce((sum, { changes }) => sum + changes.length, 0);
  }

  /** @param item the new item, in the form of DynamoDB */
  insert(
    partitionKey: string,
    sortKey: string,
    item: NonNullable<TableChange['dynamodb']>['NewImage'],
  ): void {
    this.#count += 1;
    const shard = this.#shards[Number.parseInt(partitionKey.slice(-1), 36) % SHARDS] ?? this.#shards[0];
    shard?.changes.push({
      dynamodb: {
        SequenceNumber: String(this.#count).padStart(10, '0'),
        Keys: { pk: { S: partitionKey }, sk: { S: sortKey } },
        ...(item === undefined ? {} : { NewImage: item }),
      },
    });
    if (shard !== undefined) this.#poll(shard, POLL_MAX_MS);
  }

  #poll(shard: { readonly changes: TableChange[]; isPolling: boolean }, maxMs: number): void {
    if (shard.isPolling || shard.changes.length === 0) return;
    shard.isPolling = true;
    this.#kernel.after(this.#tape.jitter(100, maxMs), async () => {
      const batch = shard.changes.slice(0, BATCH_MAX);
      const result = await this.#invoke(batch);
      const firstFailed = result === undefined ? batch[0]?.dynamodb?.SequenceNumber : result.firstFailed;
      const failedAt = batch.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === firstFailed);
      const isDone = firstFailed === undefined;
      shard.changes.splice(0, isDone ? batch.length : Math.max(0, failedAt));
      shard.isPolling = false;
      this.#poll(shard, isDone ? POLL_MAX_MS : RETRY_MAX_MS);
    });
  }
}
