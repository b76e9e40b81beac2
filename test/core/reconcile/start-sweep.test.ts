import { describe, expect, it } from 'vitest';
import { SWEEP_REQUEST_RETENTION_MS } from '#core/ports/sweep-starter.ts';
import { startSweep } from '#core/reconcile/start-sweep.ts';
import { aReport } from '#test/contracts/report-store.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';

function setUp() {
  const world = new MemoryWorld();
  const now = () => world.clock.now();
  const report = async (sweep: 'tasks' | 'hosts', startedAt: number) =>
    world.reports.add(aReport({ sweep, startedAt, endedAt: startedAt + 1 }));
  return { world, now, report, start: (sweep: 'tasks' | 'quotas') => startSweep(world.ports, sweep, 'ada') };
}

const RUNNING = { code: 'too_many_requests', reason: 'sweep_running', retryAfterSeconds: 10 };

describe('a sweep that an operator starts', () => {
  it('begins, and is returned with the time from which on its report counts', async () => {
    const { world, now, start } = setUp();
    expect(await start('tasks')).toEqual({ sweep: 'tasks', at: now(), by: 'ada' });
    expect(world.sweeps.started).toEqual(['tasks']);
  });

  it('is returned to a repeated request, and refuses others, until its report is stored', async () => {
    const { world, now, report, start } = setUp();
    const first = await start('tasks');
    await report('tasks', first.at - 1);
    await report('hosts', first.at);
    await world.clock.advanceAsync(5);
    expect(await start('tasks')).toEqual(first);
    await expect(start('quotas')).rejects.toMatchObject(RUNNING);
    expect(world.sweeps.started).toEqual(['tasks']);
    await report('tasks', first.at);
    expect(await start('quotas')).toMatchObject({ sweep: 'quotas', at: now() });
    expect(world.sweeps.started).toEqual(['tasks', 'quotas']);
  });

  it('does not count as running any more if it has written no report for long', async () => {
    const { world, start } = setUp();
    await start('tasks');
    await world.clock.advanceAsync(SWEEP_REQUEST_RETENTION_MS - 1);
    await expect(start('quotas')).rejects.toMatchObject(RUNNING);
    await world.clock.advanceAsync(1);
    expect(await start('quotas')).toMatchObject({ sweep: 'quotas' });
  });

  it('is refused if another one was stored in the same moment', async () => {
    const { start } = setUp();
    const outcomes = await Promise.allSettled([start('tasks'), start('quotas')]);
    expect(outcomes).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: RUNNING }]);
  });

  it('is refused if the installation does not have it', async () => {
    const { world, start } = setUp();
    world.sweeps.available = ['quotas'];
    await expect(start('tasks')).rejects.toMatchObject({
      code: 'invalid_request',
      fields: { sweep: expect.stringContaining('one of quotas') },
    });
  });
});
