import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { describeWorkQueueContract } from '#test/contracts/work-queue.ts';
import { WorldSubject } from '#test/simulation/world/world-subject.ts';

const VISIBILITY_SECONDS = 30;

describeWorkQueueContract('SqsWorkQueue', async () => {
  const delivered: WorkbenchKey[] = [];
  let failures = 0;
  const subject: WorldSubject = new WorldSubject({
    queue: {
      visibilityTimeoutSeconds: VISIBILITY_SECONDS,
      onReady: () => {
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
    advance: (seconds) => subject.pass(seconds),
    async dispose() {},
  };
});
