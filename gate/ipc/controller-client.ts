import type { Timers } from '#adapters/local/timers.ts';
import { PortError } from '#core/ports/port-error.ts';
import {
  type ArgumentOf,
  CALL_TIMEOUT_MS,
  CALLS_MAX,
  type CallFailure,
  type FromGate,
  type GateCall,
  type GateRequestMessage,
  monotonicMs,
  type ResultOf,
  type ToGate,
} from './messages.ts';

/** A request that the controller could read only in part: the record is unreadable. */
export class UnreadableResult extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnreadableResult';
  }
}

/** Sends a message; `sent` is called when the other process has taken it, or never will. */
export type Send = (message: FromGate, sent: (error: Error | null) => void) => void;

interface PendingCall {
  readonly call: GateCall;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly cancelTimeout: () => void;
}

export interface ControllerClientOptions {
  readonly send: Send;
  readonly timers: Timers;
  /** The clock of deadlines. @default monotonicMs */
  readonly now?: () => number;
}

/**
 * The requests of the gate to the controller. A request fails with `unavailable` after CALL_TIMEOUT_MS, and at once while
 * CALLS_MAX wait or were not taken: a controller that is paused must not fill the memory of the gate.
 */
export class ControllerClient {
  readonly #options: Required<ControllerClientOptions>;
  readonly #pending = new Map<number, PendingCall>();
  /** Messages that the controller has not taken from the channel. */
  #untaken = 0;
  #lastId = 0;

  constructor(options: ControllerClientOptions) {
    this.#options = { now: monotonicMs, ...options };
  }

  /**
   * @throws PortError
   * @throws UnreadableResult
   */
  call<C extends GateCall>(call: C, argument: ArgumentOf<C>): Promise<ResultOf<C>> {
    if (this.#pending.size >= CALLS_MAX || this.#untaken >= CALLS_MAX) {
      return Promise.reject(new PortError('unavailable', `the controller does not respond to ${call}`));
    }
    this.#lastId += 1;
    const id = this.#lastId;
    const { timers, now } = this.#options;
    return new Promise<ResultOf<C>>((resolve, reject) => {
      const cancelTimeout = timers.after(CALL_TIMEOUT_MS, () => {
        this.#take(id)?.reject(
          new PortError('unavailable', `the controller did not respond to ${call} in time`),
        );
      });
      this.#pending.set(id, {
        call,
        resolve: resolve as (result: unknown) => void,
        reject,
        cancelTimeout,
      });
      const message: GateRequestMessage<C> = {
        type: 'request',
        id,
        call,
        argument,
        deadline: now() + CALL_TIMEOUT_MS,
      };
      this.#send(id, message as GateRequestMessage);
    });
  }

  /** Handles a response. One that comes too late is ignored. */
  receive(message: Extract<ToGate, { type: 'result' | 'failure' }>): void {
    const pending = this.#take(message.id);
    if (pending === undefined) return;
    if (message.type === 'result') pending.resolve(message.result);
    else pending.reject(toError(pending.call, message.failure));
  }

  #send(id: number, message: GateRequestMessage): void {
    this.#untaken += 1;
    this.#options.send(message, (error) => {
      this.#untaken -= 1;
      if (error === null) return;
      this.#take(id)?.reject(new PortError('unavailable', 'the controller is not connected', error));
    });
  }

  #take(id: number): PendingCall | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.cancelTimeout();
    return pending;
  }
}

function toError(call: GateCall, { kind, message }: CallFailure): Error {
  return kind === 'unreadable' ? new UnreadableResult(message) : new PortError(kind, `${call}: ${message}`);
}
