import { afterAll, beforeAll } from 'vitest';
import { SqsWorkQueue } from '#adapters/aws/sqs/work-queue.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { describeWorkQueueContract } from '#test/contracts/work-queue.ts';
import { type Emulator, startEmulator } from '#tools/aws-emulators/emulator.ts';
import { advanceClock, createQueueOnMoto } from './queue-on-moto.ts';

const VISIBILITY_SECONDS = 30;

/** Not the shared moto, because this test advances the clock, which affects all queues. */
let moto: Emulator;
beforeAll(async () => {
  moto = await startEmulator('patched-moto');
});
afterAll(() => moto.stop());

describeWorkQueueContract('SqsWorkQueue on moto', async () => {
  const queue = await createQueueOnMoto(moto.endpoint, VISIBILITY_SECONDS);
  const delivered: WorkbenchKey[] = [];
  let failures = 0;
  const consume = () =>
    queue.deliver(async (batch) => {
      delivered.push(...batch.map(({ Body = '' }) => JSON.parse(Body)));
      const failed = Math.min(failures, batch.length);
      failures -= failed;
      return batch.slice(failed);
    });
  return {
    queue: new SqsWorkQueue(queue.client, queue.url),
    delivered,
    redeliverWithinSeconds: VISIBILITY_SECONDS + 1,
    failNext(times) {
      failures = times;
    },
    async advance(seconds) {
      await consume();
      // A step is never longer than the visibility timeout, so that it contains at most one delivery of a message.
      for (let elapsed = 0; elapsed < seconds; elapsed += VISIBILITY_SECONDS) {
        await advanceClock(moto.endpoint, Math.min(VISIBILITY_SECONDS, seconds - elapsed));
        await consume();
      }
    },
    async dispose() {
      queue.client.destroy();
    },
  };
});
