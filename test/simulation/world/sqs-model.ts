import type { SendMessageCommandInput } from '@aws-sdk/client-sqs';
import type { Kernel } from '../kernel.ts';
import { type AwsCommand, awsError } from './aws-error.ts';
import type { HazardDraws } from './hazards.ts';

/** As a Lambda is handed it in an event's `Records`. */
export interface ReceivedMessage {
  readonly messageId: string;
  /** For `remove`: of this receive, not of the message. */
  readonly receiptHandle: string;
  readonly body: string;
  /** How often it has been received, this time included. */
  readonly receiveCount: number;
}

interface Message {
  readonly messageId: string;
  readonly body: string;
  visibleAt: number;
  receiveCount: number;
  handle: string;
}

export interface QueueOptions {
  /** @default 360 s */
  readonly visibilityTimeoutSeconds?: number;
  /** Receives after which a message goes to the dead-letter queue. @default 5 */
  readonly maxReceiveCount?: number;
  /** Called, by the kernel, when a message becomes visible: time to `receive`. */
  readonly onMessageVisible?: () => void;
}

/** One standard queue of SQS with its dead-letter queue: at least once, in no order. */
export class SqsModel {
  readonly #messages = new Map<string, Message>();
  readonly deadLetters: { readonly messageId: string; readonly body: string }[] = [];
  readonly #kernel: Kernel;
  readonly #draws: HazardDraws;
  readonly #options: QueueOptions;
  readonly #visibilityMs: number;
  #count = 0;

  constructor(kernel: Kernel, draws: HazardDraws, options: QueueOptions) {
    this.#kernel = kernel;
    this.#draws = draws;
    this.#options = options;
    this.#visibilityMs = (options.visibilityTimeoutSeconds ?? 360) * 1000;
  }

  /** Messages there are, visible or not, dead ones left out. */
  get size(): number {
    return this.#messages.size;
  }

  handle(command: AwsCommand): unknown {
    if (command.constructor.name !== 'SendMessageCommand') {
      throw new Error(`SQS is not modelled for ${command.constructor.name}`);
    }
    const { MessageBody = '', DelaySeconds = 0 } = command.input as SendMessageCommandInput;
    if (!Number.isInteger(DelaySeconds) || DelaySeconds < 0 || DelaySeconds > 900) {
      throw awsError('InvalidParameterValue', 'DelaySeconds must be 0 to 900.');
    }
    this.#count += 1;
    const late = this.#draws.happens('messageDelayed') ? this.#draws.secondsAsMs(1, 60) : 0;
    const messageId = `message-${this.#count}`;
    this.#makeVisible(
      { messageId, body: MessageBody, visibleAt: 0, receiveCount: 0, handle: '' },
      DelaySeconds * 1000 + late,
    );
    return { MessageId: messageId };
  }

  /** Takes up to `max` visible messages; each is hidden until it is deleted or its visibility time-out is over. */
  receive(max = 10): ReceivedMessage[] {
    const now = this.#kernel.now();
    const received: ReceivedMessage[] = [];
    for (const message of this.#messages.values()) {
      if (received.length === max) break;
      if (message.visibleAt > now) continue;
      if (message.receiveCount >= (this.#options.maxReceiveCount ?? 5)) {
        this.#messages.delete(message.messageId);
        this.deadLetters.push({ messageId: message.messageId, body: message.body });
        continue;
      }
      message.receiveCount += 1;
      message.handle = `${message.messageId}/${message.receiveCount}`;
      // A copy on another server may not have heard of this receive, and be delivered too.
      const hiddenMs = this.#draws.happens('messageDuplicated')
        ? this.#draws.secondsAsMs(0, 30)
        : this.#visibilityMs;
      this.#makeVisible(message, hiddenMs);
      const { messageId, body, receiveCount: receives, handle } = message;
      received.push({ messageId, receiptHandle: handle, body, receiveCount: receives });
    }
    return received;
  }

  /** Deletes a message, as Lambda does with those that the function did not answer as failed. */
  remove(receiptHandle: string): void {
    const messageId = receiptHandle.slice(0, receiptHandle.lastIndexOf('/'));
    this.#messages.delete(messageId);
  }

  /** When the next message becomes visible, or since when one has been; undefined when there is none. */
  nextVisibleAt(): number | undefined {
    let next: number | undefined;
    for (const { visibleAt } of this.#messages.values()) {
      if (next === undefined || visibleAt < next) next = visibleAt;
    }
    return next;
  }

  #makeVisible(message: Message, afterMs: number): void {
    message.visibleAt = this.#kernel.now() + afterMs;
    this.#messages.set(message.messageId, message);
    const { onMessageVisible: onReady } = this.#options;
    if (onReady === undefined) return;
    const { visibleAt } = message;
    this.#kernel.after(afterMs, () => {
      if (this.#messages.has(message.messageId) && message.visibleAt === visibleAt) onReady();
    });
  }
}
