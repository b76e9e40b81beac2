import { createHandler } from '../wiring/create-handler.ts';
import { drivePorts } from '../wiring/drive.ts';
import { hostFleet, openEc2 } from '../wiring/ec2.ts';
import { workQueue } from '../wiring/queue.ts';
import { openClusterForDrive } from '../wiring/tasks.ts';
import { build } from './drive.ts';

export { build };

/**
 * Does the same as `drive`, and can also drive hosts. It sends the keys of its workbenches to its own queue and forwards
 * nothing: a workbench stays here until it is settled. Local mode does not import this file, since it loads the EC2
 * client.
 */
export const handler = createHandler('drive-host', (wiring) => {
  const { settings } = wiring;
  const cluster = openClusterForDrive(settings);
  const ec2 = openEc2(settings);
  const ports = drivePorts(wiring, workQueue(settings.WB_HOST_QUEUE_URL), cluster, ec2.instances);
  return build({ ...ports, hosts: hostFleet(ec2, cluster.instances, settings) }, settings);
});
