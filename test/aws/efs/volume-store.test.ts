import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateFileSystemCommand, DescribeAccessPointsCommand } from '@aws-sdk/client-efs';
import { createEfsClient } from '#adapters/aws/clients.ts';
import { MountedJanitor } from '#adapters/aws/efs/mounted-janitor.ts';
import { EfsVolumeStore } from '#adapters/aws/efs/volume-store.ts';
import { systemClock } from '#adapters/system-clock.ts';
import type { Mount } from '#core/ports/volume-store.ts';
import { describeVolumeStoreContract } from '#test/contracts/volume-store.ts';
import { connectionTo, uniqueName } from '../connection.ts';
import { exceptionsFor } from '../emulator-deviations.ts';

/** The access points are on moto. Their directories are local folders, which stand for what a task would mount. */
describeVolumeStoreContract(
  'EfsVolumeStore on moto',
  async () => {
    const client = createEfsClient(connectionTo('moto'));
    const root = await mkdtemp(join(tmpdir(), 'volumes-'));
    const { FileSystemId = '' } = await client.send(
      new CreateFileSystemCommand({ CreationToken: uniqueName('volumes-') }),
    );
    const janitor = new MountedJanitor({
      rootOf: (id) => (id === FileSystemId ? root : undefined),
      entriesPerCallMax: 1000,
    });
    const open = () => new EfsVolumeStore(client, janitor, { fileSystemIds: [FileSystemId] }, systemClock);
    /** Access point → its folder, also after the access point is deleted. */
    const folders = new Map<string, string>();
    const folderOf = async ({ accessPointId = '' }: Mount) => {
      const { AccessPoints = [] } = await client
        .send(new DescribeAccessPointsCommand({ AccessPointId: accessPointId }))
        .catch(() => ({ AccessPoints: [] }));
      const path = AccessPoints[0]?.RootDirectory?.Path;
      if (path !== undefined) folders.set(accessPointId, join(root, path.slice('/workbenches/'.length)));
      return { path: folders.get(accessPointId) ?? '', mountable: path !== undefined };
    };
    return {
      volumes: open(),
      async fill(mount, files) {
        const { path } = await folderOf(mount);
        await mkdir(path, { recursive: true });
        for (let n = 0; n < files; n += 1) await writeFile(join(path, `${n}`), '');
      },
      async count(mount) {
        const { path, mountable } = await folderOf(mount);
        const names = await readdir(path).catch(() => undefined);
        return names?.length ?? (mountable ? 0 : undefined);
      },
      reopen: async () => open(),
      async end() {
        client.destroy();
        await rm(root, { recursive: true, force: true });
      },
    };
  },
  exceptionsFor({ 'lists many volumes in pages, each volume once': 'motoAccessPointPages' }),
);
