import type { CreateAccessPointCommandInput } from '@aws-sdk/client-efs';
import { describe, expect, it } from 'vitest';
import { EfsVolumeStore } from '#adapters/aws/efs/volume-store.ts';
import { describeVolumeStoreContract } from '#test/contracts/volume-store.ts';
import { WorldSubject } from '#test/simulation/world/world-subject.ts';

for (const [name, fileSystemIds, accessPointTokenErrs] of [
  ['EfsVolumeStore', ['fs-1'], 0],
  ['EfsVolumeStore over an EFS whose used tokens are errors', ['fs-1'], 1],
  ['EfsVolumeStore over three file systems', ['fs-1', 'fs-2', 'fs-3'], 1],
] as const) {
  describeVolumeStoreContract(name, async () => {
    const subject = new WorldSubject({ fileSystemIds, hazards: { accessPointTokenErrs } });
    const { world } = subject;
    /** Where it led, also after the access point is gone. */
    const paths = new Map<string, string>();
    const volumes = () => subject.volumes({ fileSystemIds });
    return {
      volumes: volumes(),
      fill: async ({ fileSystemId = '', accessPointId = '' }, files) => {
        const directory = world.mounted(fileSystemId, accessPointId);
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
  it('carries the tags of the installation, and says which workbench it is of', async () => {
    const subject = new WorldSubject();
    const made: CreateAccessPointCommandInput[] = [];
    const client = subject.world.clients(async (_, effect) => {
      const answer = effect();
      if ((answer as { ClientToken?: string } | undefined)?.ClientToken !== undefined) {
        made.push(answer as CreateAccessPointCommandInput);
      }
      return answer;
    });
    const settings = { fileSystemIds: ['fs-1'], tags: { installation: 'prod' } } as const;
    await new EfsVolumeStore(client, subject.world.janitor, settings, subject.kernel).ensure('aaaa');
    expect(made[0]?.Tags).toEqual(
      expect.arrayContaining([
        { Key: 'installation', Value: 'prod' },
        { Key: 'workbench:id', Value: 'aaaa' },
      ]),
    );
  });
});
