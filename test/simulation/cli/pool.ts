import { Worker } from 'node:worker_threads';
import type { Hazards } from '../world/hazards.ts';
import type { BatchRequest, BatchResult } from './batch.ts';

/** Schedules per batch. After the last failure, no further batch is started. */
const BATCH_SIZE = 250;
/** Every 125th schedule is run twice. */
const REPEAT_EVERY = 125;

export interface PoolOptions {
  readonly schedules: number;
  /** 0 … 2³²−1; batch n uses seed + n. */
  readonly seed: number;
  readonly workers: number;
  /** The name of the mutant to plant. @default none */
  readonly mutant?: string;
  /** Whether to shrink a failing schedule. @default true */
  readonly shrink?: boolean;
  /** Probabilities of hazards that differ from their defaults. @default none */
  readonly hazards?: Partial<Hazards>;
  /** The run ends when so many schedules have violated a rule. With several workers there may be some more. @default 1 */
  readonly failures?: number;
  /** Called after each batch with the number of schedules run so far. */
  readonly onBatch?: (done: number, result: BatchResult) => void;
}

/** Runs schedules on worker threads until all have run or `failures` have violated a rule. */
export async function runPool(options: PoolOptions): Promise<readonly BatchResult[]> {
  const { schedules, seed, workers, mutant, shrink = true, hazards = {}, failures = 1, onBatch } = options;
  const batches = Math.ceil(schedules / BATCH_SIZE);
  const results: BatchResult[] = [];
  let next = 0;
  let done = 0;
  let failed = 0;

  const work = async (): Promise<void> => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { mutant } });
    try {
      while (next < batches && failed < failures) {
        const batch = next++;
        const size = Math.min(BATCH_SIZE, schedules - batch * BATCH_SIZE);
        const request = {
          seed: (seed + batch) % 2 ** 32,
          schedules: size,
          repeatEvery: REPEAT_EVERY,
          shrink,
          hazards,
          failuresMax: failures - failed,
        };
        const result = await runOnWorker(worker, request);
        results.push(result);
        done += result.schedules;
        failed += result.failures.length;
        onBatch?.(done, result);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, batches) }, work));
  return results;
}

/** Calls `run` for each item, for up to `max` items at the same time. Returns the results in the order of the items. */
export async function runEach<T, R>(
  items: readonly T[],
  max: number,
  run: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const remaining = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of remaining) results[index] = await run(item);
  };
  await Promise.all(Array.from({ length: Math.min(max, items.length) }, work));
  return results;
}

function runOnWorker(worker: Worker, request: BatchRequest): Promise<BatchResult> {
  return new Promise((resolve, reject) => {
    const removeListeners = () => worker.off('error', onError).off('message', onMessage);
    const onError = (error: Error) => {
      removeListeners();
      reject(error);
    };
    const onMessage = ({ result, error }: { result?: BatchResult; error?: string }) => {
      removeListeners();
      if (result) resolve(result);
      else reject(new Error(error));
    };
    worker.once('error', onError).once('message', onMessage);
    worker.postMessage(request);
  });
}
