import { build } from '../drive/drive.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { drivePorts } from '../wiring/drive.ts';
import { hostFleet, openEc2 } from '../wiring/ec2.ts';
import { workQueue } from '../wiring/queue.ts';
import { openCluster } from '../wiring/tasks.ts';

export { build };

/**
 * The same as `drive`, with the machines. What `drive` has handed on stays here: this function wakes itself by its
 * own queue for as long as there is something to do, and forwards nothing.
 */
export const handler = createHandler('drive-host', (wiring) => {
  const { settings } = wiring;
  const cluster = openCluster(settings);
  const ec2 = openEc2(settings);
  const ports = drivePorts(wiring, workQueue(settings.WB_HOST_QUEUE_URL), cluster, ec2.instances);
  return build({ ...ports, hosts: hostFleet(ec2, cluster.instances, settings) }, settings);
});
