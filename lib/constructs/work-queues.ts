import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DEPLOYED, type DeployedFunction, type QueueName } from '#functions/deployed.ts';
import { acknowledge, CONTROL_TOWER } from '../checks/acknowledge.ts';

/** Deliveries of a message before it is set aside. Whatever it was about stays in the record, and due. */
const DELIVERIES_MAX = 5;

/** The longest that SQS keeps a message. */
const KEPT = Duration.days(14);

const QUEUES: readonly QueueName[] = ['work', 'host'];

/** The queues of keys, and those for what went wrong: each of the latter has an alarm. */
export class WorkQueues extends Construct {
  readonly queues: Readonly<Record<QueueName, Queue>>;
  /** Messages that could not be worked on. */
  readonly setAside: Readonly<Record<QueueName, Queue>>;
  /** Events that could not be delivered to a function. */
  readonly undelivered: Queue;
  /** What functions could not do that nobody waits for. */
  readonly failures: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const made = QUEUES.map((name) => {
      const setAside = this.#queue(`${name}-set-aside`, { retentionPeriod: KEPT });
      const queue = this.#queue(name, {
        // What was lost with an older message the reconciler has long found.
        retentionPeriod: Duration.days(1),
        visibilityTimeout: visibilityTimeout(name),
        deadLetterQueue: { queue: setAside, maxReceiveCount: DELIVERIES_MAX },
      });
      return { name, queue, setAside };
    });
    const by = (which: 'queue' | 'setAside') =>
      Object.fromEntries(made.map((one) => [one.name, one[which]])) as Record<QueueName, Queue>;
    this.queues = by('queue');
    this.setAside = by('setAside');
    this.undelivered = this.#queue('undelivered-events', { retentionPeriod: KEPT });
    this.failures = this.#queue('failures', { retentionPeriod: KEPT });
    for (const end of [...Object.values(this.setAside), this.undelivered, this.failures]) {
      const reason = 'It is where messages end that went wrong.';
      acknowledge(
        end,
        { id: 'AwsSolutions-SQS3', reason },
        { id: `${CONTROL_TOWER}::sqs_dlq_check`, reason },
      );
    }
  }

  #queue(id: string, props: ConstructorParameters<typeof Queue>[2]): Queue {
    return new Queue(this, id, { ...props, encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true });
  }
}

/** Six times the consumer's time, as Lambda asks: its own retries of a throttled batch happen within it. */
function visibilityTimeout(queue: QueueName): Duration {
  const functions: readonly DeployedFunction[] = Object.values(DEPLOYED);
  const times = functions
    .filter(({ startedBy }) => startedBy.by === 'queue' && startedBy.queue === queue)
    .map(({ timeoutSeconds }) => timeoutSeconds);
  return Duration.seconds(6 * Math.max(...times));
}
