import { afterEach, beforeEach, describe, expect } from 'vitest';
import type { Mount, VolumeStore } from '#core/ports/volume-store.ts';
import { itUnlessSkipped, type SkippedTests } from './skipped-tests.ts';

export interface VolumeStoreSubject {
  readonly volumes: VolumeStore;
  /** Writes this many files into a volume, as a task that mounts it would. */
  fill(mount: Mount, files: number): Promise<void>;
  /** The number of files in a volume; undefined if the volume does not exist. */
  count(mount: Mount): Promise<number | undefined>;
  /** Closes this adapter and opens another one on the same state; absent if the adapter stores nothing. */
  reopen?(): Promise<VolumeStore>;
  end(): Promise<void>;
}

/** More files than one call of deleteSlice may delete. */
const MANY = 2500;

/** The contract of VolumeStore. */
export function describeVolumeStoreContract(
  name: string,
  makeSubject: () => Promise<VolumeStoreSubject>,
  exceptions?: SkippedTests,
): void {
  describe(`${name} fulfils the contract of VolumeStore`, () => {
    const it = itUnlessSkipped(exceptions);
    let subject: VolumeStoreSubject;
    let volumes: VolumeStore;
    beforeEach(async () => {
      subject = await makeSubject();
      volumes = subject.volumes;
    });
    afterEach(() => subject.end());

    async function ensureReady(workbenchId: string): Promise<Mount> {
      const outcome = await volumes.ensure(workbenchId);
      if (outcome.kind !== 'ready') throw new Error(`not ready: ${JSON.stringify(outcome)}`);
      return outcome.mount;
    }
    async function deleteFully(workbenchId: string): Promise<number> {
      let deleted = 0;
      for (let call = 0; call < 1000; call += 1) {
        const progress = await volumes.deleteSlice(workbenchId);
        deleted += progress.deleted;
        if (progress.done) return deleted;
      }
      throw new Error('the deletion does not end');
    }
    async function listWorkbenchIds(): Promise<string[]> {
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

    it('returns the same mount each time and keeps the files', async () => {
      const mount = await ensureReady('aaaa');
      await subject.fill(mount, 3);
      expect(await Promise.all([ensureReady('aaaa'), ensureReady('aaaa')])).toEqual([mount, mount]);
      expect(await subject.count(mount)).toBe(3);
    });

    it('creates a separate volume for each workbench', async () => {
      const first = await ensureReady('aaaa');
      const second = await ensureReady('bbbb');
      await subject.fill(first, 1);
      expect(await subject.count(second)).toBe(0);
      expect((await listWorkbenchIds()).sort()).toEqual(['aaaa', 'bbbb']);
    });

    it('deletes a volume with its root, but no other volume, and returns the number of deleted files', async () => {
      const mount = await ensureReady('aaaa');
      const other = await ensureReady('bbbb');
      await subject.fill(mount, 5);
      await subject.fill(other, 2);
      expect(await deleteFully('aaaa')).toBe(6);
      expect(await subject.count(mount)).toBeUndefined();
      expect(await subject.count(other)).toBe(2);
      expect(await listWorkbenchIds()).toEqual(['bbbb']);
    });

    it('returns done for a volume that was deleted before and for one that never existed', async () => {
      await ensureReady('aaaa');
      await deleteFully('aaaa');
      expect(await volumes.deleteSlice('aaaa')).toEqual({ done: true, deleted: 0 });
      expect(await volumes.deleteSlice('cccc')).toEqual({ done: true, deleted: 0 });
    });

    it('deletes a large volume in several bounded calls', async () => {
      const mount = await ensureReady('aaaa');
      await subject.fill(mount, MANY);
      const first = await volumes.deleteSlice('aaaa');
      expect(first.done).toBe(false);
      expect(first.deleted).toBeLessThan(MANY);
      expect(first.deleted + (await deleteFully('aaaa'))).toBe(MANY + 1);
      expect(await subject.count(mount)).toBeUndefined();
    });

    it('never provides a volume again once its deletion has begun', async () => {
      const mount = await ensureReady('aaaa');
      await subject.fill(mount, MANY);
      await volumes.deleteSlice('aaaa');
      expect(await volumes.ensure('aaaa')).toEqual({ kind: 'tombstoned' });
      await deleteFully('aaaa');
      expect(await volumes.ensure('aaaa')).toEqual({ kind: 'tombstoned' });
      expect(await listWorkbenchIds()).toEqual([]);
    });

    it('continues a deletion, and still refuses the volume, after it was closed and opened again', async (context) => {
      if (subject.reopen === undefined) return context.skip();
      const mount = await ensureReady('aaaa');
      const before = await ensureReady('bbbb');
      await subject.fill(mount, MANY);
      await volumes.deleteSlice('aaaa');
      volumes = await subject.reopen();
      expect(await volumes.ensure('aaaa')).toEqual({ kind: 'tombstoned' });
      await deleteFully('aaaa');
      expect(await subject.count(mount)).toBeUndefined();
      expect(await ensureReady('bbbb')).toEqual(before);
    });

    it('deletes an empty volume, but none with files', async () => {
      await ensureReady('aaaa');
      const full = await ensureReady('bbbb');
      await subject.fill(full, 1);
      expect(await volumes.deleteIfEmpty('aaaa')).toBe('deleted');
      expect(await volumes.deleteIfEmpty('aaaa')).toBe('deleted');
      expect(await volumes.deleteIfEmpty('cccc')).toBe('deleted');
      expect(await volumes.deleteIfEmpty('bbbb')).toBe('not_empty');
      expect(await subject.count(full)).toBe(1);
      expect(await listWorkbenchIds()).toEqual(['bbbb']);
    });

    it('measures a volume in bounded calls, the same in each measurement, and more with more files', async () => {
      const measure = async (workbenchId: string) => {
        let bytes = 0;
        let cursor: string | undefined;
        let calls = 0;
        do {
          const slice = await volumes.measureSlice(workbenchId, cursor);
          expect(slice.cursor?.length ?? 1).toBeLessThanOrEqual(6000);
          bytes += slice.bytes;
          cursor = slice.cursor;
          calls += 1;
        } while (cursor !== undefined && calls < 2000);
        return { bytes, isComplete: cursor === undefined };
      };
      const mount = await ensureReady('aaaa');
      await subject.fill(mount, 5);
      const few = await measure('aaaa');
      expect(few).toEqual(await measure('aaaa'));
      await subject.fill(mount, MANY);
      const many = await measure('aaaa');
      expect(many.isComplete).toBe(true);
      // Each file has at least its metadata.
      expect(many.bytes - few.bytes).toBeGreaterThanOrEqual((MANY - 5) * 2048);
      expect(await measure('cccc')).toEqual({ bytes: 0, isComplete: true });
    });

    it('quarantines a volume, no longer lists or provides it, and deletes it on request', async () => {
      const mount = await ensureReady('aaaa');
      await subject.fill(mount, 3);
      await volumes.quarantine('aaaa');
      await volumes.quarantine('aaaa');
      await volumes.quarantine('cccc');
      expect(await listWorkbenchIds()).toEqual([]);
      expect(await volumes.ensure('aaaa')).toMatchObject({ kind: 'refused', retryable: false });
      expect(await deleteFully('aaaa')).toBe(4);
    });

    it('lists many volumes in pages, each volume once', async () => {
      const ids = Array.from({ length: 1005 }, (_, index) => `wb${String(index).padStart(6, '0')}`);
      for (const id of ids) await ensureReady(id);
      expect((await listWorkbenchIds()).sort()).toEqual(ids);
    });
  });
}
