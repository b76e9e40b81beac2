import {
  type CompletedStart,
  START_TIMES_SPAN_MS,
  type StartTimes,
  type StartTimesStore,
} from '#core/ports/start-times-store.ts';
import { addCounts } from '#core/workbench/start-times.ts';

/** A StartTimesStore in memory. It keeps every count. */
export class MemoryStartTimesStore implements StartTimesStore {
  readonly #counted: (StartTimes & { readonly week: number })[] = [];

  async add({ kind, instanceType, at }: CompletedStart, bucket: number): Promise<void> {
    this.#counted.push({
      kind,
      ...(instanceType === undefined ? {} : { instanceType }),
      counts: new Map([[bucket, 1]]),
      week: at - (at % START_TIMES_SPAN_MS),
    });
  }

  async list(from: number): Promise<readonly StartTimes[]> {
    return addCounts(this.#counted.filter(({ week }) => week >= from));
  }
}
