import { afterEach, beforeEach, describe, expect } from 'vitest';
import type { Mount, VolumeStore } from '#core/ports/volume-store.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface VolumeStoreSubject {
  readonly volumes: VolumeStore;
  /** Puts this many files into a volume, as a task that mounts it would; answers when they are there. */
  fill(mount: Mount, files: number): Promise<void>;
  /** How many files a volume holds; undefined when the volume is not there. */
  count(mount: Mount): Promise<number | undefined>;
  /** Ends this store's adapter and opens another one on the same state; absent when it keeps nothing. */
  reopen?(): Promise<VolumeStore>;
  end(): Promise<void>;
}

/** More files than one call of wipe may remove. */
const MANY = 2500;

/** What every VolumeStore does. */
export function describeVolumeStoreContract(
  name: string,
  makeSubject: () => Promise<VolumeStoreSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} keeps the contract of VolumeStore`, () => {
    const it = itUnlessSkipped(exceptions);
    let subject: VolumeStoreSubject;
    let volumes: VolumeStore;
    beforeEach(async () => {
      subject = await makeSubject();
      volumes = subject.volumes;
    });
    afterEach(() => subject.end());

    async function ensured(workbenchId: string): Promise<Mount> {
      const outcome = await volumes.ensure(workbenchId);
      if (outcome.kind !== 'ready') throw new Error(`not ready: ${JSON.stringify(outcome)}`);
      return outcome.mount;
    }
    async function wiped(workbenchId: string): Promise<number> {
      let deleted = 0;
      for (let call = 0; call < 1000; call += 1) {
        const progress = await volumes.deleteSlice(workbenchId);
        deleted += progress.deleted;
        if (progress.done) return deleted;
      }
      throw new Error('the wipe does not end');
    }
    async function listed(): Promise<string[]> {
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await volumes.list(cursor);
        expect(page.volumes.length).toBeLessThanOrEqual(1000);
        ids.push(...page.volumes.map((volume) => volume.workbenchId));
        cursor = page.cursor;
      } while (cursor !== undefined);
      return ids;
    }

    it('answers the same mount each time, and keeps what is in the volume', async () => {
      const mount = await ensured('aaaa');
      await subject.fill(mount, 3);
      expect(await Promise.all([ensured('aaaa'), ensured('aaaa')])).toEqual([mount, mount]);
      expect(await subject.count(mount)).toBe(3);
    });

    it('gives each workbench a volume of its own', async () => {
      const first = await ensured('aaaa');
      const second = await ensured('bbbb');
      await subject.fill(first, 1);
      expect(await subject.count(second)).toBe(0);
      expect((await listed()).sort()).toEqual(['aaaa', 'bbbb']);
    });

    it('wipes a volume and no other, root and all, and says how much it deleted', async () => {
      const mount = await ensured('aaaa');
      const other = await ensured('bbbb');
      await subject.fill(mount, 5);
      await subject.fill(other, 2);
      expect(await wiped('aaaa')).toBe(6);
      expect(await subject.count(mount)).toBeUndefined();
      expect(await subject.count(other)).toBe(2);
      expect(await listed()).toEqual(['bbbb']);
    });

    it('answers done again for a volume that is gone, and for one that never was', async () => {
      await ensured('aaaa');
      await wiped('aaaa');
      expect(await volumes.deleteSlice('aaaa')).toEqual({ done: true, deleted: 0 });
      expect(await volumes.deleteSlice('cccc')).toEqual({ done: true, deleted: 0 });
    });

    it('wipes a large volume in several bounded calls', async () => {
      const mount = await ensured('aaaa');
      await subject.fill(mount, MANY);
      const first = await volumes.deleteSlice('aaaa');
      expect(first.done).toBe(false);
      expect(first.deleted).toBeLessThan(MANY);
      expect(first.deleted + (await wiped('aaaa'))).toBe(MANY + 1);
      expect(await subject.count(mount)).toBeUndefined();
    });

    it('never gives out a volume again once its wipe has begun', async () => {
      const mount = await ensured('aaaa');
      await subject.fill(mount, MANY);
      await volumes.deleteSlice('aaaa');
      expect(await volumes.ensure('aaaa')).toEqual({ kind: 'tombstoned' });
      await wiped('aaaa');
      expect(await volumes.ensure('aaaa')).toEqual({ kind: 'tombstoned' });
      expect(await listed()).toEqual([]);
    });

    it('goes on with a wipe, and still refuses the volume, after it was closed and opened again', async (context) => {
      if (subject.reopen === undefined) return context.skip();
      const mount = await ensured('aaaa');
      const kept = await ensured('bbbb');
      await subject.fill(mount, MANY);
      await volumes.deleteSlice('aaaa');
      volumes = await subject.reopen();
      expect(await volumes.ensure('aaaa')).toEqual({ kind: 'tombstoned' });
      await wiped('aaaa');
      expect(await subject.count(mount)).toBeUndefined();
      expect(await ensured('bbbb')).toEqual(kept);
    });

    it('removes a volume that is empty, and none that holds anything', async () => {
      await ensured('aaaa');
      const full = await ensured('bbbb');
      await subject.fill(full, 1);
      expect(await volumes.deleteIfEmpty('aaaa')).toBe('deleted');
      expect(await volumes.deleteIfEmpty('aaaa')).toBe('deleted');
      expect(await volumes.deleteIfEmpty('cccc')).toBe('deleted');
      expect(await volumes.deleteIfEmpty('bbbb')).toBe('not_empty');
      expect(await subject.count(full)).toBe(1);
      expect(await listed()).toEqual(['bbbb']);
    });

    it('sets a volume aside, lists and gives it out no longer, and wipes it when that is asked for', async () => {
      const mount = await ensured('aaaa');
      await subject.fill(mount, 3);
      await volumes.quarantine('aaaa');
      await volumes.quarantine('aaaa');
      await volumes.quarantine('cccc');
      expect(await listed()).toEqual([]);
      expect(await volumes.ensure('aaaa')).toMatchObject({ kind: 'refused', retryable: false });
      expect(await wiped('aaaa')).toBe(4);
    });

    it('lists many volumes in pages, each of them once', async () => {
      const ids = Array.from({ length: 1005 }, (_, index) => `wb${String(index).padStart(6, '0')}`);
      for (const id of ids) await ensured(id);
      expect((await listed()).sort()).toEqual(ids);
    });
  });
}
