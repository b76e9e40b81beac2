import {
  CreateAccessPointCommand,
  type CreateAccessPointCommandInput,
  DeleteAccessPointCommand,
} from '@aws-sdk/client-efs';
import { describe, expect, it } from 'vitest';
import type { Janitor, VolumeLocation } from '#adapters/aws/efs/janitor.ts';
import { RemoteJanitor } from '#adapters/aws/efs/remote-janitor.ts';
import { EfsVolumeStore } from '#adapters/aws/efs/volume-store.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { Mount, VolumeStore } from '#core/ports/volume-store.ts';
import { describeVolumeStoreContract } from '#test/contracts/volume-store.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';
import type { Hazards } from '#test/simulation/world/hazards.ts';
import { WorldFixture } from '#test/simulation/world/world-fixture.ts';

for (const [name, fileSystemIds, accessPointTokenConflicts] of [
  ['EfsVolumeStore', ['fs-1'], 0],
  ['EfsVolumeStore with an EFS that rejects used client tokens', ['fs-1'], 1],
  ['EfsVolumeStore with three file systems', ['fs-1', 'fs-2', 'fs-3'], 1],
] as const) {
  describeVolumeStoreContract(name, async () => {
    const subject = new WorldFixture({ fileSystemIds, hazards: { accessPointTokenConflicts } });
    const { world } = subject;
    /** Access point → its path, also after the access point is deleted. */
    const paths = new Map<string, string>();
    const volumes = () => subject.volumes({ fileSystemIds });
    return {
      volumes: volumes(),
      fill: async ({ fileSystemId = '', accessPointId = '' }, files) => {
        const directory = world.mount(fileSystemId, accessPointId);
        paths.set(accessPointId, directory?.path ?? '');
        for (let n = 0; n < files; n += 1) directory?.files.set(`${n}`, 'the test');
      },
      count: async ({ fileSystemId = '', accessPointId = '' }) => {
        const path = paths.get(accessPointId) ?? '';
        const directory = world.directories.get(`${fileSystemId}:${path}`);
        return directory?.files.size ?? (world.efs.accessPoints.has(accessPointId) ? 0 : undefined);
      },
      reopen: async () => volumes(),
      end: async () => {},
    };
  });
}

describe('an access point', () => {
  it('has the tags of the installation and of its workbench', async () => {
    const subject = new WorldFixture();
    const created: CreateAccessPointCommandInput[] = [];
    const client = subject.world.clients(async (_, effect) => {
      const response = effect();
      if ((response as { ClientToken?: string } | undefined)?.ClientToken !== undefined) {
        created.push(response as CreateAccessPointCommandInput);
      }
      return response;
    });
    const settings = { fileSystemIds: ['fs-1'], tags: { installation: 'prod' } } as const;
    await new EfsVolumeStore(client, subject.world.janitor, settings, subject.kernel).ensure('aaaa');
    expect(created[0]?.Tags).toEqual(
      expect.arrayContaining([
        { Key: 'installation', Value: 'prod' },
        { Key: 'workbench:id', Value: 'aaaa' },
      ]),
    );
  });
});

describe('a new access point', () => {
  it.each([0, 1])(
    'is `creating` with its mount until tasks can mount it (tokens conflict: %d)',
    async (conflicts) => {
      const hazards = { accessPointCreating: 1, accessPointTokenConflicts: conflicts };
      const subject = new WorldFixture({ hazards });
      const creating = await subject.volumes().ensure('aaaa');
      expect(creating).toEqual({ kind: 'creating', mount: expect.anything() });
      expect(await subject.volumes().ensure('aaaa')).toEqual(creating);
      await subject.advance(10);
      expect(await subject.volumes().ensure('aaaa')).toEqual({ ...creating, kind: 'ready' });
    },
  );
});

describe('an access point that somebody created below the parent directory of volumes', () => {
  it.each(['.quarantine', '.tombstones', 'aaaa/within', '', 'Ünlike'])(
    'is no volume and does not break the list: %s',
    async (name) => {
      const subject = new WorldFixture();
      const RootDirectory = {
        Path: `/workbenches/${name}`,
        CreationInfo: { OwnerUid: 0, OwnerGid: 0, Permissions: '0700' },
      };
      await subject.world.clients().send(
        new CreateAccessPointCommand({
          FileSystemId: 'fs-1',
          ClientToken: 'manual',
          PosixUser: { Uid: 0, Gid: 0 },
          RootDirectory,
        }),
      );
      await subject.volumes().ensure('aaaa');
      // The deployed janitor refuses a whole request because of one invalid name.
      const requests: unknown[] = [];
      const send = async ({ input }: { input: { Payload: Uint8Array } }) => {
        requests.push(JSON.parse(new TextDecoder().decode(input.Payload)));
        return { Payload: new TextEncoder().encode('{"workbenchIds":[]}') };
      };
      const janitor = new RemoteJanitor({ send } as never, new Map([['fs-1', 'janitor']]));
      const clients = subject.world.clients();
      const volumes = new EfsVolumeStore(clients, janitor, { fileSystemIds: ['fs-1'] }, subject.kernel);
      expect((await volumes.list()).volumes.map(({ workbenchId }) => workbenchId)).toEqual(['aaaa']);
      expect(requests).toEqual([{ act: 'findExisting', fileSystemId: 'fs-1', workbenchIds: ['aaaa'] }]);
    },
  );
});

describe('a volume that was created before a file system was added', () => {
  type FileSystems = readonly [string, ...string[]];
  const IDS = Array.from({ length: 20 }, (_, n) => `01jf00000000000000000000${String(n).padStart(2, '0')}`);
  const ALL = ['fs-1', 'fs-2', 'fs-3'] as const;

  /** Twenty volumes with three files each, and a store with more file systems. */
  async function addFileSystems(before: FileSystems, after: FileSystems, hazards: Partial<Hazards> = {}) {
    const subject = new WorldFixture({ fileSystemIds: ALL, hazards });
    const { world } = subject;
    const volumesBefore = subject.volumes({ fileSystemIds: before });
    const mounts = new Map<string, Mount>();
    for (const id of IDS) {
      const mount = await ensureReady(volumesBefore, id);
      mounts.set(id, mount);
      const directory = world.mount(mount.fileSystemId ?? '', mount.accessPointId ?? '');
      for (let n = 0; n < 3; n += 1) directory?.files.set(`${n}`, id);
    }
    return { subject, world, mounts, volumes: subject.volumes({ fileSystemIds: after }) };
  }
  async function ensureReady(volumes: VolumeStore, id: string): Promise<Mount> {
    const outcome = await volumes.ensure(id);
    if (outcome.kind !== 'ready') throw new Error(JSON.stringify(outcome));
    return outcome.mount;
  }
  const GROWTH: readonly [FileSystems, FileSystems][] = [
    [['fs-1'], ['fs-1', 'fs-2']],
    [['fs-1', 'fs-2'], ALL],
    [['fs-3'], ['fs-1', 'fs-2', 'fs-3']],
  ];

  it.each(GROWTH)('stays on its file system: %j, then %j', async (before, after) => {
    for (const accessPointTokenConflicts of [0, 1]) {
      const { mounts, volumes, world } = await addFileSystems(before, after, { accessPointTokenConflicts });
      for (const id of IDS) expect(await ensureReady(volumes, id)).toEqual(mounts.get(id));
      expect(world.directories.size).toBe(IDS.length);
      expect(world.efs.accessPoints.size).toBe(IDS.length);
    }
  });

  it('gets a new access point on the file system that has its files', async () => {
    const { subject, mounts, volumes } = await addFileSystems(['fs-1'], ['fs-1', 'fs-2']);
    for (const id of IDS) {
      const AccessPointId = mounts.get(id)?.accessPointId;
      await subject.world.clients().send(new DeleteAccessPointCommand({ AccessPointId }));
      const { fileSystemId = '', accessPointId = '' } = await ensureReady(volumes, id);
      expect(fileSystemId).toBe('fs-1');
      expect(subject.world.mount(fileSystemId, accessPointId)?.files.size).toBe(3);
    }
  });

  it.each(GROWTH)('is deleted with its files: %j, then %j', async (before, after) => {
    const { volumes, world } = await addFileSystems(before, after);
    for (const id of IDS) expect(await volumes.deleteSlice(id)).toEqual({ done: true, deleted: 4 });
    expect(world.directories.size).toBe(0);
    expect(world.efs.accessPoints.size).toBe(0);
    for (const id of IDS) expect(await volumes.ensure(id)).toEqual({ kind: 'tombstoned' });
  });

  it.each(GROWTH)('cannot be mounted after quarantine: %j, then %j', async (before, after) => {
    const { volumes, world } = await addFileSystems(before, after);
    for (const id of IDS) await volumes.quarantine(id);
    expect(world.efs.accessPoints.size).toBe(0);
    expect([...world.directories.keys()].every((path) => path.includes('/.quarantine/'))).toBe(true);
    for (const id of IDS) expect(await volumes.ensure(id)).toMatchObject({ kind: 'refused' });
  });

  it.each(GROWTH)('is deleted by deleteIfEmpty only when it is empty: %j, then %j', async (before, after) => {
    const { volumes, world } = await addFileSystems(before, after);
    for (const id of IDS) expect(await volumes.deleteIfEmpty(id)).toBe('not_empty');
    for (const { files } of world.directories.values()) files.clear();
    for (const id of IDS) expect(await volumes.deleteIfEmpty(id)).toBe('deleted');
    expect(world.directories.size).toBe(0);
    expect(world.efs.accessPoints.size).toBe(0);
  });

  it('has no files where it was never mounted, and leaves no access point there', async () => {
    const subject = new WorldFixture({ fileSystemIds: ALL });
    for (const id of IDS) await ensureReady(subject.volumes({ fileSystemIds: ['fs-1'] }), id);
    const volumes = subject.volumes({ fileSystemIds: ALL });
    for (const id of IDS) expect(await ensureReady(volumes, id)).toEqual(await ensureReady(volumes, id));
    for (const id of IDS) expect(await volumes.deleteSlice(id)).toEqual({ done: true, deleted: 0 });
    expect(subject.world.efs.accessPoints.size).toBe(0);
  });

  it('is refused if two file systems have a directory for it, and deleted from both', async () => {
    const { subject, world, volumes } = await addFileSystems(['fs-1'], ['fs-1', 'fs-2']);
    const [id = ''] = IDS;
    const other = await ensureReady(subject.volumes({ fileSystemIds: ['fs-2'] }), id);
    world.mount('fs-2', other.accessPointId ?? '');
    expect(await volumes.ensure(id)).toMatchObject({ kind: 'refused', retryable: false });
    expect(await volumes.deleteSlice(id)).toEqual({ done: true, deleted: 5 });
  });
});

describe('a slice of a deletion', () => {
  const DOWN = new PortError('unavailable', 'down');
  /**
   * A volume with three files on the first file system, and a janitor that takes this time for each call.
   * @param failing the file system whose janitor fails
   * @param more additional file systems
   */
  async function aSlowJanitor(
    seconds: number,
    { failing, more = [] }: { failing?: string; more?: string[] } = {},
  ) {
    const fileSystemIds = ['fs-1', 'fs-2', ...more] as const;
    const subject = new WorldFixture({ fileSystemIds });
    const { world, kernel } = subject;
    const ready = await subject.volumes({ fileSystemIds: ['fs-1'] }).ensure('aaaa');
    if (ready.kind !== 'ready') throw new Error(JSON.stringify(ready));
    const directory = world.mount('fs-1', ready.mount.accessPointId ?? '');
    for (let n = 0; n < 3; n += 1) directory?.files.set(`${n}`, 'the test');
    const calls: string[] = [];
    const slowly = (name: 'writeTombstone' | 'markDetached' | 'removeSome') => ({
      [name]: async (location: VolumeLocation) => {
        await kernel.sleep(seconds * 1000);
        calls.push(name);
        if (location.fileSystemId === failing) throw DOWN;
        return world.janitor[name](location);
      },
    });
    const janitor = overrideMethods<Janitor>(world.janitor, {
      ...slowly('writeTombstone'),
      ...slowly('markDetached'),
      ...slowly('removeSome'),
    });
    const volumes = new EfsVolumeStore(world.clients(), janitor, { fileSystemIds }, kernel);
    /** Deletes a slice and returns its result, its duration in seconds and the calls of the janitor. */
    const deleteSlice = async () => {
      calls.length = 0;
      const startedAt = kernel.now();
      let isRunning = true;
      const slice = volumes
        .deleteSlice('aaaa')
        .catch((error: unknown) => error)
        .then((result) => {
          isRunning = false;
          return { result, seconds: (kernel.now() - startedAt) / 1000, calls: [...calls] };
        });
      while (isRunning) await subject.advance(1);
      return slice;
    };
    return { world, deleteSlice };
  }

  it('takes as long as its slowest file system, not as all together', async () => {
    const { deleteSlice } = await aSlowJanitor(10);
    expect(await deleteSlice()).toMatchObject({ result: { done: true, deleted: 4 }, seconds: 30 });
    // Already deleted: two calls on each file system.
    expect(await deleteSlice()).toMatchObject({ result: { done: true, deleted: 0 }, seconds: 20 });
  });

  it('deletes from four file systems at once, and begins no further ones after 20 s', async () => {
    const more = ['fs-3', 'fs-4', 'fs-5'];
    const fast = await aSlowJanitor(6, { more });
    expect(await fast.deleteSlice()).toMatchObject({ result: { done: true, deleted: 4 }, seconds: 36 });
    const slow = await aSlowJanitor(10, { more });
    expect(await slow.deleteSlice()).toMatchObject({ result: { done: false, deleted: 4 }, seconds: 30 });
    expect(
      await slow.world.janitor.readMarker({ fileSystemId: 'fs-5', workbenchId: 'aaaa' }),
    ).toBeUndefined();
  });

  it('leaves the files to the next one if the access point took long', async () => {
    const { deleteSlice, world } = await aSlowJanitor(20);
    const first = await deleteSlice();
    expect(first).toMatchObject({ result: { done: false, deleted: 0 }, seconds: 40 });
    expect(first.calls).not.toContain('removeSome');
    expect(world.efs.accessPoints.size).toBe(0);
    expect(await deleteSlice()).toMatchObject({ result: { done: true, deleted: 4 }, seconds: 40 });
  });

  it('deletes from the other file systems if one fails, and fails afterwards', async () => {
    const { deleteSlice, world } = await aSlowJanitor(1, { failing: 'fs-1' });
    expect((await deleteSlice()).result).toBe(DOWN);
    expect(await world.janitor.readMarker({ fileSystemId: 'fs-2', workbenchId: 'aaaa' })).toBe('tombstone');
  });
});

describe('a new volume', () => {
  const ids = Array.from({ length: 300 }, (_, n) => `wb${String(n).padStart(6, '0')}`);
  const placed = async (fileSystemIds: readonly [string, ...string[]]) => {
    const volumes = new WorldFixture({ fileSystemIds }).volumes({ fileSystemIds });
    const outcomes = await Promise.all(ids.map((id) => volumes.ensure(id)));
    return outcomes.map((outcome) => (outcome.kind === 'ready' ? (outcome.mount.fileSystemId ?? '') : ''));
  };

  it('is distributed evenly over the file systems', async () => {
    const fileSystems = await placed(['fs-1', 'fs-2', 'fs-3']);
    for (const fileSystemId of ['fs-1', 'fs-2', 'fs-3']) {
      const share = fileSystems.filter((id) => id === fileSystemId).length / ids.length;
      expect(share).toBeGreaterThan(0.25);
      expect(share).toBeLessThan(0.42);
    }
  });

  it('goes to the same file system as before, or to the added one', async () => {
    const before = await placed(['fs-1', 'fs-2']);
    const after = await placed(['fs-1', 'fs-2', 'fs-3']);
    expect(after.filter((id, n) => id !== before[n] && id !== 'fs-3')).toEqual([]);
  });

  it.each<[readonly [string, ...string[]], readonly string[]]>([
    [['fs-1'], ['readMarker']],
    [
      ['fs-1', 'fs-2'],
      ['readMarker', 'readMarker', 'findExisting', 'findExisting'],
    ],
  ])('on %j calls %j of the janitor', async (fileSystemIds, expected) => {
    const { world, kernel } = new WorldFixture({ fileSystemIds });
    const calls: string[] = [];
    const janitor: Janitor = overrideMethods<Janitor>(world.janitor, {
      readMarker: async (location) => {
        calls.push('readMarker');
        return world.janitor.readMarker(location);
      },
      findExisting: async (fileSystemId, workbenchIds) => {
        calls.push('findExisting');
        return world.janitor.findExisting(fileSystemId, workbenchIds);
      },
    });
    await new EfsVolumeStore(world.clients(), janitor, { fileSystemIds }, kernel).ensure('aaaa');
    expect(calls).toEqual(expected);
  });
});
