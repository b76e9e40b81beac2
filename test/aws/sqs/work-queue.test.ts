import { afterAll, beforeAll } from 'vitest';
import { SqsWorkQueue } from '#adapters/aws/sqs/work-queue.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { describeWorkQueueContract } from '#test/contracts/work-queue.ts';
import { type Emulator, startEmulator } from '#tools/aws-emulators/emulator.ts';
import { advanceClock, queueOnMoto } from './queue-on-moto.ts';

const VISIBILITY_SECONDS = 30;

/** One of its own: its clock is moved on, which the queues of other files would see. */
let moto: Emulator;
beforeAll(async () => {
  moto = await startEmulator('patched-moto');
});
afterAll(() => moto.stop());

describeWorkQueueContract('SqsWorkQueue on moto', async () => {
  const queue = await queueOnMoto(moto.endpoint, VISIBILITY_SECONDS);
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
      // No step is so long that two deliveries of one message fall into it.
      for (let passed = 0; passed < seconds; passed += VISIBILITY_SECONDS) {
        await advanceClock(moto.endpoint, Math.min(VISIBILITY_SECONDS, seconds - passed));
        await consume();
      }
    },
    async dispose() {
      queue.client.destroy();
    },
  };
});
