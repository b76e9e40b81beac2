import type { Kernel } from '../../kernel.ts';

/** Docker gives up on a call to its volume plugin after one minute. */
export const PLUGIN_TIMEOUT_MS = 60_000;

/** Docker and the volume plugin of ECS on one instance. */
export class Docker {
  readonly #kernel: Kernel;
  /** The plugin holds its lock until this time. */
  #lockedUntil = 0;
  #registryUnreachableUntil = 0;
  diskFull = false;
  /** Whether an image has been pulled. */
  hasImage = false;
  #hangs = false;
  readonly #waiting: (() => void)[] = [];

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** How long a call to the volume plugin waits for its lock, in milliseconds. */
  get lockWaitMs(): number {
    return Math.max(0, this.#lockedUntil - this.#kernel.now());
  }

  /** The plugin holds its lock during a mount. The mount begins when all earlier ones have ended. */
  lockForMount(mountMs: number): void {
    this.#lockedUntil = this.#kernel.now() + this.lockWaitMs + mountMs;
  }

  get registryReachable(): boolean {
    return this.#kernel.now() >= this.#registryUnreachableUntil;
  }

  loseRegistry(ms: number): void {
    this.#registryUnreachableUntil = this.#kernel.now() + ms;
  }

  /** Docker does nothing for this time. */
  hang(ms: number): void {
    this.#hangs = true;
    this.#kernel.after(ms, () => this.#recover());
  }

  /** Runs the action now, or as soon as Docker no longer hangs. A loss of power drops it. */
  whenItResponds(action: () => void): void {
    if (this.#hangs) this.#waiting.push(action);
    else action();
  }

  /** An operator restarts Docker and restores the way to the registry, and the agent removes images that are no longer used. */
  repair(): void {
    this.#registryUnreachableUntil = 0;
    this.diskFull = false;
    this.#recover();
  }

  /** The instance has lost power. */
  reset(): void {
    this.#lockedUntil = 0;
    this.#hangs = false;
    this.#waiting.length = 0;
  }

  #recover(): void {
    this.#hangs = false;
    for (const action of this.#waiting.splice(0)) action();
  }
}
