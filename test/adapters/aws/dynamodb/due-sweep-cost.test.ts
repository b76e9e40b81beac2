import { afterEach, describe, expect, it } from 'vitest';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { DUE_SHARDS } from '#contract/table.ts';
import { buildSweepDue } from '#functions/schedules/sweeps.ts';
import { MINUTE } from '#test/builders/workbench.ts';
import { MemoryWorkQueue } from '#test/memory/memory-work-queue.ts';
import { countCalls, sumCalls } from './counted-calls.ts';
import { type LoadedTable, openLoadedTable } from './loaded-table.ts';
import { NOW, type Population, population } from './population.ts';
import { RecordedTelemetry } from './table-under-test.ts';

/** `npm run bench:reconcile` measures the same with a million records. */
describe('the cost of a sweep over due records', () => {
  let table: LoadedTable | undefined;
  afterEach(() => table?.dispose());

  async function sweep(stored: Population, now = NOW) {
    table = await openLoadedTable(population(stored));
    const telemetry = new RecordedTelemetry();
    const workbenches = new DynamoWorkbenchStore(table.client, table.tableName, telemetry);
    const calls = countCalls(table.client);
    const queue = new MemoryWorkQueue({ elapsed: () => now });
    const { enqueued } = await buildSweepDue({ workbenches, queue, telemetry, clock: { now: () => now } })();
    return {
      enqueued,
      sent: queue.size,
      commands: new Set(calls.map(({ command }) => command)),
      ...sumCalls(calls),
    };
  }

  it('is one query per shard of the due index, and no read of a record', async () => {
    const { units, ...cost } = await sweep({ stored: 500, active: 50, due: 10 });
    expect(cost).toEqual({
      enqueued: 10,
      sent: 10,
      commands: new Set(['Query']),
      calls: DUE_SHARDS,
      items: 10,
      scanned: 10,
    });
    expect(units).toBeLessThanOrEqual(DUE_SHARDS / 2);
  });

  it.each([
    ['twice as many records are stored', { stored: 1000, active: 50, due: 10 }],
    ['twice as many records are active', { stored: 500, active: 100, due: 10 }],
  ])('is the same if %s', async (_, stored) => {
    expect(await sweep(stored)).toMatchObject({ enqueued: 10, calls: DUE_SHARDS, items: 10, scanned: 10 });
  });

  it('is twice as many queries every ten minutes, and these find no further record', async () => {
    const calls: number[] = [];
    for (let minute = 0; minute < 10; minute += 1) {
      const cost = await sweep({ stored: 20, active: 5, due: 2 }, NOW + minute * MINUTE);
      expect(cost).toMatchObject({ items: cost.enqueued, scanned: cost.enqueued });
      calls.push(cost.calls / DUE_SHARDS);
      await table?.dispose();
      table = undefined;
    }
    expect(calls.toSorted()).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
  });

  it('grows with the number of due records', async () => {
    expect(await sweep({ stored: 500, active: 50, due: 20 })).toMatchObject({
      enqueued: 20,
      calls: DUE_SHARDS,
      scanned: 20,
    });
  });
});
