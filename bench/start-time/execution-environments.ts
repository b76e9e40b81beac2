import type { Kernel } from '#test/simulation/kernel.ts';
import type { ControllerTiming, Delay } from '#test/simulation/world/timing.ts';
import type { Random } from '../placement/random.ts';

type DelayName = {
  [Name in keyof ControllerTiming]: ControllerTiming[Name] extends Delay ? Name : never;
}[keyof ControllerTiming];

const JANITOR = 'janitor';

/**
 * The execution environments of Lambda: an invocation uses one that is idle, or waits for a new one. Draws the durations of
 * calls, too.
 */
export class ExecutionEnvironments {
  readonly #kernel: Kernel;
  readonly #random: Random;
  readonly #timing: ControllerTiming;
  /** Function → since when each of its environments is idle. A time in the future: until when it is busy. */
  readonly #idleSince = new Map<string, number[]>();

  constructor(kernel: Kernel, random: Random, timing: ControllerTiming) {
    this.#kernel = kernel;
    this.#random = random;
    this.#timing = timing;
  }

  /** Invokes a function. Its environment is busy until `invoke` settles. */
  async run<T>(name: string, invoke: () => Promise<T>): Promise<T> {
    const warm = this.#takeIdle(name);
    await this.#kernel.sleep(this.drawMs(warm ? 'warmInvocation' : 'coldInvocation'));
    try {
      return await invoke();
    } finally {
      this.#addIdle(name, this.#kernel.now());
    }
  }

  /** The duration of a call of a function: `RunTask`, or port and method, for example `workbenches.update`. Milliseconds. */
  drawCallMs(call: string): number {
    if (call.startsWith(`${JANITOR}.`)) return this.#drawJanitorMs();
    return this.drawMs(call.includes('.') || call === 'SendMessage' ? 'storeCall' : 'awsCall');
  }

  drawMs(name: DelayName): number {
    const { min, max, step } = this.#timing[name];
    return min + step * Math.floor(this.#random.next() * (Math.round((max - min) / step) + 1));
  }

  #drawJanitorMs(): number {
    const ms = this.drawMs(this.#takeIdle(JANITOR) ? 'warmJanitor' : 'coldJanitor');
    this.#addIdle(JANITOR, this.#kernel.now() + ms);
    return ms;
  }

  #takeIdle(name: string): boolean {
    const now = this.#kernel.now();
    const all = (this.#idleSince.get(name) ?? []).filter(
      (since) => now - since < this.#timing.environmentIdleMs,
    );
    const index = all.findIndex((since) => since <= now);
    if (index >= 0) all.splice(index, 1);
    this.#idleSince.set(name, all);
    return index >= 0;
  }

  #addIdle(name: string, since: number): void {
    this.#idleSince.set(name, [...(this.#idleSince.get(name) ?? []), since]);
  }
}
