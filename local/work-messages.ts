import type { SQSBatchResponse } from 'aws-lambda';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { type QueueEvent, toWorkMessage } from '#functions/drive/drive-batch.ts';

/** Returns a function that delivers one key as SQS does, in a batch of one. It rejects when the handler reports a failure. */
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
