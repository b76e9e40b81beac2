import { describe, expect, test } from 'vitest';
import { keyOf, type Workbench, type WorkbenchKey } from '#core/workbench/workbench.ts';
import { WorkbenchRoutes } from '#gate/workbench-routes.ts';
import { acceptedRun, idAt, running, stopped, T0 } from '#test/builders/workbench.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

/** Creates routes for these records. `reads` are the ids that were looked up. */
function makeRoutes(records: readonly Workbench[], capacity = 500) {
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
  return { timers, reads, fail, routes: new WorkbenchRoutes({ workbenches, timers, capacity }) };
}

const [a, b, c] = [idAt(T0, 1), idAt(T0, 2), idAt(T0, 3)];
const runningRecord = running({ workbenchId: a, run: acceptedRun({ endpoint: 'http://127.0.0.1:4000' }) });
const stoppedRecord = stopped({ workbenchId: b });

describe('WorkbenchRoutes', () => {
  test('returns the target of a running workbench, and the record of others', async () => {
    const { routes } = makeRoutes([runningRecord, stoppedRecord]);
    expect(await routes.find(a)).toEqual({
      kind: 'running',
      runId: runningRecord.run.runId,
      target: { host: '127.0.0.1', port: 4000, pathname: '/' },
    });
    expect(await routes.find(b)).toEqual({ kind: 'waiting', workbench: stoppedRecord });
    expect(await routes.find(c)).toEqual({ kind: 'unknown' });
  });

  test('ignores an index entry whose record does not exist', async () => {
    const workbenches = { findByWorkbenchId: async () => keyOf(runningRecord), read: async () => undefined };
    const routes = new WorkbenchRoutes({ workbenches, timers: new ManualClock() });
    expect(await routes.find(a)).toEqual({ kind: 'unknown' });
  });

  test('shares one lookup between concurrent calls, and repeats it after the cache time', async () => {
    const { routes, reads, timers } = makeRoutes([runningRecord]);
    await Promise.all([routes.find(a), routes.find(a)]);
    timers.advance(999);
    await routes.find(a);
    expect(reads).toEqual([a]);
    timers.advance(1);
    await routes.find(a);
    expect(reads).toEqual([a, a]);
  });

  test('repeats a lookup after the clock was set back', async () => {
    const { routes, reads, timers } = makeRoutes([runningRecord]);
    await routes.find(a);
    timers.set(-86_400_000);
    await routes.find(a);
    expect(reads).toEqual([a, a]);
  });

  test('repeats a lookup after an invalidation, even during a lookup', async () => {
    const { routes, reads } = makeRoutes([runningRecord]);
    const first = routes.find(a);
    routes.invalidate(a);
    await Promise.all([first, routes.find(a)]);
    expect(reads).toEqual([a, a]);
  });

  test('does not cache workbenches that are not running', async () => {
    const { routes, reads } = makeRoutes([stoppedRecord]);
    for (const id of [b, b, c, c]) await routes.find(id);
    expect(reads).toEqual([b, b, c, c]);
  });

  test('does not cache failures', async () => {
    const { routes, fail } = makeRoutes([runningRecord]);
    fail(new Error('the table does not respond'));
    await expect(routes.find(a)).rejects.toThrow('the table does not respond');
    fail(undefined);
    expect((await routes.find(a)).kind).toBe('running');
  });

  test('evicts the oldest route when it is full', async () => {
    const { routes, reads } = makeRoutes(
      [runningRecord, { ...runningRecord, workbenchId: b }, { ...runningRecord, workbenchId: c }],
      2,
    );
    for (const id of [a, b, c, c, b, a]) await routes.find(id);
    expect(reads).toEqual([a, b, c, a]);
  });
});
