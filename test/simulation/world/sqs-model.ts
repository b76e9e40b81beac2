import type { SendMessageCommandInput } from '@aws-sdk/client-sqs';
import type { Kernel } from '../kernel.ts';
import { type AwsCommand, awsError } from './aws-error.ts';
import type { HazardDraws } from './hazards.ts';

/** A message as Lambda receives it in the `Records` of an event. */
export interface ReceivedMessage {
  readonly messageId: string;
  /** Identifies this receive, not the message. `remove` needs it. */
  readonly receiptHandle: string;
  readonly body: string;
  /** The number of receives, this one included. */
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
  /** The number of receives after which SQS moves a message to the dead-letter queue. @default 5 */
  readonly maxReceiveCount?: number;
  /** The kernel calls this when a message becomes visible and can be received. */
  readonly onMessageVisible?: () => void;
}

/** An SQS standard queue with its dead-letter queue: at-least-once delivery in any order. */
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

  /** The number of messages, visible or not, without those in the dead-letter queue. */
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
    const delayMs = this.#draws.happens('messageDelayed') ? this.#draws.secondsAsMs(1, 60) : 0;
    const messageId = `message-${this.#count}`;
    this.#makeVisible(
      { messageId, body: MessageBody, visibleAt: 0, receiveCount: 0, handle: '' },
      DelaySeconds * 1000 + delayMs,
    );
    return { MessageId: messageId };
  }

  /** Receives up to `max` visible messages. Each is invisible until it is deleted or its visibility timeout has passed. */
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
      // SQS stores copies on several servers. One that missed this receive may deliver the message again.
      const hiddenMs = this.#draws.happens('messageDuplicated')
        ? this.#draws.secondsAsMs(0, 30)
        : this.#visibilityMs;
      this.#makeVisible(message, hiddenMs);
      const { messageId, body, receiveCount, handle } = message;
      received.push({ messageId, receiptHandle: handle, body, receiveCount });
    }
    return received;
  }

  /** Deletes a message, as Lambda does with a message that the function has not reported as failed. */
  remove(receiptHandle: string): void {
    const messageId = receiptHandle.slice(0, receiptHandle.lastIndexOf('/'));
    this.#messages.delete(messageId);
  }

  /** The earliest time at which a message is visible, which may be in the past; undefined if there is no message. */
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
    const { onMessageVisible } = this.#options;
    if (onMessageVisible === undefined) return;
    const { visibleAt } = message;
    this.#kernel.after(afterMs, () => {
      if (this.#messages.has(message.messageId) && message.visibleAt === visibleAt) onMessageVisible();
    });
  }
}
