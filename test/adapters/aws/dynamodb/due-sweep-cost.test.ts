import { afterEach, describe, expect, it } from 'vitest';
import { DynamoWorkbenchStore } from '#adapters/aws/dynamodb/workbench-store.ts';
import { DUE_SHARDS } from '#contract/table.ts';
import { build } from '#functions/schedules/sweep-due.ts';
import { MemoryWorkQueue } from '#test/memory/memory-work-queue.ts';
import { countCalls, sumCalls } from './counted-calls.ts';
import { type LoadedTable, openLoadedTable } from './loaded-table.ts';
import { NOW, type Population, population } from './population.ts';
import { RecordedTelemetry } from './table-under-test.ts';

/** `npm run bench:reconcile` does the same with a million. */
describe("what a minute's pass over what is due reads", () => {
  let table: LoadedTable | undefined;
  afterEach(() => table?.dispose());

  async function pass(of: Population) {
    table = await openLoadedTable(population(of));
    const telemetry = new RecordedTelemetry();
    const workbenches = new DynamoWorkbenchStore(table.client, table.tableName, telemetry);
    const calls = countCalls(table.client);
    const queue = new MemoryWorkQueue({ now: () => NOW });
    const { enqueued } = await build({ workbenches, queue, telemetry, clock: { now: () => NOW } })();
    return {
      enqueued,
      sent: queue.size,
      commands: new Set(calls.map(({ command }) => command)),
      ...sumCalls(calls),
    };
  }

  it('is what is due, one query for each shard of its index, and no record', async () => {
    const { units, ...cost } = await pass({ stored: 2000, active: 200, due: 10 });
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
    ['twice as many are stored', { stored: 4000, active: 200, due: 10 }],
    ['twice as many are active', { stored: 2000, active: 400, due: 10 }],
  ])('is the same when %s', async (_, of) => {
    expect(await pass(of)).toMatchObject({ enqueued: 10, calls: DUE_SHARDS, items: 10, scanned: 10 });
  });

  it('grows with what is due', async () => {
    expect(await pass({ stored: 2000, active: 200, due: 20 })).toMatchObject({
      enqueued: 20,
      calls: DUE_SHARDS,
      scanned: 20,
    });
  });
});
