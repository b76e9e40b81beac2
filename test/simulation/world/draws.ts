import type { Tape } from '../tape.ts';
import { DEFAULT_HAZARDS, type Hazards } from './hazards.ts';

/** What chance decides in a world. Once calm, nothing goes wrong any more and everything takes its shortest time. */
export class HazardDraws {
  readonly #tape: Tape;
  readonly #hazards: Hazards;
  #disabled = false;

  constructor(tape: Tape, hazards: Partial<Hazards> = {}) {
    this.#tape = tape;
    this.#hazards = { ...DEFAULT_HAZARDS, ...hazards };
  }

  get disabled(): boolean {
    return this.#disabled;
  }

  beCalm(): void {
    this.#disabled = true;
  }

  happens(hazard: keyof Hazards): boolean {
    const probability = this.#hazards[hazard];
    return !this.#disabled && probability > 0 && this.#tape.chance(probability);
  }

  /** Milliseconds from `min` to `max` seconds, in whole seconds; `min` when nothing is to go wrong. */
  secondsAsMs(min: number, max: number): number {
    return 1000 * (this.#disabled ? min : this.#tape.intBetween(min, max));
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return this.#disabled ? list[0] : this.#tape.pick(list);
  }
}
