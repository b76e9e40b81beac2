import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Janitor } from '#adapters/aws/efs/janitor.ts';
import { EfsVolumeStore } from '#adapters/aws/efs/volume-store.ts';
import { describeVolumeStoreContract } from '#test/contracts/volume-store.ts';
import { WorldFixture } from '#test/simulation/world/world-fixture.ts';

/**
 * The contract of Janitor, alone and behind a VolumeStore.
 * @param janitorOf returns a janitor with `root` as the parent directory of file system `fs-1` and no other file system
 */
export function describeJanitorContract(name: string, janitorOf: (root: string) => Janitor): void {
  describeVolumeStoreContract(`EfsVolumeStore with a ${name}`, async () => {
    const root = await mkdtemp(join(tmpdir(), 'janitor-'));
    const subject = new WorldFixture();
    const paths = new Map<string, string>();
    const open = () =>
      new EfsVolumeStore(
        subject.world.clients(),
        janitorOf(root),
        { fileSystemIds: ['fs-1'] },
        subject.kernel,
      );
    const pathOf = (accessPointId: string) => {
      const known = subject.world.efs.accessPoints.get(accessPointId)?.path ?? paths.get(accessPointId) ?? '';
      paths.set(accessPointId, known);
      return join(root, known.slice('/workbenches/'.length));
    };
    return {
      volumes: open(),
      fill: async ({ accessPointId = '' }, files) => {
        const path = pathOf(accessPointId);
        await mkdir(path, { recursive: true });
        for (let n = 0; n < files; n += 1) await writeFile(join(path, `${n}`), '');
      },
      count: async ({ accessPointId = '' }) => {
        const here = subject.world.efs.accessPoints.has(accessPointId);
        const names = await readdir(pathOf(accessPointId)).catch(() => undefined);
        return names?.length ?? (here ? 0 : undefined);
      },
      reopen: async () => open(),
      end: () => rm(root, { recursive: true, force: true }),
    };
  });

  describe(`${name} fulfils the contract of Janitor`, () => {
    let root: string;
    beforeEach(async () => {
      root = await mkdtemp(join(tmpdir(), 'janitor-'));
    });
    afterEach(() => rm(root, { recursive: true, force: true }));
    const place = (workbenchId: string) => ({ fileSystemId: 'fs-1', workbenchId });

    it('deletes nothing of a volume whose deletion has not begun', async () => {
      await mkdir(join(root, 'aaaa'));
      await writeFile(join(root, 'aaaa', 'remaining'), '');
      await expect(janitorOf(root).removeSome(place('aaaa'))).rejects.toMatchObject({ kind: 'unavailable' });
      expect(await readdir(join(root, 'aaaa'))).toEqual(['remaining']);
    });

    it('stores the progress of a deletion for the next caller', async () => {
      expect(await janitorOf(root).writeTombstone(place('aaaa'))).toEqual({ detached: false });
      expect(await janitorOf(root).writeTombstone(place('aaaa'))).toEqual({ detached: false });
      await janitorOf(root).markDetached(place('aaaa'));
      expect(await janitorOf(root).writeTombstone(place('aaaa'))).toEqual({ detached: true });
      expect(await janitorOf(root).readMarker(place('aaaa'))).toBe('tombstone');
    });

    it.each(['..', '.tombstones', '.quarantine', 'a/b', '', 'A'])(
      'refuses %j as the name of a volume',
      async (name) => {
        await expect(janitorOf(root).deleteIfEmpty(place(name))).rejects.toThrow(RangeError);
      },
    );

    it('refuses a file system that is not mounted', async () => {
      const elsewhere = { fileSystemId: 'fs-2', workbenchId: 'aaaa' };
      await expect(janitorOf(root).readMarker(elsewhere)).rejects.toMatchObject({ kind: 'unavailable' });
    });

    it('lists only the directories of volumes, without tombstones and quarantined volumes', async () => {
      for (const name of ['bbbb', 'aaaa', 'cccc']) await mkdir(join(root, name));
      await writeFile(join(root, 'a-file'), '');
      await janitorOf(root).writeTombstone(place('aaaa'));
      await janitorOf(root).quarantine(place('cccc'));
      const { directories } = await janitorOf(root).list('fs-1');
      expect(directories.map(({ workbenchId }) => workbenchId)).toEqual(['aaaa', 'bbbb']);
      expect(await janitorOf(root).findExisting('fs-1', ['aaaa', 'cccc', 'dddd'])).toEqual(['aaaa']);
      expect(await janitorOf(root).readMarker(place('cccc'))).toBe('quarantine');
    });
  });
}
