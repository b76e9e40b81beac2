import { createHandler } from '../wiring/create-handler.ts';
import { drivePorts } from '../wiring/drive.ts';
import { hostFleet, openEc2 } from '../wiring/ec2.ts';
import { workQueues } from '../wiring/queue.ts';
import { openClusterForDrive } from '../wiring/tasks.ts';
import { build } from './drive-batch.ts';

export { build };

/**
 * Does the same as `drive`, and can also drive hosts. It sends the keys of its workbenches to its own queue: a workbench
 * stays here until it is settled or its files are to be deleted. Local mode does not import this file, since it loads the
 * EC2 client.
 */
export const handler = createHandler('drive-host', (wiring) => {
  const { settings } = wiring;
  const queueAt = workQueues();
  const cluster = openClusterForDrive(settings);
  const ec2 = openEc2(settings);
  const ports = drivePorts(wiring, queueAt(settings.WB_HOST_QUEUE_URL), cluster, ec2.instances);
  const forwardTo = { delete: queueAt(settings.WB_DELETE_QUEUE_URL) };
  return build({ ...ports, hosts: hostFleet(ec2, cluster.instances, settings), forwardTo }, settings);
});
