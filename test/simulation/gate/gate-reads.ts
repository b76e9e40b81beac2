import { PortError } from '#core/ports/port-error.ts';
import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';
import type { HazardDraws } from '../world/hazards.ts';
import type { ReadTroubles } from './gate-checks.ts';

/** A late response arrives within this time, seconds. */
const LATE_MAX_SECONDS = 8;

/** The calls of one gate to the table: they take some time, and may fail or have a late response. */
export class GateCalls implements ReadTroubles {
  readonly name: string;
  readonly #kernel: Kernel;
  readonly #tape: Tape;
  readonly #draws: HazardDraws;
  #troubledUntil = Number.NEGATIVE_INFINITY;
  /** Workbench id → when the last successful read of its record began. */
  readonly #recordReadAt = new Map<string, number>();

  constructor(name: string, kernel: Kernel, tape: Tape, draws: HazardDraws) {
    this.name = name;
    this.#kernel = kernel;
    this.#tape = tape;
    this.#draws = draws;
  }

  get troubledUntil(): number {
    return this.#troubledUntil;
  }

  /** A read. A late one returns what was stored when it began. */
  async read<T>(effect: () => Promise<T>): Promise<T> {
    await this.#kernel.sleep(this.#tape.jitter(1, 40));
    if (this.#draws.happens('gateReadFails')) throw this.#fail();
    const value = await effect();
    if (this.#draws.happens('gateReadLate')) {
      const lateMs = this.#draws.secondsAsMs(1, LATE_MAX_SECONDS);
      this.#noteTrouble(lateMs);
      await this.#kernel.sleep(lateMs);
    }
    return value;
  }

  /** A read of the record of a workbench. */
  async readRecord<T>(workbenchId: string, effect: () => Promise<T>): Promise<T> {
    const beganAt = this.#kernel.now();
    const record = await this.read(effect);
    // A late one may have begun before another one that has succeeded.
    this.#recordReadAt.set(workbenchId, Math.max(beganAt, this.recordReadAt(workbenchId)));
    return record;
  }

  /** When the last successful read of this record began; negative infinity if none was. */
  recordReadAt(workbenchId: string): number {
    return this.#recordReadAt.get(workbenchId) ?? Number.NEGATIVE_INFINITY;
  }

  /** A read of an index, which may miss an entry. */
  async readIndex<T>(effect: () => Promise<T | undefined>): Promise<T | undefined> {
    const found = await this.read(effect);
    if (!this.#draws.happens('gateIndexStale')) return found;
    this.#noteTrouble(0);
    return undefined;
  }

  /** A write. One that fails may have had its effect. */
  async write<T>(effect: () => Promise<T>): Promise<T> {
    await this.#kernel.sleep(this.#tape.jitter(1, 40));
    if (!this.#draws.happens('gateReadFails')) return effect();
    if (this.#draws.pick([false, true])) await effect();
    throw this.#fail();
  }

  #fail(): PortError {
    this.#noteTrouble(0);
    return new PortError('unavailable', `${this.name}: no response of the table`);
  }

  #noteTrouble(ms: number): void {
    this.#troubledUntil = Math.max(this.#troubledUntil, this.#kernel.now() + ms);
  }
}
