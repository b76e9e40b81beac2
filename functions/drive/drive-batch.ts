import type { SQSBatchItemFailure, SQSBatchResponse } from 'aws-lambda';
import * as z from 'zod/mini';
import type { QueueName } from '#contract/deployed-functions.ts';
import { isUserId } from '#contract/parameters.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { isWorkbenchId } from '#core/ports/ids.ts';
import type { WorkQueue } from '#core/ports/work-queue.ts';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import { type DrivePorts, drive } from '#core/workbench/drive.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { PortNotAvailableHere } from './unavailable-ports.ts';

/** An unreadable record is read again, and reported again, after an hour. Milliseconds. */
const POSTPONE_MS = 60 * 60 * 1000;

/** The used part of an SQS event. */
export interface QueueEvent {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[];
}

export interface DriveFunctionPorts extends DrivePorts {
  /**
   * The queues of the functions that have the ports which are not available here. A workbench that needs one of them is
   * forwarded. @default none: every port is available
   */
  readonly forwardTo?: Readonly<Partial<Record<QueueName, WorkQueue>>>;
}

/**
 * Drives the workbenches whose keys are in a batch of messages, each once even if it is in several messages. Returns the
 * messages that failed; the queue delivers only these again.
 */
export function build(
  ports: DriveFunctionPorts,
  settings: PolicySettings,
): (event: QueueEvent) => Promise<SQSBatchResponse> {
  const policy = policyOf(settings);

  const driveOne = async (key: WorkbenchKey): Promise<boolean> => {
    try {
      await drive(ports, policy, key);
      return true;
    } catch (error) {
      if (error instanceof UnreadableRecord) return postponeUnreadable(key, error);
      if (error instanceof PortNotAvailableHere) {
        const queue = ports.forwardTo?.[error.queue];
        if (queue !== undefined) return forward(key, error.queue, queue);
      }
      ports.telemetry.error('workbench could not be driven', { workbenchId: key.workbenchId }, error);
      ports.telemetry.count('drive_failed', 1);
      return false;
    }
  };

  const forward = async (key: WorkbenchKey, name: QueueName, queue: WorkQueue): Promise<boolean> => {
    try {
      await queue.send(key, 0);
      return true;
    } catch (error) {
      const { workbenchId } = key;
      ports.telemetry.error('workbench could not be forwarded', { workbenchId, queue: name }, error);
      ports.telemetry.count('forward_failed', 1);
      return false;
    }
  };

  // A retry would fail in the same way, so the record is reported and postponed, and the message is deleted.
  const postponeUnreadable = async (key: WorkbenchKey, unreadable: UnreadableRecord): Promise<boolean> => {
    const { workbenchId } = key;
    ports.telemetry.error('unreadable record postponed', { workbenchId }, unreadable);
    ports.telemetry.count('unreadable_record', 1);
    const now = ports.clock.now();
    try {
      await ports.workbenches.postpone(key, now, now + POSTPONE_MS);
      return true;
    } catch (error) {
      ports.telemetry.error('unreadable record could not be postponed', { workbenchId }, error);
      return false;
    }
  };

  return async (event) => {
    const drives = new Map<string, Promise<boolean>>();
    const batchItemFailures: SQSBatchItemFailure[] = [];
    const messages = event.Records.map(({ messageId, body }) => ({ messageId, key: parseWorkMessage(body) }));
    for (const { key } of messages) {
      if (key === undefined) continue;
      const name = toWorkMessage(key);
      if (!drives.has(name)) drives.set(name, driveOne(key));
    }
    for (const { messageId, key } of messages) {
      if (key === undefined) {
        // A retry would fail in the same way. The due time of the record is enough to drive the workbench.
        ports.telemetry.error('message without a workbench key dropped', { messageId });
        ports.telemetry.count('invalid_message_dropped', 1);
      } else if (!(await drives.get(toWorkMessage(key)))) {
        batchItemFailures.push({ itemIdentifier: messageId });
      }
    }
    return { batchItemFailures };
  };
}

/** A message is a key as JSON: `{"userId":"…","workbenchId":"…"}`. A user_id of 96 bytes is at most 576 characters of JSON. */
const MESSAGE_MAX_LENGTH = 1024;

const messageSchema = z.object({
  userId: z.string().check(z.refine(isUserId)),
  workbenchId: z.string().check(z.refine(isWorkbenchId)),
});

/** The key in a message of the work queue; undefined if the message is invalid. */
export function parseWorkMessage(body: string): WorkbenchKey | undefined {
  if (body.length > MESSAGE_MAX_LENGTH) return undefined;
  try {
    const parsed = z.safeParse(messageSchema, JSON.parse(body));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

export function toWorkMessage({ userId, workbenchId }: WorkbenchKey): string {
  return JSON.stringify({ userId, workbenchId });
}
