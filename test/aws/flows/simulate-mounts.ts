import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { DescribeAccessPointsCommand, type EFSClient } from '@aws-sdk/client-efs';
import { VOLUMES_PARENT } from '#contract/settings/deployment-settings.ts';
import type { MotoCluster } from '../cluster-on-moto.ts';
import { listAllTasks } from './event-bus.ts';

/**
 * Simulates the mounts of running tasks: creates the directory of the access point, as EFS does at the first mount, and
 * writes a file into it.
 * @param root the folder that stands for the parent directory of all volumes
 */
export async function simulateMounts(moto: MotoCluster, efs: EFSClient, root: string): Promise<void> {
  for (const { lastStatus, taskDefinitionArn } of await listAllTasks(moto)) {
    if (lastStatus !== 'RUNNING') continue;
    const { taskDefinition } = await moto.ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: taskDefinitionArn }),
    );
    for (const { efsVolumeConfiguration } of taskDefinition?.volumes ?? []) {
      const AccessPointId = efsVolumeConfiguration?.authorizationConfig?.accessPointId;
      const { AccessPoints = [] } = await efs.send(new DescribeAccessPointsCommand({ AccessPointId }));
      const path = AccessPoints[0]?.RootDirectory?.Path ?? '';
      if (!path.startsWith(`${VOLUMES_PARENT}/`)) throw new Error(`not the path of a volume: ${path}`);
      const directory = join(root, path.slice(VOLUMES_PARENT.length));
      await mkdir(join(directory, 'project'), { recursive: true });
      await writeFile(join(directory, 'project', 'notebook.ipynb'), '{}');
    }
  }
}
