import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DEPLOYED, type DeployedFunction, type QueueName } from '#contract/deployed-functions.ts';
import { acknowledge, CONTROL_TOWER } from '../checks/acknowledge.ts';

/** Deliveries of a message before it is set aside. Whatever it was about stays in the record, and due. */
const RECEIVES_MAX = 5;

/** The longest that SQS keeps a message. */
const DLQ_RETENTION = Duration.days(14);

const QUEUES: readonly QueueName[] = ['work', 'host'];

/** The queues of keys, and those for what went wrong: each of the latter has an alarm. */
export class WorkQueues extends Construct {
  readonly queues: Readonly<Record<QueueName, Queue>>;
  /** Messages that could not be worked on. */
  readonly deadLetterQueues: Readonly<Record<QueueName, Queue>>;
  /** Events that could not be delivered to a function. */
  readonly eventDeadLetterQueue: Queue;
  /** What functions could not do that nobody waits for. */
  readonly failedInvocations: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const made = QUEUES.map((name) => {
      const setAside = this.#createQueue(`${name}-dlq`, { retentionPeriod: DLQ_RETENTION });
      const queue = this.#createQueue(name, {
        // What was lost with an older message the reconciler has long found.
        retentionPeriod: Duration.days(1),
        visibilityTimeout: visibilityTimeoutOf(name),
        deadLetterQueue: { queue: setAside, maxReceiveCount: RECEIVES_MAX },
      });
      return { name, queue, setAside };
    });
    const by = (which: 'queue' | 'setAside') =>
      Object.fromEntries(made.map((one) => [one.name, one[which]])) as Record<QueueName, Queue>;
    this.queues = by('queue');
    this.deadLetterQueues = by('setAside');
    this.eventDeadLetterQueue = this.#createQueue('event-dlq', { retentionPeriod: DLQ_RETENTION });
    this.failedInvocations = this.#createQueue('failed-invocations', { retentionPeriod: DLQ_RETENTION });
    for (const end of [
      ...Object.values(this.deadLetterQueues),
      this.eventDeadLetterQueue,
      this.failedInvocations,
    ]) {
      const reason = 'It is where messages end that went wrong.';
      acknowledge(
        end,
        { id: 'AwsSolutions-SQS3', reason },
        { id: `${CONTROL_TOWER}::sqs_dlq_check`, reason },
      );
    }
  }

  #createQueue(id: string, props: ConstructorParameters<typeof Queue>[2]): Queue {
    return new Queue(this, id, { ...props, encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true });
  }
}

/** Six times the consumer's time, as Lambda asks: its own retries of a throttled batch happen within it. */
function visibilityTimeoutOf(queue: QueueName): Duration {
  const functions: readonly DeployedFunction[] = Object.values(DEPLOYED);
  const times = functions
    .filter(({ startedBy }) => startedBy.by === 'queue' && startedBy.queue === queue)
    .map(({ timeoutSeconds }) => timeoutSeconds);
  return Duration.seconds(6 * Math.max(...times));
}
