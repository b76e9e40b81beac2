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
