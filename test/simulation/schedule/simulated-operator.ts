import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';
import type { HazardDraws } from '../world/hazards.ts';
import type { World } from '../world/world.ts';
import { FAULT_PHASE_MS } from './commands.ts';
import type { ApiResponse, Controller } from './controller.ts';
import { type DrainChecks, drainableMachines } from './drain-checks.ts';

const MINUTE = 60_000;

/** The maximum number of times that the operator sends a request that gets a server error. */
const SENDS_MAX = 4;

export interface OperatorOptions {
  readonly kernel: Kernel;
  /** Read from its end, so that the operator changes nothing in the schedule of a seed. */
  readonly tape: Tape;
  readonly draws: HazardDraws;
  readonly world: World;
  readonly controller: Controller;
  readonly checks: DrainChecks;
  readonly record: (check: () => void) => void;
  readonly log: (line: string) => void;
}

/** An operator who empties one machine in the fault phase. */
export class SimulatedOperator {
  readonly #options: OperatorOptions;
  #drained: string | undefined;

  constructor(options: OperatorOptions) {
    this.#options = options;
  }

  /** Plans the drain, if the hazard happens. */
  schedule(onError: (error: unknown) => void): void {
    const { kernel, tape, draws } = this.#options;
    if (!draws.happens('machineDrained')) return;
    kernel.after(tape.intBetween(2 * MINUTE, FAULT_PHASE_MS - 4 * MINUTE), () => {
      this.#drain().catch(onError);
    });
  }

  async #drain(): Promise<void> {
    const { kernel, tape, world, checks, record, log } = this.#options;
    const candidates = drainableMachines(world.ecs.agents.containerInstances.values());
    const instanceId = candidates[tape.intBetween(0, Math.min(1, candidates.length - 1))];
    if (instanceId === undefined) return;
    const until = tape.chance(0.7) ? kernel.now() + tape.intBetween(0, 6 * MINUTE) : undefined;
    const cancelAfter = tape.chance(0.3) ? tape.intBetween(MINUTE, 5 * MINUTE) : undefined;
    this.#drained = instanceId;
    checks.noteRequested(instanceId, until);
    const checkInformed = checks.expectInformed(instanceId, kernel.now());
    log(`operator: drain ${instanceId}${until === undefined ? '' : ` by ${new Date(until).toISOString()}`}`);
    const body = until === undefined ? {} : { by: new Date(until).toISOString() };
    const { status } = await this.#send('drain', instanceId, body);
    if (status === 200) record(() => checkInformed(kernel.now()));
    if (cancelAfter === undefined) return;
    await kernel.sleep(cancelAfter);
    await this.cancel();
  }

  /** Takes the drain back, if there is one. */
  async cancel(): Promise<void> {
    const { checks, log } = this.#options;
    const instanceId = this.#drained;
    if (instanceId === undefined) return;
    checks.noteCancelled(instanceId);
    log(`operator: take back the drain of ${instanceId}`);
    await this.#send('undrain', instanceId, {});
  }

  /** Whether the operator has sent a drain. Its outcome may be unknown. */
  get hasRequested(): boolean {
    return this.#drained !== undefined;
  }

  async #send(operation: 'drain' | 'undrain', machineId: string, body: object): Promise<ApiResponse> {
    const { kernel, controller } = this.#options;
    let response: ApiResponse = { status: 503, body: {} };
    for (let sends = 0; sends < SENDS_MAX; sends += 1) {
      response = await controller.request(operation, { machineId, body });
      if (response.status < 500) return response;
      await kernel.sleep(2000);
    }
    return response;
  }
}
