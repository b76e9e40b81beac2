import { expect, test } from 'vitest';
import { parseWorkMessage, type QueueEvent } from '#functions/drive/drive-batch.ts';
import { deliverAsMessage } from '#local/queue.ts';
import { ID } from '#test/builders/workbench.ts';

const key = { userId: 'Zoë "x"', workbenchId: ID };

test('delivers a key as a batch of one message', async () => {
  const events: QueueEvent[] = [];
  const deliver = deliverAsMessage(async (event) => {
    events.push(event);
    return { batchItemFailures: [] };
  });
  await deliver(key);
  await deliver(key);
  expect(events.map(({ Records }) => Records.map(({ body }) => parseWorkMessage(body)))).toEqual([
    [key],
    [key],
  ]);
  expect(new Set(events.flatMap(({ Records }) => Records.map(({ messageId }) => messageId))).size).toBe(2);
});

test('rejects when the handler reports the message as failed', async () => {
  const deliver = deliverAsMessage(async ({ Records }) => ({
    batchItemFailures: Records.map(({ messageId }) => ({ itemIdentifier: messageId })),
  }));
  await expect(deliver(key)).rejects.toThrow('the function reported a failed message');
});
