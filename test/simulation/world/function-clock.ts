import type { Clock } from '#core/ports/clock.ts';
import type { Kernel } from '../kernel.ts';
import type { HazardDraws } from './hazards.ts';

/** How far the clock is set, in seconds. Less than a day, because a clock that is a day ahead forgets idempotency keys. */
const STEPS_SECONDS = [-10, -60, -600, -3600, -82_800, 10, 60, 600, 3600, 82_800] as const;
/** Steps begin within this time after the world does. */
const STEPS_BEGIN_WITHIN_SECONDS = 20 * 60;
const WRONG_MIN_SECONDS = 60;
const WRONG_MAX_SECONDS = 20 * 60;

interface Episode {
  readonly from: number;
  readonly until: number;
  readonly offset: number;
}

/** The clock of all functions. With the hazard `clockSteps` it is set up to three times, and set right again. */
export class FunctionClock implements Clock {
  readonly #kernel: Kernel;
  readonly #draws: HazardDraws;
  readonly #episodes: readonly Episode[];
  /** What the clock has shown, with the actual time. */
  readonly #shown = new Map<number, number>();

  constructor(kernel: Kernel, draws: HazardDraws) {
    this.#kernel = kernel;
    this.#draws = draws;
    this.#episodes = draws.happens('clockSteps') ? this.#drawEpisodes() : [];
  }

  /** @param skew how far the clock of this function is ahead of those of the others */
  now(skew = 0): number {
    const shown = this.#kernel.now() + this.offset + skew;
    if (this.steps) this.#shown.set(shown, this.#kernel.now());
    return shown;
  }

  /** The actual time at which a function read this time, for times in records. */
  actualTimeOf(shown: number): number {
    return this.#shown.get(shown) ?? shown;
  }

  /** How far the clock is ahead of the actual time, in milliseconds. */
  get offset(): number {
    const now = this.#kernel.now();
    if (this.#draws.disabled) return 0;
    return this.#episodes.find(({ from, until }) => from <= now && now < until)?.offset ?? 0;
  }

  /** Whether the clock is ever wrong in this world. */
  get steps(): boolean {
    return this.#episodes.length > 0;
  }

  #drawEpisodes(): readonly Episode[] {
    return Array.from({ length: this.#draws.pick([1, 2, 3]) }, () => {
      const from = this.#kernel.now() + this.#draws.secondsAsMs(0, STEPS_BEGIN_WITHIN_SECONDS);
      const until = from + this.#draws.secondsAsMs(WRONG_MIN_SECONDS, WRONG_MAX_SECONDS);
      return { from, until, offset: this.#draws.pick(STEPS_SECONDS) * 1000 };
    });
  }
}
