import type { Tape } from '../tape.ts';
import { DEFAULT_HAZARDS, type Hazards } from './hazards.ts';

/** What chance decides in a world. Once calm, nothing goes wrong any more and everything takes its shortest time. */
export class Draws {
  readonly #tape: Tape;
  readonly #hazards: Hazards;
  #calm = false;

  constructor(tape: Tape, hazards: Partial<Hazards> = {}) {
    this.#tape = tape;
    this.#hazards = { ...DEFAULT_HAZARDS, ...hazards };
  }

  get calm(): boolean {
    return this.#calm;
  }

  beCalm(): void {
    this.#calm = true;
  }

  happens(hazard: keyof Hazards): boolean {
    const probability = this.#hazards[hazard];
    return !this.#calm && probability > 0 && this.#tape.chance(probability);
  }

  /** Milliseconds from `min` to `max` seconds, in whole seconds; `min` when nothing is to go wrong. */
  seconds(min: number, max: number): number {
    return 1000 * (this.#calm ? min : this.#tape.between(min, max));
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return this.#calm ? list[0] : this.#tape.pick(list);
  }
}
