import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';
import type { WorldEvent } from '../world/world.ts';

const LOST = 0.04;
const TWICE = 0.1;
const LATE = 0.1;
/** The longest that an event is late: long enough to be of an old run. Milliseconds. */
const LATE_MS = 10 * 60_000;
/** Lambda tries an event that failed this many times again. */
const AGAIN = 2;

/** EventBridge and what follows it: at least once mostly, in no order, seldom not at all. */
export class EventChannel {
  readonly #kernel: Kernel;
  readonly #tape: Tape;
  readonly #deliver: (event: WorldEvent) => Promise<boolean>;
  #calm = false;

  constructor(kernel: Kernel, tape: Tape, deliver: (event: WorldEvent) => Promise<boolean>) {
    this.#kernel = kernel;
    this.#tape = tape;
    this.#deliver = deliver;
  }

  beCalm(): void {
    this.#calm = true;
  }

  publish(event: WorldEvent): void {
    if (this.#calm) {
      this.#kernel.after(500, () => void this.#try(event, AGAIN));
      return;
    }
    if (this.#tape.chance(LOST)) return;
    const copies = this.#tape.chance(TWICE) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const ms = this.#tape.chance(LATE) ? this.#tape.between(1000, LATE_MS) : this.#tape.between(200, 3000);
      this.#kernel.after(ms, () => void this.#try(event, AGAIN));
    }
  }

  async #try(event: WorldEvent, again: number): Promise<void> {
    if ((await this.#deliver(event)) || again === 0) return;
    this.#kernel.after(60_000, () => void this.#try(event, again - 1));
  }
}
