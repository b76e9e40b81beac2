import { describe, expect, test } from 'vitest';
import { keyOf, type Workbench, type WorkbenchKey } from '#core/workbench/workbench.ts';
import { WorkbenchRecords } from '#gate/workbench-records.ts';
import { acceptedRun, idAt, running, stopped, T0 } from '#test/builders/workbench.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

/** Stores these records. `reads` are the ids that were looked up. */
function makeRecords(records: readonly Workbench[], capacity = 500) {
  const timers = new ManualClock();
  const reads: string[] = [];
  let failure: Error | undefined;
  const workbenches = {
    async findByWorkbenchId(workbenchId: string): Promise<WorkbenchKey | undefined> {
      reads.push(workbenchId);
      if (failure !== undefined) throw failure;
      const found = records.find((record) => record.workbenchId === workbenchId);
      return found === undefined ? undefined : keyOf(found);
    },
    read: async (key: WorkbenchKey) => records.find((record) => record.workbenchId === key.workbenchId),
  };
  const fail = (error: Error | undefined) => {
    failure = error;
  };
  return { timers, reads, fail, stored: new WorkbenchRecords({ workbenches, timers, capacity }) };
}

const [a, b, c] = [idAt(T0, 1), idAt(T0, 2), idAt(T0, 3)];
const runningRecord = running({ workbenchId: a, run: acceptedRun({ endpoint: 'http://127.0.0.1:4000' }) });
const stoppedRecord = stopped({ workbenchId: b });

describe('WorkbenchRecords', () => {
  test('returns the record of a workbench', async () => {
    const { stored } = makeRecords([runningRecord, stoppedRecord]);
    expect(await stored.find(a)).toEqual(runningRecord);
    expect(await stored.find(b)).toEqual(stoppedRecord);
    expect(await stored.find(c)).toBeUndefined();
  });

  test('ignores an index entry whose record does not exist', async () => {
    const workbenches = { findByWorkbenchId: async () => keyOf(runningRecord), read: async () => undefined };
    const stored = new WorkbenchRecords({ workbenches, timers: new ManualClock() });
    expect(await stored.find(a)).toBeUndefined();
  });

  test('shares one lookup between concurrent calls, and repeats it after the cache time', async () => {
    const { stored, reads, timers } = makeRecords([runningRecord]);
    await Promise.all([stored.find(a), stored.find(a)]);
    timers.advance(999);
    await stored.find(a);
    expect(reads).toEqual([a]);
    timers.advance(1);
    await stored.find(a);
    expect(reads).toEqual([a, a]);
  });

  test('repeats a lookup after the clock was set back', async () => {
    const { stored, reads, timers } = makeRecords([runningRecord]);
    await stored.find(a);
    timers.set(-86_400_000);
    await stored.find(a);
    expect(reads).toEqual([a, a]);
  });

  test('repeats a lookup after an invalidation, even during a lookup', async () => {
    const { stored, reads } = makeRecords([runningRecord]);
    const first = stored.find(a);
    stored.invalidate(a);
    await Promise.all([first, stored.find(a)]);
    expect(reads).toEqual([a, a]);
  });

  test('does not cache workbenches that are not running', async () => {
    const { stored, reads } = makeRecords([stoppedRecord]);
    for (const id of [b, b, c, c]) await stored.find(id);
    expect(reads).toEqual([b, b, c, c]);
  });

  test('does not cache failures', async () => {
    const { stored, fail } = makeRecords([runningRecord]);
    fail(new Error('the table does not respond'));
    await expect(stored.find(a)).rejects.toThrow('the table does not respond');
    fail(undefined);
    expect((await stored.find(a))?.status).toBe('running');
  });

  test('gives up after two seconds, and reads again for the next call', async () => {
    const timers = new ManualClock();
    let pending = Promise.withResolvers<WorkbenchKey>();
    const workbenches = { findByWorkbenchId: () => pending.promise, read: async () => runningRecord };
    const stored = new WorkbenchRecords({ workbenches, timers });
    const found = stored.find(a);
    const refused = expect(found).rejects.toThrow('took too long');
    timers.advance(2000);
    await refused;
    pending = Promise.withResolvers();
    pending.resolve(keyOf(runningRecord));
    expect(await stored.find(a)).toEqual(runningRecord);
    expect(timers.scheduledCount).toBe(0);
  });

  test('refuses a record that was read before the process was suspended', async () => {
    const timers = new ManualClock();
    const pending = Promise.withResolvers<WorkbenchKey>();
    const workbenches = { findByWorkbenchId: () => pending.promise, read: async () => runningRecord };
    const found = new WorkbenchRecords({ workbenches, timers }).find(a);
    const refused = expect(found).rejects.toThrow('took too long');
    timers.set(2001);
    pending.resolve(keyOf(runningRecord));
    await refused;
  });

  test('evicts the oldest record when it is full', async () => {
    const { stored, reads } = makeRecords(
      [runningRecord, { ...runningRecord, workbenchId: b }, { ...runningRecord, workbenchId: c }],
      2,
    );
    for (const id of [a, b, c, c, b, a]) await stored.find(id);
    expect(reads).toEqual([a, b, c, a]);
  });
});
