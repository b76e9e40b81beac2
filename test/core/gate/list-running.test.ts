import { describe, expect, it } from 'vitest';
import { listRunning } from '#core/gate/list-running.ts';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import { keyOf, type Workbench } from '#core/workbench/workbench.ts';
import { acceptedRun, idAt, running, stopped, T0 } from '#test/builders/workbench.ts';

const runningNumber = (n: number) =>
  running({ workbenchId: idAt(T0, n), run: acceptedRun({ endpoint: `http://10.0.0.1:${n}` }) });

/** A store with these records, in pages of two. */
function storeOf(records: readonly Workbench[], unreadable?: string) {
  return {
    async listActive(cursor = '0') {
      const from = Number(cursor);
      const keys = records.slice(from, from + 2).map(keyOf);
      return from + 2 < records.length ? { keys, cursor: String(from + 2) } : { keys };
    },
    async read(key: { readonly userId: string; readonly workbenchId: string }) {
      if (key.workbenchId === unreadable) throw new UnreadableRecord(key, new Error('invalid'));
      return records.find(({ workbenchId }) => workbenchId === key.workbenchId);
    },
  };
}

describe('the list of running workbenches', () => {
  it('has those of all pages, each once', async () => {
    const records = [1, 2, 3, 4, 5].map(runningNumber);
    const found = await listRunning(storeOf([...records, runningNumber(1)]));
    expect(found).toEqual(
      [1, 2, 3, 4, 5].map((n) => ({ workbenchId: idAt(T0, n), endpoint: `http://10.0.0.1:${n}` })),
    );
  });

  it('leaves out those that do not run, have no endpoint, no longer exist or are unreadable', async () => {
    const store = storeOf(
      [
        stopped({ workbenchId: idAt(T0, 1) }),
        running({ workbenchId: idAt(T0, 2), run: acceptedRun() }),
        runningNumber(3),
        runningNumber(4),
        runningNumber(5),
      ],
      idAt(T0, 3),
    );
    const read: typeof store.read = async (key) =>
      key.workbenchId === idAt(T0, 4) ? undefined : store.read(key);
    expect(await listRunning({ ...store, read })).toEqual([
      { workbenchId: idAt(T0, 5), endpoint: 'http://10.0.0.1:5' },
    ]);
  });

  it('fails as a whole if one record cannot be read', async () => {
    const store = storeOf([runningNumber(1), runningNumber(2), runningNumber(3)]);
    const read: typeof store.read = (key) =>
      key.workbenchId === idAt(T0, 3) ? Promise.reject(new Error('throttled')) : store.read(key);
    await expect(listRunning({ ...store, read })).rejects.toThrow('throttled');
  });

  it('fails if the pages have no end', async () => {
    const store = { ...storeOf([]), listActive: async () => ({ keys: [], cursor: 'again' }) };
    await expect(listRunning(store)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
