/** So long an answer under way may take when the server closes, in milliseconds. */
export const RESPONSE_DRAIN_TIMEOUT_MS = 1000;
/** So long events and work may take when the server closes, in milliseconds each: the next start looks again. */
export const WORK_DRAIN_TIMEOUT_MS = 5000;

/** What is to be closed when all ends, in the reverse of the order in which it was opened. */
export class Shutdown {
  readonly #steps: (() => Promise<unknown>)[] = [];
  #run: Promise<void> | undefined;

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  /**
   * Closes everything; one step that fails does not keep the others from being tried. Called again, it answers
   * with the same closing.
   * @throws the first failure, when all has been tried
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
