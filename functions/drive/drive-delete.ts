import { createHandler } from '../wiring/create-handler.ts';
import { driveRecordPorts } from '../wiring/drive.ts';
import { workQueues } from '../wiring/queue.ts';
import { volumeStore } from '../wiring/volumes.ts';
import { build } from './drive-batch.ts';
import { deletionOnly } from './unavailable-ports.ts';

export { build };

/**
 * Deletes the files of workbenches, and then their records. It has a queue of its own, to which it sends the keys of its
 * workbenches, so that deletions that take hours never delay a start or a stop. If a workbench needs anything else,
 * because a task or a host of it was found late, it is forwarded. The ECS and EC2 clients are not in this bundle.
 */
export const handler = createHandler('drive-delete', (wiring) => {
  const { settings } = wiring;
  const queueAt = workQueues();
  const forwardTo = {
    work: queueAt(settings.WB_QUEUE_URL),
    host: queueAt(settings.WB_HOST_QUEUE_URL),
  };
  const ports = {
    ...driveRecordPorts(wiring),
    ...deletionOnly(volumeStore(settings)),
    queue: queueAt(settings.WB_DELETE_QUEUE_URL),
    forwardTo,
  };
  return build(ports, settings);
});
