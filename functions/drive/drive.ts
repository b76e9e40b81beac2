import { createHandler } from '../wiring/create-handler.ts';
import { drivePorts } from '../wiring/drive.ts';
import { workQueues } from '../wiring/queue.ts';
import { openClusterForDrive } from '../wiring/tasks.ts';
import { build } from './drive-batch.ts';
import { unavailableHostFleet, unavailableInstances } from './unavailable-ports.ts';

export { build };

/**
 * Does not contain the EC2 client, which most workbenches never need (see drive-host.ts), and deletes no files, which
 * takes long (see drive-delete.ts).
 */
export const handler = createHandler('drive', (wiring) => {
  const { settings } = wiring;
  const queueAt = workQueues();
  const ports = drivePorts(
    wiring,
    queueAt(settings.WB_QUEUE_URL),
    openClusterForDrive(settings),
    unavailableInstances,
  );
  const forwardTo = {
    host: queueAt(settings.WB_HOST_QUEUE_URL),
    delete: queueAt(settings.WB_DELETE_QUEUE_URL),
  };
  return build({ ...ports, hosts: unavailableHostFleet, forwardTo }, settings);
});
