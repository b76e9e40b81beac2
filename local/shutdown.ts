/** The longest wait for responses in progress during a shutdown, milliseconds. */
export const RESPONSE_DRAIN_TIMEOUT_MS = 1000;
/** The longest wait for events and for work during a shutdown, milliseconds each. The next start does the rest. */
export const WORK_DRAIN_TIMEOUT_MS = 5000;

/** The steps of a shutdown. They run in the reverse order of their registration. */
export class Shutdown {
  readonly #steps: (() => Promise<unknown>)[] = [];
  #run: Promise<void> | undefined;

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  /**
   * Runs all steps, also after a step has failed. Further calls return the same promise.
   * @throws the first error, after all steps have run
   */
  run(): Promise<void> {
    this.#run ??= this.#runAll();
    return this.#run;
  }

  async #runAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      await step().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
