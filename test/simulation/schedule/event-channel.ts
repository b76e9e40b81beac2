import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';
import type { WorldEvent } from '../world/world.ts';
import type { EventHandlerName } from './controller.ts';

const LOSS_PROBABILITY = 0.04;
const DUPLICATE_PROBABILITY = 0.1;
const DELAY_PROBABILITY = 0.1;
/** The maximum delay of an event in milliseconds: long enough for the event to belong to an earlier run. */
const DELAY_MAX_MS = 10 * 60_000;
/** Lambda retries a failed asynchronous invocation twice. */
const RETRIES_MAX = 2;

/** An event, and a function that a rule starts for it. */
export interface Delivery {
  readonly name: EventHandlerName;
  readonly event: WorldEvent;
}

/** EventBridge with its Lambda targets. It may delay, reorder, duplicate and lose events. */
export class EventChannel {
  readonly #kernel: Kernel;
  readonly #tape: Tape;
  readonly #deliver: (delivery: Delivery) => Promise<boolean>;
  #hazardsDisabled = false;

  constructor(kernel: Kernel, tape: Tape, deliver: (delivery: Delivery) => Promise<boolean>) {
    this.#kernel = kernel;
    this.#tape = tape;
    this.#deliver = deliver;
  }

  disableHazards(): void {
    this.#hazardsDisabled = true;
  }

  publish(delivery: Delivery): void {
    if (this.#hazardsDisabled) {
      this.#kernel.after(500, () => void this.#deliverWithRetries(delivery, RETRIES_MAX));
      return;
    }
    if (this.#tape.chance(LOSS_PROBABILITY)) return;
    const copies = this.#tape.chance(DUPLICATE_PROBABILITY) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const ms = this.#tape.chance(DELAY_PROBABILITY)
        ? this.#tape.intBetween(1000, DELAY_MAX_MS)
        : this.#tape.intBetween(200, 3000);
      this.#kernel.after(ms, () => void this.#deliverWithRetries(delivery, RETRIES_MAX));
    }
  }

  async #deliverWithRetries(delivery: Delivery, retriesLeft: number): Promise<void> {
    if ((await this.#deliver(delivery)) || retriesLeft === 0) return;
    this.#kernel.after(60_000, () => void this.#deliverWithRetries(delivery, retriesLeft - 1));
  }
}
