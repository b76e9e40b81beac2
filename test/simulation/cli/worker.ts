import { parentPort, workerData } from 'node:worker_threads';
import { plantMutant } from '../plant-mutant.ts';
import type { BatchRequest } from './batch.ts';

const { mutant } = workerData as { mutant?: string };
if (mutant !== undefined) plantMutant(mutant);
// Imported after the mutant has been planted, because it must be in place before a product module is loaded.
const { runBatch } = await import('./batch.ts');

// The injected faults are errors, thousands in a schedule, whose stacks take time and are not read. A failed schedule is
// reported with its log.
Error.stackTraceLimit = 0;

parentPort?.on('message', (request: BatchRequest) => {
  runBatch(request).then(
    (result) => parentPort?.postMessage({ result }),
    (error: unknown) =>
      parentPort?.postMessage({ error: error instanceof Error ? error.stack : String(error) }),
  );
});
