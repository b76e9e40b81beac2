import type { SQSBatchItemFailure, SQSBatchResponse } from 'aws-lambda';
import { type DrivePorts, drive } from '#core/workbench/drive.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { type PolicySettings, policyOf } from '../policy.ts';
import { readMessage, writeMessage } from './message.ts';

/** What is read of an SQS event. */
export interface QueueEvent {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[];
}

/**
 * Drives the workbenches that a batch of messages names, each once however often it is named. Those that
 * failed are answered as such, and the queue delivers them, and only them, again.
 */
export function build(
  ports: DrivePorts,
  settings: PolicySettings,
): (event: QueueEvent) => Promise<SQSBatchResponse> {
  const policy = policyOf(settings);

  const driven = async (key: WorkbenchKey): Promise<boolean> => {
    try {
      await drive(ports, policy, key);
      return true;
    } catch (error) {
      ports.telemetry.error('a workbench could not be driven', { workbenchId: key.workbenchId }, error);
      ports.telemetry.count('drive_failed', 1);
      return false;
    }
  };

  return async (event) => {
    const runs = new Map<string, Promise<boolean>>();
    const batchItemFailures: SQSBatchItemFailure[] = [];
    const keys = event.Records.map(({ messageId, body }) => ({ messageId, key: readMessage(body) }));
    for (const { key } of keys) {
      if (key === undefined) continue;
      const name = writeMessage(key);
      if (!runs.has(name)) runs.set(name, driven(key));
    }
    for (const { messageId, key } of keys) {
      if (key === undefined) {
        // Delivered again it would be no better; what it was about is in the records.
        ports.telemetry.error('a message names no workbench', { messageId });
        ports.telemetry.count('message_dropped', 1);
      } else if (!(await runs.get(writeMessage(key)))) {
        batchItemFailures.push({ itemIdentifier: messageId });
      }
    }
    return { batchItemFailures };
  };
}
