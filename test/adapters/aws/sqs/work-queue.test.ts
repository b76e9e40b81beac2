import { describe, expect, it } from 'vitest';
import { SqsWorkQueue } from '#adapters/aws/sqs/work-queue.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { describeWorkQueueContract } from '#test/contracts/work-queue.ts';
import { awsError } from '#test/simulation/world/aws-error.ts';
import { WorldFixture } from '#test/simulation/world/world-fixture.ts';

const VISIBILITY_SECONDS = 30;

describeWorkQueueContract('SqsWorkQueue', async () => {
  const delivered: WorkbenchKey[] = [];
  let failures = 0;
  const subject: WorldFixture = new WorldFixture({
    queue: {
      visibilityTimeoutSeconds: VISIBILITY_SECONDS,
      onMessageVisible: () => {
        const { sqs } = subject.world;
        for (const { body, receiptHandle } of sqs.receive()) {
          delivered.push(JSON.parse(body));
          if (failures > 0) failures -= 1;
          else sqs.remove(receiptHandle);
        }
      },
    },
  });
  return {
    queue: subject.queue(),
    delivered,
    redeliverWithinSeconds: VISIBILITY_SECONDS + 1,
    failNext(times) {
      failures = times;
    },
    advance: (seconds) => subject.advance(seconds),
    async dispose() {},
  };
});

describe('a message that SQS does not accept', () => {
  const sendError = async (name: string) => {
    const send = () => Promise.reject(awsError(name, ''));
    const queue = new SqsWorkQueue({ send } as never, 'https://sqs.example/work');
    return queue.send({ userId: 'ada', workbenchId: 'wb1' }, 0).catch((error: unknown) => error);
  };

  it('can be retried, unless SQS rejects it as malformed', async () => {
    expect(await sendError('RequestThrottled')).toMatchObject({ kind: 'throttled' });
    expect(await sendError('TimeoutError')).toMatchObject({ kind: 'unavailable' });
    expect(await sendError('InvalidMessageContents')).not.toBeInstanceOf(PortError);
  });
});
