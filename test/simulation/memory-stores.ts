import { MemoryHistoryStore } from './memory-history-store.ts';
import { MemoryIdempotencyStore } from './memory-idempotency-store.ts';
import { MemoryWorkbenchStore } from '../memory/memory-workbench-store.ts';

export { MemoryHistoryStore, MemoryIdempotencyStore, MemoryWorkbenchStore };

export interface MemoryStores {
  readonly workbenches: MemoryWorkbenchStore;
  readonly history: MemoryHistoryStore;
  readonly idempotency: MemoryIdempotencyStore;
}

/** The three stores, empty, under the names that use cases know them by. */
export function memoryStores(): MemoryStores {
  return {
    workbenches: new MemoryWorkbenchStore(),
    history: new MemoryHistoryStore(),
    idempotency: new MemoryIdempotencyStore(),
  };
}
