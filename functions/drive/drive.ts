import type { SQSBatchItemFailure, SQSBatchResponse } from 'aws-lambda';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import type { WorkQueue } from '#core/ports/work-queue.ts';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import { type DrivePorts, drive } from '#core/workbench/drive.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { drivePorts } from '../wiring/drive.ts';
import { workQueues } from '../wiring/queue.ts';
import { openCluster } from '../wiring/tasks.ts';
import { PortNotAvailableHere, unavailableHostFleet, unavailableInstances } from './unavailable-ports.ts';
import { parseWorkMessage, toWorkMessage } from './work-message.ts';

/** A record that cannot be read is looked at again, and reported again, after an hour. Milliseconds. */
const POSTPONE_MS = 60 * 60 * 1000;

/** What is read of an SQS event. */
export interface QueueEvent {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[];
}

/**
 * Drives the workbenches that a batch of messages names, each once however often it is named. Those that
 * failed are answered as such, and the queue delivers them, and only them, again.
 *
 * @param ports.hostQueue where the keys go of workbenches that need a port which is Elsewhere. The function behind
 *   that queue has all ports and none of this: nothing ever comes back.
 */
export function build(
  ports: DrivePorts & { readonly hostQueue?: WorkQueue },
  settings: PolicySettings,
): (event: QueueEvent) => Promise<SQSBatchResponse> {
  const policy = policyOf(settings);

  const driven = async (key: WorkbenchKey): Promise<boolean> => {
    try {
      await drive(ports, policy, key);
      return true;
    } catch (error) {
      if (error instanceof UnreadableRecord) return setAside(key, error);
      if (error instanceof PortNotAvailableHere && ports.hostQueue !== undefined)
        return forward(key, ports.hostQueue);
      ports.telemetry.error('a workbench could not be driven', { workbenchId: key.workbenchId }, error);
      ports.telemetry.count('drive_failed', 1);
      return false;
    }
  };

  const forward = async (key: WorkbenchKey, queue: WorkQueue): Promise<boolean> => {
    try {
      await queue.send(key, 0);
      return true;
    } catch (failure) {
      ports.telemetry.error(
        'a workbench could not be forwarded to the host queue',
        { workbenchId: key.workbenchId },
        failure,
      );
      ports.telemetry.count('forward_failed', 1);
      return false;
    }
  };

  // Tried again it would be no better: it is said, and nobody's turn is held up by it.
  const setAside = async (key: WorkbenchKey, error: UnreadableRecord): Promise<boolean> => {
    ports.telemetry.error('unreadable record postponed', { workbenchId: key.workbenchId }, error);
    ports.telemetry.count('unreadable_record', 1);
    const now = ports.clock.now();
    try {
      await ports.workbenches.postpone(key, now, now + POSTPONE_MS);
      return true;
    } catch (failure) {
      ports.telemetry.error(
        'an unreadable record could not be postponed',
        { workbenchId: key.workbenchId },
        failure,
      );
      return false;
    }
  };

  return async (event) => {
    const runs = new Map<string, Promise<boolean>>();
    const batchItemFailures: SQSBatchItemFailure[] = [];
    const keys = event.Records.map(({ messageId, body }) => ({ messageId, key: parseWorkMessage(body) }));
    for (const { key } of keys) {
      if (key === undefined) continue;
      const name = toWorkMessage(key);
      if (!runs.has(name)) runs.set(name, driven(key));
    }
    for (const { messageId, key } of keys) {
      if (key === undefined) {
        // Delivered again it would be no better; what it was about is in the records.
        ports.telemetry.error('a message holds no workbench key', { messageId });
        ports.telemetry.count('invalid_message_dropped', 1);
      } else if (!(await runs.get(toWorkMessage(key)))) {
        batchItemFailures.push({ itemIdentifier: messageId });
      }
    }
    return { batchItemFailures };
  };
}

/** Without the client of EC2, which most workbenches never need: see with-ec2/drive-host.ts. */
export const handler = createHandler('drive', (wiring) => {
  const { settings } = wiring;
  const queue = workQueues();
  const work = queue(settings.WB_QUEUE_URL);
  const ports = drivePorts(wiring, work, openCluster(settings), unavailableInstances);
  return build(
    { ...ports, hosts: unavailableHostFleet, hostQueue: queue(settings.WB_HOST_QUEUE_URL) },
    settings,
  );
});
