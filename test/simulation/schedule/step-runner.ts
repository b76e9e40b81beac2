import type { Kernel } from '../kernel.ts';
import { RuleViolation } from './rule-violation.ts';
import type { ScheduleResult } from './schedule-result.ts';

/** A schedule with more steps than this is an endless loop. */
const STEPS_MAX = 60_000;

/** Advances the time of a schedule until its first error, with checks after each step. */
export class StepRunner {
  readonly #kernel: Kernel;
  readonly #result: ScheduleResult;
  readonly #checkStep: () => void;
  /** The first error. It ends the schedule. */
  #failure: unknown;

  /** @param checkStep called after each step; throws a RuleViolation */
  constructor(kernel: Kernel, result: ScheduleResult, checkStep: () => void) {
    this.#kernel = kernel;
    this.#result = result;
    this.#checkStep = checkStep;
  }

  now(): number {
    return this.#kernel.now();
  }

  /** Runs all actions until `end`, milliseconds since 1970. @throws the first error */
  async runUntil(end: number): Promise<void> {
    while (await this.#kernel.step(end)) {
      this.#checkStep();
      this.#result.steps += 1;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#result.steps > STEPS_MAX)
        throw new RuleViolation(`the schedule took more than ${STEPS_MAX} steps: an endless loop`);
    }
  }

  /** Runs all actions of the next `ms` milliseconds. */
  async runFor(ms: number): Promise<void> {
    await this.runUntil(this.#kernel.now() + ms);
  }

  /** Advances the time until the promise settles. */
  async runUntilDone<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const result = work.finally(() => {
      done = true;
    });
    result.catch(() => {});
    while (!done) await this.runUntil(this.#kernel.now() + 1000);
    return result;
  }

  every(ms: number, action: () => Promise<void>): void {
    this.#kernel.after(ms, () => {
      action().catch((error) => this.fail(error));
      this.every(ms, action);
    });
  }

  /** Ends the schedule instead of throwing into the product, which would handle the error. */
  record(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    this.#failure ??= error;
  }
}
