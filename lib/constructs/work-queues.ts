import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DEPLOYED, type DeployedFunction, type QueueName } from '#contract/deployed-functions.ts';
import { acknowledge, CONTROL_TOWER } from '../checks/acknowledge.ts';

/** Deliveries of a message before SQS moves it to the dead-letter queue. The record stays due, so no work is lost. */
const RECEIVES_MAX = 5;

/** The maximum retention of SQS. */
const DLQ_RETENTION = Duration.days(14);

const QUEUES: readonly QueueName[] = ['work', 'host', 'delete'];

/** The work queues and the dead-letter queues. Each dead-letter queue has an alarm. */
export class WorkQueues extends Construct {
  readonly queues: Readonly<Record<QueueName, Queue>>;
  /** Messages that failed too often. */
  readonly deadLetterQueues: Readonly<Record<QueueName, Queue>>;
  /** Events that EventBridge could not deliver to a function. */
  readonly eventDeadLetterQueue: Queue;
  /** Asynchronous invocations that failed after all retries. */
  readonly failedInvocations: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const pairs = QUEUES.map((name) => {
      const deadLetterQueue = this.#createQueue(`${name}-dlq`, { retentionPeriod: DLQ_RETENTION });
      const queue = this.#createQueue(name, {
        // The reconciler has driven the workbench of an older message long ago.
        retentionPeriod: Duration.days(1),
        visibilityTimeout: visibilityTimeoutOf(name),
        deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: RECEIVES_MAX },
      });
      return { name, queue, deadLetterQueue };
    });
    const indexByName = (kind: 'queue' | 'deadLetterQueue') =>
      Object.fromEntries(pairs.map((pair) => [pair.name, pair[kind]])) as Record<QueueName, Queue>;
    this.queues = indexByName('queue');
    this.deadLetterQueues = indexByName('deadLetterQueue');
    this.eventDeadLetterQueue = this.#createQueue('event-dlq', { retentionPeriod: DLQ_RETENTION });
    this.failedInvocations = this.#createQueue('failed-invocations', { retentionPeriod: DLQ_RETENTION });
    for (const queue of [
      ...Object.values(this.deadLetterQueues),
      this.eventDeadLetterQueue,
      this.failedInvocations,
    ]) {
      const reason = 'It is itself a dead-letter queue.';
      acknowledge(
        queue,
        { id: 'AwsSolutions-SQS3', reason },
        { id: `${CONTROL_TOWER}::sqs_dlq_check`, reason },
      );
    }
  }

  #createQueue(id: string, props: ConstructorParameters<typeof Queue>[2]): Queue {
    return new Queue(this, id, { ...props, encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true });
  }
}

/** Lambda requires six times the timeout of the consumer: its retries of a throttled batch happen within this time. */
function visibilityTimeoutOf(queue: QueueName): Duration {
  const functions: readonly DeployedFunction[] = Object.values(DEPLOYED);
  const timeouts = functions
    .filter(({ startedBy }) => startedBy.by === 'queue' && startedBy.queue === queue)
    .map(({ timeoutSeconds }) => timeoutSeconds);
  return Duration.seconds(6 * Math.max(...timeouts));
}
