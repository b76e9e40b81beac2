import type { SQSBatchResponse } from 'aws-lambda';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import type { QueueEvent } from '#functions/drive/drive.ts';
import { toWorkMessage } from '#functions/drive/work-message.ts';

/** Hands one key to a function as SQS would, in a batch of one; rejects when it is answered as failed. */
export function deliverAsMessage(
  handler: (event: QueueEvent) => Promise<SQSBatchResponse>,
): (key: WorkbenchKey) => Promise<void> {
  let sent = 0;
  return async (key) => {
    sent += 1;
    const { batchItemFailures } = await handler({
      Records: [{ messageId: String(sent), body: toWorkMessage(key) }],
    });
    if (batchItemFailures.length > 0) throw new Error('the function reported a failed message');
  };
}
