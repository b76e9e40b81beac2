import { describe, expect, it } from 'vitest';
import { groupIdOf } from '#adapters/group-id.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { Share } from '#core/ports/share-store.ts';
import { WorkbenchShares, type WorkbenchSharesOptions } from '#gate/workbench-shares.ts';
import { aShare } from '#test/builders/share.ts';
import { ID, idAt, T0 } from '#test/builders/workbench.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

function setUp(options: Partial<WorkbenchSharesOptions> = {}) {
  const clock = new ManualClock(T0);
  const table = {
    shares: [aShare()] as readonly Share[],
    reads: [] as string[],
    isDown: false,
    latencyMs: 0,
  };
  const shares = new WorkbenchShares({
    shares: {
      async listByWorkbench(workbenchId) {
        table.reads.push(workbenchId);
        const { shares, isDown } = table;
        if (table.latencyMs > 0) await new Promise<void>((resolve) => clock.after(table.latencyMs, resolve));
        if (isDown) throw new PortError('unavailable', 'no response');
        return shares;
      },
    },
    organisationShares: false,
    timers: clock,
    ...options,
  });
  return { clock, table, shares };
}

describe('the shares of a workbench', () => {
  it('are read once a second, however many requests ask', async () => {
    const { clock, table, shares } = setUp();
    const first = await Promise.all(Array.from({ length: 100 }, () => shares.find(ID)));
    expect(new Set(first)).toEqual(new Set([[aShare()]]));
    table.shares = [];
    clock.advance(999);
    expect(await shares.find(ID)).toEqual([aShare()]);
    expect(table.reads).toEqual([ID]);
    clock.advance(1);
    expect(await shares.find(ID)).toEqual([]);
    expect(table.reads).toEqual([ID, ID]);
  });

  it('name groups by their ids, and leave users as they are', async () => {
    const { table, shares } = setUp();
    table.shares = [aShare({ grantee: { kind: 'group', group: 'staff' } }), aShare()];
    expect(await shares.find(ID)).toEqual([
      aShare({ grantee: { kind: 'group', group: groupIdOf('staff') } }),
      aShare(),
    ]);
  });

  it.each([true, false])(
    'contain those with the organisation if the setting is %s',
    async (organisationShares) => {
      const { table, shares } = setUp({ organisationShares });
      table.shares = [aShare({ grantee: { kind: 'organisation' } })];
      expect(await shares.find(ID)).toEqual(organisationShares ? table.shares : []);
    },
  );

  it('are read again after a failure', async () => {
    const { table, shares } = setUp();
    table.isDown = true;
    await expect(shares.find(ID)).rejects.toThrow('no response');
    table.isDown = false;
    expect(await shares.find(ID)).toEqual([aShare()]);
  });

  it('cannot be read if the table takes longer than a second', async () => {
    const { clock, table, shares } = setUp();
    table.latencyMs = 1_001;
    const found = shares.find(ID);
    found.catch(() => {});
    await clock.advanceAsync(2_000);
    await expect(found).rejects.toThrow('took too long');
  });

  it('are not used after a suspension of the process during the read', async () => {
    const pending = Promise.withResolvers<readonly Share[]>();
    const { clock, shares } = setUp({ shares: { listByWorkbench: () => pending.promise } });
    const refused = expect(shares.find(ID)).rejects.toThrow('took too long');
    clock.set(2_001);
    pending.resolve([aShare()]);
    await refused;
  });

  it('of few workbenches are kept', async () => {
    const { table, shares } = setUp({ capacity: 2 });
    const ids = [ID, idAt(T0, 2), idAt(T0, 3)];
    for (const id of ids) await shares.find(id);
    await shares.find(idAt(T0, 3));
    expect(table.reads).toEqual(ids);
    await shares.find(ID);
    expect(table.reads).toEqual([...ids, ID]);
  });
});
