import { Worker } from 'node:worker_threads';
import type { BatchRequest, BatchResult } from './batch.ts';

/** Schedules in one batch: a failure stops the run at the end of the batches under way. */
const BATCH_SIZE = 250;
const REPEAT_EVERY = 125;

export interface PoolOptions {
  readonly schedules: number;
  /** 0 … 2³²−1; batch n uses seed + n. */
  readonly seed: number;
  readonly workers: number;
  readonly mutant?: string;
  /** Whether a failure is shrunk. @default true */
  readonly shrink?: boolean;
  readonly onBatch?: (done: number, result: BatchResult) => void;
}

/** Spreads schedules over worker threads until all are done or one has broken a rule. */
export async function runPool(options: PoolOptions): Promise<readonly BatchResult[]> {
  const { schedules, seed, workers, mutant, shrink = true, onBatch } = options;
  const batches = Math.ceil(schedules / BATCH_SIZE);
  const results: BatchResult[] = [];
  let next = 0;
  let done = 0;
  let failed = false;

  const work = async (): Promise<void> => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { mutant } });
    try {
      while (next < batches && !failed) {
        const batch = next++;
        const size = Math.min(BATCH_SIZE, schedules - batch * BATCH_SIZE);
        const request = {
          seed: (seed + batch) % 2 ** 32,
          schedules: size,
          repeatEvery: REPEAT_EVERY,
          shrink,
        };
        const result = await runOnWorker(worker, request);
        results.push(result);
        done += result.schedules;
        failed ||= result.failure !== undefined;
        onBatch?.(done, result);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, batches) }, work));
  return results;
}

function runOnWorker(worker: Worker, request: BatchRequest): Promise<BatchResult> {
  return new Promise((resolve, reject) => {
    const over = () => worker.off('error', failed).off('message', answered);
    const failed = (error: Error) => {
      over();
      reject(error);
    };
    const answered = ({ result, error }: { result?: BatchResult; error?: string }) => {
      over();
      if (result) resolve(result);
      else reject(new Error(error));
    };
    worker.once('error', failed).once('message', answered);
    worker.postMessage(request);
  });
}
